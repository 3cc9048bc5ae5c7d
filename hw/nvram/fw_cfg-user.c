/*
 * Files that the user gives to the guest: -fw_cfg name=…,file=… or string=….
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/option.h"
#include "fw_cfg-internal.h"

static bool check_name(const char *name, Error **errp)
{
    if (strlen(name) >= FW_CFG_MAX_FILE_PATH) {
        error_setg(errp, "name '%s' is longer than %d characters",
                   name, FW_CFG_MAX_FILE_PATH - 1);
        return false;
    }
    return true;
}

bool fw_cfg_add_user_file(FWCfgState *s, const char *name, const char *file,
                          const char *string, Error **errp)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) why = NULL;
    gsize len;

    if (!s) {
        error_setg(errp, "this machine has no fw_cfg");
        return false;
    }
    if (!name || !*name || !file == !string) {
        error_setg(errp, "name, plus exactly one of file and string, are "
                   "needed");
        return false;
    }
    if (!check_name(name, errp)) {
        return false;
    }
    if (string) {
        len = strlen(string);   /* without its end */
        data = g_strdup(string);
    } else if (!g_file_get_contents(file, &data, &len, &why)) {
        error_setg(errp, "cannot read '%s': %s", file, why->message);
        return false;
    }
    if (len > UINT32_MAX) {
        error_setg(errp, "'%s' is larger than 4 GiB", file);
        return false;
    }
    if (!fw_cfg_put_user_file(s, name, data, len)) {
        error_setg(errp, "duplicate fw_cfg file name: '%s'", name);
        return false;
    }
    if (!g_str_has_prefix(name, "opt/")) {
        warn_report("externally provided fw_cfg item names should be prefixed "
                    "with \"opt/\"");
    }
    data = NULL;
    return true;
}

int parse_fw_cfg(void *opaque, QemuOpts *opts, Error **errp)
{
    bool ok = fw_cfg_add_user_file(opaque, qemu_opt_get(opts, "name"),
                                   qemu_opt_get(opts, "file"),
                                   qemu_opt_get(opts, "string"), errp);

    return ok ? 0 : -1;
}
