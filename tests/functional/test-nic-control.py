#!/usr/bin/env python3
"""What a Linux guest sets by ioctl takes effect, as the other side sees it.

One guest on a datagram socket whose other end is this program: link settings,
MTU, addresses, filters, coalescing. Another with four queue pairs on tap: the
number of pairs, and receive-side scaling; skipped where tap cannot be had.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import socket
import struct
import sys
import tempfile
import time

import guestshell
import netns
import tap

BINARY = sys.argv[1]
MAC = bytes.fromhex("525400123456")
NEW_MAC = bytes.fromhex("5254000a0b0c")
PEER_MAC = bytes.fromhex("020000000001")
JOINED, OTHER = bytes.fromhex("01005e010203"), bytes.fromhex("01005e040506")
UDP_PORT = 9
PAIRS = 4


def colons(mac):
    return ":".join(f"{byte:02x}" for byte in mac)


# --- frames ---

def ethernet(to, kind, payload, sender=PEER_MAC):
    return (to + sender + struct.pack(">H", kind) + payload).ljust(60, b"\0")


def arp_request(target=netns.GUEST, sender=PEER_MAC):
    return ethernet(b"\xff" * 6, 0x0806, struct.pack(
        ">HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, sender,
        socket.inet_aton(netns.HOST), b"\0" * 6, socket.inet_aton(target)))


def is_arp_reply(frame):
    return frame[12:14] == b"\x08\x06" and frame[20:22] == b"\0\x02"


def checksum(data):
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(to, source_port, vlan=None, port=UDP_PORT):
    """A datagram to the guest's address; UDP's checksum left out."""
    datagram = struct.pack(">HHHH", source_port, port, 8 + 16, 0) + b"x" * 16
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64,
                       17, 0, socket.inet_aton(netns.HOST),
                       socket.inet_aton(netns.GUEST))
    head = head[:10] + struct.pack(">H", checksum(head)) + head[12:]
    if vlan is None:
        return ethernet(to, 0x0800, head + datagram)
    return ethernet(to, 0x8100, struct.pack(">HH", vlan, 0x0800) + head +
                    datagram)


def toeplitz(key, data):
    """The hash of RSS (VIRTIO 1.4, 5.1.6.4.3.2)."""
    window = int.from_bytes(key, "big")
    bits, result = 8 * len(key), 0
    for n in range(8 * len(data)):
        if data[n // 8] >> (7 - n % 8) & 1:
            result ^= window >> (bits - 32 - n) & 0xffffffff
    return result


# --- the guest ---

class Guest(guestshell.ShellGuest):
    """What the NIC of a guest with a shell says."""

    def __init__(self, device, netdev, extra=(), modules=()):
        super().__init__(BINARY, device, netdev, extra, modules)

    def nic(self, command):
        """The helper's command on the interface; NAME=NUMBER words as a dict."""
        word, _, rest = command.partition(" ")
        text = self.run(f"guest-ethtool {word} eth0 {rest}")
        return {name: int(value)
                for name, value in re.findall(r"(\S+)=(-?\d+)", text)}

    def filter(self):
        return self.qmp.run("query-rx-filter")[0]

    def received(self):
        """Frames of each receive queue."""
        stats = self.nic("stats")
        return [stats[f"rx_queue_{n}_packets"] for n in range(PAIRS)
                if f"rx_queue_{n}_packets" in stats]


