#!/usr/bin/env python3
"""A Linux guest reads the entropy device.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys

import guestshell
import tap

BINARY = sys.argv[1]


def test_linux_reads_hwrng():
    guest = guestshell.ShellGuest(
        BINARY, "virtio-net-pci,netdev=n0", "user,id=n0",
        extra=["-object", "rng-random,id=r0",
               "-device", "virtio-rng-pci,rng=r0"], modules=["virtio_rng"])
    try:
        name = guest.run("cat /sys/class/misc/hw_random/rng_current").strip()
        assert name.startswith("virtio_rng"), name
        sums = {guest.run("head -c 4096 /dev/hwrng | sha256sum").split()[0]
                for _ in range(4)}
        assert len(sums) == 4, sums
        assert int(guest.run("head -c 65536 /dev/hwrng | wc -c")) == 65536
    finally:
        guest.end()


tap.run([test_linux_reads_hwrng])
