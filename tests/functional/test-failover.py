#!/usr/bin/env python3
"""A Linux guest whose virtio card stands by for another one.

Its net_failover makes one interface of the two, and uses the primary while it is
there. The primary must be a PCI card by itself, to Linux, so it is an rtl8139; that
needs the kernel of linux-image-amd64. The other end of each card is a datagram
socket of this program: what comes where shows which one carries.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time

import boot
import guestshell
import netns
import tap

BINARY = sys.argv[1]
MAC = "52:54:00:12:34:77"
PEER_MAC = bytes.fromhex("020000000001")
PRIMARY = {"driver": "rtl8139", "id": "primary", "bus": "rp1", "netdev": "n1",
           "mac": MAC, "failover_pair_id": "standby"}


class Wire:
    """The other end of a card's datagram socket."""

    def __init__(self, folder, name):
        self.here = os.path.join(folder, name + "-host")
        self.there = os.path.join(folder, name)
        self.name = name
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.here)
        self.sock.setblocking(False)

    def netdev(self):
        return (f"dgram,id={self.name},local.type=unix,local.path={self.there},"
                f"remote.type=unix,remote.path={self.here}")

    def send(self, frame):
        try:
            self.sock.sendto(frame, self.there)
        except (BlockingIOError, ConnectionRefusedError, FileNotFoundError):
            pass                # nobody reads there now

    def frames(self):
        while True:
            try:
                yield self.sock.recv(65536)
            except BlockingIOError:
                return


def request(number):
    """Who has the guest's address? Asked by a host of this number."""
    asker = socket.inet_aton(f"10.0.2.{100 + number % 100}")
    return b"\xff" * 6 + PEER_MAC + struct.pack(
        ">HHHBBH6s4s6s4s", 0x0806, 1, 0x0800, 6, 4, 1, PEER_MAC, asker,
        b"\0" * 6, socket.inet_aton(netns.GUEST)) + bytes(18)


def answer_to(number):
    """What the guest's answer has in it."""
    return struct.pack(">H", 2) + bytes.fromhex(MAC.replace(":", "")) + \
        socket.inet_aton(netns.GUEST) + PEER_MAC + \
        socket.inet_aton(f"10.0.2.{100 + number % 100}")


class Pair:
    """A guest with both cards, and both wires."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="failover-")
        self.standby = Wire(self.folder.name, "n0")
        self.primary = Wire(self.folder.name, "n1")
        self.number = 0
        self.guest = guestshell.ShellGuest(
            BINARY, f"virtio-net-pci,netdev=n0,bus=rp0,id=standby,failover=on,"
            f"mac={MAC}", self.standby.netdev(),
            ["-M", "q35", "-netdev", self.primary.netdev(),
             "-device", ",".join(f"{k}={v}" for k, v in PRIMARY.items())],
            # Loaded first, so that it is there when the primary comes.
            modules=["8139cp"], package="linux-image-amd64",
            before=["-device", "pcie-root-port,id=rp0,chassis=1,slot=1",
                    "-device", "pcie-root-port,id=rp1,chassis=2,slot=2"])
        self.qmp = self.guest.qmp

    def ask_once(self):
        """A question on both wires: the wires of the answers that come."""
        self.number += 1
        wires = [self.standby, self.primary]
        for wire in wires:
            wire.send(request(self.number))
        came = []
        while len(came) < 2:
            # The second answer is on its way, or the question was lost.
            left = 0.05 if came else 0.5
            if not select.select([w.sock for w in wires], [], [], left)[0]:
                break
            for wire in wires:
                came += [wire for frame in wire.frames()
                         if answer_to(self.number) in frame]
        return came

    def ask(self, seconds=10):
        """The same until there is an answer: one of two may be lost where the
        guest changes cards, but it goes on."""
        end = time.monotonic() + seconds
        while True:
            came = self.ask_once()
            if came or time.monotonic() > end:
                return came

    def expect(self, wire, seconds=30):
        """Answers come, at last only from this one; never none for long."""
        end = time.monotonic() + seconds
        row = 0
        while row < 5:
            came = self.ask()
            row = row + 1 if came and set(came) == {wire} else 0
            assert time.monotonic() < end, \
                (wire.name, [w.name for w in came], self.guest.log[-30:])

    def wait_event(self, name, seconds=40, **data):
        """Answers come all the time until this event does."""
        end = time.monotonic() + seconds
        while True:
            self.qmp.run("query-status")
            for event in self.qmp.events:
                if event["event"] == name and \
                        data.items() <= event["data"].items():
                    self.qmp.events.remove(event)
                    return
            assert self.ask(), f"no answer while waiting for {name}"
            assert time.monotonic() < end, (name, self.qmp.events)

    def plugged(self):
        return any(device["qdev_id"] == "primary"
                   for bus in self.qmp.run("query-pci")
                   for port in bus["devices"]
                   for device in port.get("pci_bridge", {}).get("devices", []))

    def add(self):
        self.qmp.run("device_add", **PRIMARY)

    def migrate(self):
        """Save the machine and go on in a new process."""
        path = os.path.join(self.folder.name, "state")
        self.qmp.run("migrate", uri=f"file:{path}")
        self.wait_event("UNPLUG_PRIMARY", **{"device-id": "primary"})
        waited = False
        while True:
            status = self.qmp.run("query-migrate")["status"]
            if status == "completed":
                break
            assert status in ("setup", "wait-unplug", "active"), status
            if status == "wait-unplug":
                waited = True
                assert self.ask() or \
                    self.qmp.run("query-migrate")["status"] != "wait-unplug"
            time.sleep(0.05)
        assert waited
        process = self.guest.process
        process.kill()
        process.wait()
        qmp = [a for a in process.args if a.startswith("unix:")][0]
        for left in (self.standby.there, self.primary.there,
                     qmp[5:].split(",")[0]):
            os.unlink(left)
        # The console goes nowhere: the guest's answers are what counts.
        self.guest.process = subprocess.Popen(
            [*process.args, "-incoming", "defer"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        while not os.path.exists(qmp[5:].split(",")[0]):
            time.sleep(0.01)
        self.qmp = boot.Qmp(qmp[5:].split(",")[0])
        assert not self.plugged()
        self.qmp.run("migrate-incoming", uri=f"file:{path}")

    def end(self):
        self.guest.end()
        self.folder.cleanup()


def test_primary_carries_and_standby_stands_by():
    pair = Pair()
    try:
        # Its driver has accepted long ago.
        pair.expect(pair.primary)
        assert pair.plugged()

        pair.qmp.run("device_del", id="primary")
        pair.wait_event("DEVICE_DELETED", device="primary")
        assert not pair.plugged()
        pair.expect(pair.standby)

        pair.add()
        assert pair.plugged()
        pair.expect(pair.primary)

        pair.migrate()
        pair.wait_event("FAILOVER_NEGOTIATED", **{"device-id": "standby"})
        pair.expect(pair.primary)
        assert pair.plugged()
    finally:
        pair.end()


tap.run([test_primary_carries_and_standby_stands_by])
