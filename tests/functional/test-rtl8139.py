#!/usr/bin/env python3
"""A Linux guest with an rtl8139, and with a virtio card beside it.

The cloud kernel has no driver for it, so the kernel is that of linux-image-amd64.
Its 8139too leaves cards of this revision to 8139cp.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import sys

import boot
import guestlib
import tap

BINARY = sys.argv[1]
CARD = "rtl8139,netdev=n0,mac=52:54:00:12:34:10"
VIRTIO = "virtio-net-pci,netdev=n1,mac=52:54:00:12:34:20"


def boot_with(device, *extra, also=None):
    """Boots, moves 16 MiB both ways over each card; what was seen."""
    args = boot.parser().parse_args(["--binary", BINARY, "--device", device,
                                     "--package", "linux-image-amd64"])
    args.modules = ["8139cp"] + guestlib.NET_MODULES
    args.timeout, args.also, args.extra = 230, also, list(extra)
    try:
        boot.prepare(args, lambda text: print("#", text, flush=True))
    except guestlib.GuestError as e:
        raise tap.Skip(str(e)) from e
    server = boot.BlobServer(os.urandom(boot.BLOB_BYTES))
    run = boot.Boot(args, server, quiet=True)
    run.run()
    server.close()
    wrong = run.verdict()
    assert wrong is None, "\n".join([wrong] + run.log[-60:])
    return run


def drivers(run):
    return {words[1]: words[2] for words in
            (line.split() for line in run.section("pci")) if len(words) == 3}


def test_8139cp_moves_16_mib_both_ways():
    run = boot_with(CARD)
    assert drivers(run)["0x10ec:0x8139"] == "8139cp", run.section("pci")
    interrupts = [line for line in run.section("interrupts") if "eth0" in line]
    assert len(interrupts) == 1 and int(interrupts[0].split()[1]) > 100, \
        run.section("interrupts")


def test_beside_a_virtio_card():
    run = boot_with(CARD + ",addr=5", "-netdev", "user,id=n1,net=10.0.3.0/24",
                    "-device", VIRTIO + ",addr=6", also="10.0.3.2")
    found = drivers(run)
    assert found["0x10ec:0x8139"] == "8139cp", found
    assert found["0x1af4:0x1000"] == "virtio-pci", found
    assert "also-right" in run.at, "\n".join(run.log[-40:])


tap.run([test_8139cp_moves_16_mib_both_ways, test_beside_a_virtio_card],
        at_once=2)
