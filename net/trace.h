/*
 * Trace events of net/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace/trace-net.h"
