/*
 * Trace events of hw/acpi/.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "trace/trace-hw_acpi.h"
