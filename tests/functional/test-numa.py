#!/usr/bin/env python3
"""A Linux guest finds the memory nodes, CPUs and distances of -numa.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import sys

import guestshell
import tap

BINARY = sys.argv[1]


def node(guest, number, name):
    path = f"/sys/devices/system/node/node{number}/{name}"
    return guest.run(f"cat {path}").split()


def mebibytes(guest, number):
    text = " ".join(node(guest, number, "meminfo"))
    return int(re.search(r"MemTotal: (\d+) kB", text).group(1)) / 1024


def test_linux_sees_the_nodes():
    guest = guestshell.ShellGuest(
        BINARY, "virtio-net-pci,netdev=n0", "user,id=n0",
        extra=["-M", "q35", "-smp", "3,sockets=3",
               "-object", "memory-backend-ram,id=m0,size=160M",
               "-object", "memory-backend-memfd,id=m1,size=96M",
               "-numa", "node,memdev=m0,cpus=0,cpus=2",
               "-numa", "node,memdev=m1",
               "-numa", "cpu,node-id=1,socket-id=1",
               "-numa", "dist,src=0,dst=1,val=17",
               "-numa", "dist,src=1,dst=0,val=31"])
    try:
        assert guest.run("cat /sys/devices/system/node/online") == "0-1"
        assert node(guest, 0, "cpulist") == ["0,2"], node(guest, 0, "cpulist")
        assert node(guest, 1, "cpulist") == ["1"], node(guest, 1, "cpulist")
        assert node(guest, 0, "distance") == ["10", "17"]
        assert node(guest, 1, "distance") == ["31", "10"]
        # The kernel keeps some of it for itself.
        sizes = [mebibytes(guest, n) for n in (0, 1)]
        assert 80 < sizes[0] < 160 and 80 < sizes[1] <= 96, sizes
        log = guest.run("dmesg | grep -i 'srat\\|slit\\|numa'")
        assert "Node 1 PXM 1 [mem 0x0a000000-0x0fffffff]" in log, log
        assert "error" not in log.lower(), log
    finally:
        guest.end()


tap.run([test_linux_sees_the_nodes])
