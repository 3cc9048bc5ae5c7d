/*
 * Runs every test on every way through the graph.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "qemu/osdep.h"
#include "libqos/qgraph.h"

int main(int argc, char **argv)
{
    return qos_run(argc, argv);
}
