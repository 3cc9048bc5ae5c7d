#!/usr/bin/env python3
"""A Linux guest sees network cards come, uses them, and lets them go.

    test-hotplug.py EMULATOR [--rounds 100] [--only pc|q35|native]

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os

import boot
import guestshell
import tap

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("binary")
parser.add_argument("--rounds", type=int, default=2)
parser.add_argument("--only", choices=["pc", "q35", "native"])
ARGS = parser.parse_args()

RAM_MIB = 256
BLOB = os.urandom(1 << 20)
NATIVE = "ICH9-LPC.acpi-pci-hotplug-with-bridge-support=off"
# Rounds after which what is kept for the next one has been got.
SETTLED = 3


def footprint(guest):
    """MiB beside guest RAM, and open files."""
    pid = guest.process.pid
    return (boot.memory_beside_ram(pid, RAM_MIB << 20),
            len(os.listdir(f"/proc/{pid}/fd")))


def wait_for(guest, condition):
    """Let the guest look twenty seconds for something."""
    guest.run(f"n=0; until [ {condition} ] || [ $n -ge 200 ]; do"
              f" n=$((n+1)); sleep 0.1; done; [ {condition} ]")


def come(guest, place, index):
    assert guest.qmp.run("netdev_add", type="user", id="hot",
                         net="10.0.3.0/24") == {}
    assert guest.qmp.run("device_add", driver="virtio-net-pci", id="nic",
                         netdev="hot", **place, **index) == {}
    wait_for(guest, "-e /sys/class/net/eth1")


def use(guest, server):
    guest.run("ifconfig eth1 up && udhcpc -i eth1 -s /tmp/dhcp.sh -n -q -t 20"
              " -T 1 >/dev/null 2>&1")
    seen = guest.run(f"wget -q -O - http://10.0.3.2:{server.port}/blob"
                     " | sha256sum").split()[0]
    assert seen == server.sha, seen


def go(guest, server, number):
    """It goes: while it is in use, before its backend or after it."""
    if number % 2:
        guest.run("(while [ -e /sys/class/net/eth1 ]; do wget -q -T 2 -O"
                  f" /dev/null http://10.0.3.2:{server.port}/blob; done)"
                  " >/dev/null 2>&1 &")
    if number % 4 == 2:
        assert guest.qmp.run("netdev_del", id="hot") == {}
    assert guest.qmp.run("device_del", id="nic") == {}
    guest.qmp.event("DEVICE_DELETED", "nic")
    wait_for(guest, "! -e /sys/class/net/eth1")
    if number % 4 != 2:
        assert guest.qmp.run("netdev_del", id="hot") == {}


def rounds(name, extra, place, acpi):
    if ARGS.only not in (None, name):
        raise tap.Skip("not asked for")
    server = boot.BlobServer(BLOB)
    guest = guestshell.ShellGuest(ARGS.binary, "virtio-net-pci,netdev=n0",
                                  "user,id=n0", extra=extra)
    before = None
    try:
        for number in range(ARGS.rounds):
            index = {"acpi-index": 40 + number} if acpi else {}
            come(guest, place, index)
            if acpi:
                told = guest.run("cat /sys/class/net/eth1/device/../acpi_index")
                assert told.strip() == str(40 + number), told
            use(guest, server)
            go(guest, server, number)
            if number + 1 == SETTLED:
                before = footprint(guest)
        if before:
            after = footprint(guest)
            print(f"# {name}: {ARGS.rounds} rounds, {before[0]:.1f} then "
                  f"{after[0]:.1f} MiB beside RAM, {before[1]} then {after[1]}"
                  f" open files", flush=True)
            assert after[1] <= before[1], (before, after)
            assert after[0] < before[0] + 4, (before, after)
        guest.run("[ -e /sys/class/net/eth0 ]")
    finally:
        guest.end()
        server.close()


PORTS = ["-device", "pcie-root-port,id=rp,chassis=1,addr=5"]


def test_pc_by_acpi():
    rounds("pc", ["-device", "pci-bridge,id=br,chassis_nr=1,addr=5"],
           {"addr": "9"}, True)


def test_pc_behind_a_bridge():
    if ARGS.rounds > 2:
        raise tap.Skip("not for many rounds")
    rounds("pc", ["-device", "pci-bridge,id=br,chassis_nr=1,addr=5"],
           {"bus": "br", "addr": "3"}, True)


def test_q35_by_acpi():
    rounds("q35", ["-M", "q35", *PORTS], {"bus": "rp"}, True)


def test_q35_by_the_port():
    rounds("native", ["-M", "q35", "-global", NATIVE, *PORTS], {"bus": "rp"},
           False)


tap.run([test_pc_by_acpi, test_pc_behind_a_bridge, test_q35_by_acpi,
         test_q35_by_the_port])