class Wire:
    """The other end of the guest's datagram socket."""

    def __init__(self, folder):
        self.here = os.path.join(folder, "host")
        self.there = os.path.join(folder, "guest")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.here)

    def netdev(self):
        return (f"dgram,id=n0,local.type=unix,local.path={self.there},"
                f"remote.type=unix,remote.path={self.here}")

    def send(self, frame):
        self.sock.sendto(frame, self.there)

    def drain(self):
        self.sock.settimeout(0)
        try:
            while True:
                self.sock.recv(65536)
        except OSError:
            pass

    def frames(self, seconds):
        """What comes within this time, as it comes."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                yield self.sock.recv(65536)
            except TimeoutError:
                return

    def wait(self, wanted, seconds=10):
        for frame in self.frames(seconds):
            if wanted(frame):
                return frame
        raise AssertionError("the frame did not come")

    def arp_seconds(self, requests=1):
        """How long the guest takes to answer."""
        self.drain()
        start = time.monotonic()
        for _ in range(requests):
            self.send(arp_request())
        self.wait(is_arp_reply)
        seconds = time.monotonic() - start
        for _ in range(requests - 1):
            self.wait(is_arp_reply)
        return seconds


class One:
    """The guest that most cases share; started by the first."""
    guest = wire = folder = None

    @classmethod
    def get(cls):
        if cls.guest is None:
            cls.folder = tempfile.TemporaryDirectory(prefix="wire-")
            cls.wire = Wire(cls.folder.name)
            cls.guest = Guest(
                f"virtio-net-pci,netdev=n0,mac={colons(MAC)},speed=2500,"
                "duplex=full,host_mtu=1700", cls.wire.netdev(),
                modules=["8021q"])
        return cls.guest, cls.wire


def arrivals(guest, wire, frame, count=10):
    """How many copies of a frame come through; an ARP reply bounds the time."""
    before = sum(guest.received())
    for _ in range(count):
        wire.send(frame)
    wire.arp_seconds()
    return sum(guest.received()) - before - 1


# --- link and addresses ---

def test_speed_and_duplex():
    guest, _ = One.get()
    assert guest.nic("link") == {"speed": 2500, "duplex": 1}
    assert guest.run("cat /sys/class/net/eth0/speed /sys/class/net/eth0/duplex"
                     ).split() == ["2500", "full"]


def test_carrier_follows_set_link():
    guest, _ = One.get()
    guest.qmp.run("set_link", name="n0", up=False)
    guest.run("until grep -q 0 /sys/class/net/eth0/carrier; do usleep 10000;"
              " done")
    guest.qmp.run("set_link", name="n0", up=True)
    guest.run("until grep -q 1 /sys/class/net/eth0/carrier; do usleep 10000;"
              " done")


def longest_ip_frame(guest, wire):
    """Of those that a large ping is cut into."""
    guest.run(f"arp -s {netns.HOST} {colons(PEER_MAC)}")
    wire.drain()
    guest.run(f"ping -c 1 -W 1 -s 3000 {netns.HOST}", fails=True)
    return max(len(f) for f in wire.frames(0.3) if f[12:14] == b"\x08\x00")


def test_mtu():
    guest, wire = One.get()
    assert guest.run("cat /sys/class/net/eth0/mtu") == "1700"
    # A fragment is a multiple of 8 bytes and a header of 20.
    assert longest_ip_frame(guest, wire) == 14 + 20 + 1680
    guest.nic("mtu 1300")
    assert longest_ip_frame(guest, wire) == 14 + 20 + 1280
    guest.run("guest-ethtool mtu eth0 1701", fails=True)
    guest.nic("mtu 1500")


def test_mac_address():
    guest, wire = One.get()
    assert guest.filter()["main-mac"] == colons(MAC)
    assert arrivals(guest, wire, udp(MAC, 1)) == 10
    guest.nic(f"mac {colons(NEW_MAC)}")
    assert guest.filter()["main-mac"] == colons(NEW_MAC)
    assert arrivals(guest, wire, udp(MAC, 1)) == 0
    assert arrivals(guest, wire, udp(NEW_MAC, 1)) == 10
    wire.drain()
    wire.send(arp_request())
    assert wire.wait(is_arp_reply)[6:12] == NEW_MAC
    guest.nic(f"mac {colons(MAC)}")
    assert guest.filter()["main-mac"] == colons(MAC)


# --- filters ---

def test_multicast():
    guest, wire = One.get()
    assert colons(JOINED) not in guest.filter()["multicast-table"]
    assert arrivals(guest, wire, udp(JOINED, 1)) == 0
    guest.nic(f"multicast join {colons(JOINED)}")
    assert colons(JOINED) in guest.filter()["multicast-table"]
    assert arrivals(guest, wire, udp(JOINED, 1)) == 10
    assert arrivals(guest, wire, udp(OTHER, 1)) == 0
    guest.nic("flags allmulti")
    assert guest.filter()["multicast"] == "all"
    assert arrivals(guest, wire, udp(OTHER, 1)) == 10
    guest.nic("flags none")
    guest.nic(f"multicast leave {colons(JOINED)}")
    assert colons(JOINED) not in guest.filter()["multicast-table"]
    assert arrivals(guest, wire, udp(JOINED, 1)) == 0


def test_promiscuous():
    guest, wire = One.get()
    assert not guest.filter()["promiscuous"]
    assert arrivals(guest, wire, udp(NEW_MAC, 1)) == 0
    guest.nic("flags promisc")
    assert guest.filter()["promiscuous"]
    assert arrivals(guest, wire, udp(NEW_MAC, 1)) == 10
    guest.nic("flags none")
    assert arrivals(guest, wire, udp(NEW_MAC, 1)) == 0


def test_vlan():
    guest, wire = One.get()
    assert arrivals(guest, wire, udp(MAC, 1, vlan=5)) == 0
    guest.nic("vlan-add 5")
    guest.run("ifconfig eth0.5 up")
    assert 5 in guest.filter()["vlan-table"]
    assert arrivals(guest, wire, udp(MAC, 1, vlan=5)) == 10
    assert arrivals(guest, wire, udp(MAC, 1, vlan=6)) == 0
    guest.nic("vlan-remove 5")
    assert 5 not in guest.filter()["vlan-table"]
    assert arrivals(guest, wire, udp(MAC, 1, vlan=5)) == 0


# --- coalescing ---

def test_coalescing():
    guest, wire = One.get()
    guest.nic("coalesce 0 1")
    assert min(wire.arp_seconds() for _ in range(5)) < 0.1
    assert guest.nic("coalesce 300000 32") == {"rx-usecs": 300000,
                                               "rx-frames": 32}
    # The guest replies while it still polls: it would find the next one.
    waits = []
    for _ in range(3):
        time.sleep(0.2)
        waits.append(wire.arp_seconds())
    assert sorted(waits)[1] > 0.25, waits
    # Enough frames do not wait.
    assert min(wire.arp_seconds(32) for _ in range(5)) < 0.25
    guest.nic("coalesce 0 1")


# --- announcing, counting ---

def is_rarp(frame):
    return frame[12:14] == b"\x80\x35" and frame[6:12] == MAC


def is_gratuitous_arp(frame):
    address = socket.inet_aton(netns.GUEST)
    return (frame[12:14] == b"\x08\x06" and frame[22:28] == MAC and
            frame[28:32] == address and frame[38:42] == address)


def test_announce():
    """The card sends RARP by itself, and the driver announces its addresses."""
    guest, wire = One.get()
    wire.drain()
    guest.qmp.run("announce-self", initial=50, max=50, rounds=1, step=0)
    assert wire.wait(is_rarp)
    assert wire.wait(is_gratuitous_arp)
    # Once that is acknowledged the next request is seen as one.
    time.sleep(0.5)
    guest.qmp.run("announce-self", initial=50, max=50, rounds=1, step=0)
    assert wire.wait(is_gratuitous_arp)


def test_counters():
    """The device counts what the guest counts."""
    guest, wire = One.get()

    def counts():
        queues = guest.qmp.run("x-query-netstats")[0]["queues"]
        return [queues[0]["packets"], queues[1]["packets"]]

    def seen():
        folder = "/sys/class/net/eth0/statistics"
        return [int(word) for word in guest.run(
            f"cat {folder}/rx_packets {folder}/tx_packets").split()]

    def both_move():
        """What each side counts of 50 requests and their answers."""
        wire.arp_seconds()
        before, guest_before = counts(), seen()
        wire.arp_seconds(requests=50)
        time.sleep(0.2)
        after, guest_after = counts(), seen()
        return ([after[n] - before[n] for n in range(2)],
                [guest_after[n] - guest_before[n] for n in range(2)])

    # Linux may send something of its own between two looks.
    moves = []
    for _ in range(5):
        moves.append(both_move())
        if moves[-1][0] == moves[-1][1]:
            break
    assert moves[-1][0] == moves[-1][1], moves
    assert min(moves[-1][0]) >= 50


def test_the_shared_guest_lives():
    guest, wire = One.get()
    assert wire.arp_seconds() < 10
    guest.end()
    One.folder.cleanup()


# --- queues ---

def receiving_queues(guest, sock, ports):
    """By port: the queue that gets frames from it."""
    queues = {}
    for port in ports:
        before = guest.received()
        for _ in range(5):
            sock.send(udp(MAC, port))
        for _ in range(100):
            change = [b - a for a, b in zip(before, guest.received())]
            if sum(change) >= 5:
                break
        assert sorted(change) == [0] * (len(change) - 1) + [5], change
        queues[port] = change.index(5)
    return queues


def tun_queues():
    """How many queues of the interface take frames now."""
    return len([name for name in os.listdir("/sys/class/net/tap0/queues")
                if name.startswith("tx-")])


def check_channels(guest):
    """The device has as many pairs at work as the guest says."""
    for count in (1, 3, PAIRS):
        assert guest.nic(f"channels {count}") == {"combined": count,
                                                  "max": PAIRS}
        assert tun_queues() == count
    guest.run(f"guest-ethtool channels eth0 {PAIRS + 1}", fails=True)


def check_rss(guest, sock):
    key = bytes(range(1, 41))
    ports = range(1000, 1012)
    endpoints = socket.inet_aton(netns.HOST) + socket.inet_aton(netns.GUEST)

    # One queue gets all, whichever it is.
    for only in (2, 0):
        assert guest.nic(f"rss {key.hex()} {only}") == {"table": 128,
                                                        "key": 40}
        assert set(receiving_queues(guest, sock, ports[:3]).values()) == {only}
    # As key and table say; and another key spreads in another way.
    table = [3, 1, 0, 2, 1]
    seen = []
    for seed in (1, 77):
        key = bytes((seed * 41 + 7 * n) & 255 for n in range(40))
        guest.nic(f"rss {key.hex()} {' '.join(map(str, table))}")
        expected = {
            port: table[toeplitz(key, endpoints + struct.pack(
                ">HH", port, UDP_PORT)) % 128 % len(table)]
            for port in ports}
        assert receiving_queues(guest, sock, ports) == expected
        seen.append(expected)
    assert seen[0] != seen[1]


def test_channels_and_rss():
    def inside():
        # Without an address the host's kernel keeps silent.
        netns.make_tap("tap0", PAIRS, address=False)
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        sock.bind(("tap0", 0))
        guest = Guest(
            f"virtio-net-pci,netdev=n0,mac={colons(MAC)},mq=on,rss=on,"
            f"vectors={2 * PAIRS + 2}",
            f"tap,id=n0,ifname=tap0,script=no,downscript=no,queues={PAIRS}",
            extra=["-smp", "4"])
        try:
            check_channels(guest)
            check_rss(guest, sock)
        finally:
            guest.end()
    netns.in_own_network(inside)


tap.run([test_speed_and_duplex, test_carrier_follows_set_link, test_mtu,
         test_mac_address, test_multicast, test_promiscuous, test_vlan,
         test_coalescing, test_announce, test_counters,
         test_the_shared_guest_lives, test_channels_and_rss])
