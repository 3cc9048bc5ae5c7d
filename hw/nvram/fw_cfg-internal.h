/*
 * What fw_cfg-user.c needs of fw_cfg.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef HW_NVRAM_FW_CFG_INTERNAL_H
#define HW_NVRAM_FW_CFG_INTERNAL_H

#include "hw/nvram/fw_cfg.h"

/*
 * Add a file whose contents (from g_malloc) belong to it from here on. False,
 * with nothing taken, if there is one of that name.
 */
bool fw_cfg_put_user_file(FWCfgState *s, const char *name, void *data,
                          size_t len);

#endif
