/*
 * Trace events of util/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace/trace-util.h"
