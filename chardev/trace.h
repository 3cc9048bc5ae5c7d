/*
 * Trace events of chardev/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace/trace-chardev.h"
