#!/usr/bin/env python3
"""Debian's kernel moves 16 MiB both ways in each form that the device can have.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import sys

import boot
import guestlib
import tap

BINARY = sys.argv[1]
NIC = "virtio-net-pci,netdev=n0"
OFFLOADS = ["csum", "gso", "guest_csum", "guest_tso4", "guest_tso6",
            "guest_ecn", "guest_ufo", "host_tso4", "host_tso6", "host_ecn",
            "host_ufo"]

# name: device, more options, the driver's device id as the guest shows it
FORMS = {
    "legacy": (NIC + ",disable-modern=on", [], "0x1000"),
    "modern-only": (NIC + ",disable-legacy=on", [], "0x1041"),
    "transitional-type": ("virtio-net-pci-transitional,netdev=n0", [],
                          "0x1000"),
    "non-transitional-type": ("virtio-net-pci-non-transitional,netdev=n0", [],
                              "0x1041"),
    "behind-a-root-port-on-q35": (
        NIC + ",bus=port0",
        ["-M", "q35", "-device", "pcie-root-port,id=port0,chassis=1,addr=2"],
        "0x1041"),
    "packed": (NIC + ",packed=on", [], "0x1000"),
    "no-mergeable-buffers": (NIC + ",mrg_rxbuf=off", [], "0x1000"),
    "offloads-off": (NIC + "".join(f",{o}=off" for o in OFFLOADS), [],
                     "0x1000"),
    "no-event-index": (NIC + ",event_idx=off", [], "0x1000"),
    "no-indirect": (NIC + ",indirect_desc=off", [], "0x1000"),
    "no-vectors": (NIC + ",vectors=0", [], "0x1000"),
    "transmit-timer": (NIC + ",tx=timer", [], "0x1000"),
    "rings-of-1024": (NIC + ",rx_queue_size=1024,tx_queue_size=1024", [],
                      "0x1000"),
}


def make_case(name, device, extra, device_id):
    def case():
        args = boot.parser().parse_args(["--binary", BINARY])
        args.device, args.measure = device, False
        # The device comes after what it stands on.
        args.before = extra
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
        assert any(f":{device_id}" in line and "virtio-pci" in line
                   for line in run.section("pci")), run.section("pci")
    case.__name__ = name
    return case


tap.run([make_case(name, *form) for name, form in FORMS.items()])
