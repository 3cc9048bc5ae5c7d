#!/usr/bin/env python3
"""Debian's kernel moves 16 MiB both ways in each form that the device can have.

Over slirp, and over tap with the host's kernel at the other end, in a network of
the test's own; that part is skipped where tap interfaces cannot be had.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import sys

import boot
import guestlib
import netns
import tap

BINARY = sys.argv[1]
NIC = "virtio-net-pci,netdev=n0"
OFFLOADS = {"csum": 0, "guest_csum": 1, "guest_tso4": 7, "guest_tso6": 8,
            "guest_ecn": 9, "guest_ufo": 10, "host_tso4": 11, "host_tso6": 12,
            "host_ecn": 13, "host_ufo": 14, "guest_uso4": 54, "guest_uso6": 55,
            "host_uso": 56}
ALL_OFF = ",gso=off" + "".join(f",{o}=off" for o in OFFLOADS)
# Those that Linux 6.1 takes.
TAKEN = {bit for name, bit in OFFLOADS.items() if "uso" not in name}
LONG_FRAMES = 20                # of 16 MiB, at the least
FLOW_DATAGRAMS = 200 * 2        # at least those of one CPU's flows

# name: device, more options, the driver's device id as the guest shows it
FORMS = {
    "modern": (NIC, [], "0x1000"),
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
    "offloads-off": (NIC + ALL_OFF, [], "0x1000"),
    "no-event-index": (NIC + ",event_idx=off", [], "0x1000"),
    "no-indirect": (NIC + ",indirect_desc=off", [], "0x1000"),
    "no-vectors": (NIC + ",vectors=0", [], "0x1000"),
    "transmit-timer": (NIC + ",tx=timer", [], "0x1000"),
    "rings-of-1024": (NIC + ",rx_queue_size=1024,tx_queue_size=1024", [],
                      "0x1000"),
}


def arguments(device, **more):
    args = boot.parser().parse_args(["--binary", BINARY])
    args.device, args.measure = device, False
    for name, value in more.items():
        setattr(args, name, value)
    try:
        boot.prepare(args, lambda text: print("#", text, flush=True))
    except guestlib.GuestError as e:
        raise tap.Skip(str(e)) from e
    return args


def boot_with(args, server):
    run = boot.Boot(args, server, quiet=True)
    run.run()
    server.close()
    wrong = run.verdict()
    assert wrong is None, "\n".join([wrong] + run.log[-60:])
    return run


def form_case(name, device, extra, device_id):
    def case():
        # The device comes after what it stands on.
        args = arguments(device, before=extra)
        run = boot_with(args, boot.BlobServer(os.urandom(boot.BLOB_BYTES)))
        assert any(f":{device_id}" in line and "virtio-pci" in line
                   for line in run.section("pci")), run.section("pci")
    case.__name__ = name
    return case


# --- over tap ---

def boot_over_tap(device, pairs=1, **more):
    """One run of the guest whose other side is the host's kernel."""
    queues = f",queues={pairs}" if pairs > 1 else ""
    args = arguments(device, netdev="tap,id=n0,ifname=tap0,script=no,"
                     f"downscript=no{queues}", address=netns.GUEST, **more)
    helper = os.path.join(os.path.dirname(BINARY), guestlib.HELPER)
    if not os.path.exists(helper):
        raise tap.Skip("no static programs can be built here")

    def inside():
        netns.make_tap("tap0", pairs)
        server = boot.BlobServer(os.urandom(boot.BLOB_BYTES), netns.HOST)
        echo = netns.EchoServer(netns.HOST, server.port)
        frames = netns.FrameWatch()
        try:
            run = boot_with(args, server)
        finally:
            echo.close()
            frames.close()
        return run, echo, frames
    return netns.in_own_network(inside)


def counters(run):
    """The guest's counters per queue, by name."""
    return {name: int(value) for name, _, value in
            (line.partition("=") for line in run.section("queues"))}


def interrupts(run, name):
    """How many of them the guest's CPUs took together."""
    for line in run.section("interrupts"):
        if line.endswith(name):
            per_cpu = line.split(":")[1].split("PCI-MSI")[0]
            return sum(map(int, per_cpu.split()))
    return 0


def in_threads(pairs):
    """Packed rings, each pair in a thread of its own."""
    names = [f"io{pair}" for pair in range(pairs)]
    objects = [word for name in names
               for word in ("-object", f"iothread,id={name}")]
    return json.dumps({
        "driver": "virtio-net-pci", "netdev": "n0", "mq": True, "packed": True,
        "vectors": 2 * pairs + 2,
        "iothread-vq-mapping": [{"iothread": name} for name in names],
    }), objects


def pairs_case(pairs, threads=False):
    """All pairs at work: flows from every CPU, and 16 MiB both ways."""
    def case():
        # A vector each, and one for changes of the configuration.
        device, objects = NIC + f",mq=on,vectors={2 * pairs + 2}", []
        if threads:
            device, objects = in_threads(pairs)
        run, echo, _ = boot_over_tap(device, pairs, task="flows",
                                     extra=["-smp", "4"] + objects)
        assert len(echo.ports) == 8, echo.ports
        packets = counters(run)
        for pair in range(pairs):
            for way, vector in (("rx", "input"), ("tx", "output")):
                count = packets[f"{way}_queue_{pair}_packets"]
                assert count >= FLOW_DATAGRAMS, (way, pair, packets)
                assert interrupts(run, f"virtio0-{vector}.{pair}") > 0, \
                    run.section("interrupts")
    case.__name__ = f"tap-{pairs}-pairs" + ("-in-threads" if threads else "")
    return case


def offloads_case(on):
    """Frames are as large as the offloads let them be, and not larger."""
    def case():
        run, _, frames = boot_over_tap(NIC + ("" if on else ALL_OFF))
        bits = run.word("features")
        taken = {n for n, bit in enumerate(bits) if bit == "1"}
        assert taken & TAKEN == (TAKEN if on else set()), bits
        # How long they get depends on who waits for whom, that some are not.
        for way, count in frames.long.items():
            assert (count >= LONG_FRAMES) if on else (count == 0), (way, count)
    case.__name__ = f"tap-offloads-{'on' if on else 'off'}"
    return case


# Two at a time: each guest is busy with one CPU, and waits for some of its time.
tap.run([pairs_case(4), pairs_case(2), pairs_case(2, threads=True),
         offloads_case(True),
         offloads_case(False)] +
        [form_case(name, *form) for name, form in FORMS.items()], at_once=2)
