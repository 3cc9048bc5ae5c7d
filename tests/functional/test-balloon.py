#!/usr/bin/env python3
"""A Linux guest gives memory back, and has it again whole.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import hashlib
import re
import sys
import time

import guestshell
import tap

BINARY = sys.argv[1]
MIB = 1 << 20


class Guest(guestshell.ShellGuest):
    """A guest with a balloon."""

    def __init__(self, options=""):
        super().__init__(BINARY, "virtio-net-pci,netdev=n0", "user,id=n0",
                         extra=["-device",
                                "virtio-balloon-pci,id=b0" + options],
                         modules=["virtio_balloon"])
        self.run("mount -o remount,size=200m /tmp")

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * 4096

    def fill(self, name, mib):
        """A file in the guest's memory; what is in it was not zero before."""
        self.run("[ -f /tmp/piece ] || "
                 "head -c 1m /dev/zero | tr '\\000' U > /tmp/piece")
        self.run(f"for i in $(seq {mib}); do cat /tmp/piece; done > {name}")

    def use_and_free(self, mib):
        """The host has given this memory; the guest needs it no more."""
        self.fill("/tmp/used", mib)
        self.run("rm /tmp/used")

    def actual(self):
        return self.qmp.run("query-balloon")["actual"]

    def inflate_to(self, mib):
        self.qmp.run("balloon", value=mib * MIB)
        wait_for(lambda: self.actual() == mib * MIB)

    def memory_is_whole(self, mib):
        self.fill("/tmp/whole", mib)
        due = hashlib.md5(b"U" * (mib * MIB)).hexdigest()
        assert self.run("md5sum < /tmp/whole").split()[0] == due
        self.run("rm /tmp/whole")


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.1)


def meminfo(guest):
    text = guest.run("cat /proc/meminfo")
    return {name: int(kib) * 1024
            for name, kib in re.findall(r"(\w+): +(\d+) kB", text)}


def check_stats(guest):
    """guest-stats are what /proc/meminfo says, as far as it stands still."""
    guest.qmp.run("qom-set", path="/machine/peripheral/b0",
                  property="guest-stats-polling-interval", value=1)
    first = guest.qmp.run("qom-get", path="/machine/peripheral/b0",
                          property="guest-stats")["last-update"]

    def answer():
        return guest.qmp.run("qom-get", path="/machine/peripheral/b0",
                             property="guest-stats")

    wait_for(lambda: answer()["last-update"] > first)
    said, stats = meminfo(guest), answer()["stats"]
    assert stats["stat-total-memory"] == said["MemTotal"], (stats, said)
    for name, field in (("stat-free-memory", "MemFree"),
                        ("stat-available-memory", "MemAvailable"),
                        ("stat-disk-caches", "Cached")):
        assert abs(stats[name] - said[field]) < 4 * MIB, (name, stats, said)


def test_inflate_by_128_mib():
    guest = Guest()
    try:
        guest.use_and_free(150)
        before = guest.resident()
        guest.inflate_to(128)
        given = before - guest.resident()
        print(f"# {given / MIB:.0f} MiB went back")
        assert given >= 110 * MIB, given
        check_stats(guest)
        guest.inflate_to(256)
        guest.memory_is_whole(150)
        check_stats(guest)
    finally:
        guest.end()


def test_free_page_reporting():
    """Packed ring; the guest says by itself what it does not need."""
    guest = Guest(",free-page-reporting=on,packed=on")
    try:
        guest.use_and_free(150)
        before = guest.resident()
        wait_for(lambda: before - guest.resident() >= 70 * MIB)
        guest.memory_is_whole(120)
    finally:
        guest.end()


tap.run([test_inflate_by_128_mib, test_free_page_reporting])
