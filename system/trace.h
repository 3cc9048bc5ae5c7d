/*
 * Trace events of system/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace/trace-system.h"
