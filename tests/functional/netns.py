"""A network of the test's own, with a tap interface in it.

A thread that leaves the host's network for a new one takes along the sockets
that it opens and the programs that it starts; the new network goes with the
last of them, and the host's is not touched.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
import threading

import tap

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC_PRIVATE = 0x44000
TUNSETIFF = 0x400454ca
IFF_TAP_NO_PI = 0x1002
# Our end: what the guest knows slirp by.
HOST = "10.0.2.2"
GUEST = "10.0.2.15"


def _why_not():
    """Try out a tap interface; None if it can be had."""
    try:
        with open("/dev/net/tun", "r+b", buffering=0) as tun:
            fcntl.ioctl(tun, TUNSETIFF,
                        struct.pack("16sH22x", b"probe", IFF_TAP_NO_PI))
    except OSError as e:
        return f"no tap interfaces: {e}"
    return None


def _enter():
    libc = ctypes.CDLL(None, use_errno=True)
    # Its /sys shows the interfaces of the new network.
    if libc.unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 or \
            libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None) < 0 or \
            libc.mount(b"sysfs", b"/sys", b"sysfs", 0, None) < 0:
        raise tap.Skip("no network namespace: " +
                       os.strerror(ctypes.get_errno()))
    why = _why_not()
    if why:
        raise tap.Skip(why)


def in_own_network(work):
    """Run work() in a new network; returns or raises what it does."""
    result = []

    def body():
        try:
            _enter()
            result.extend((True, work()))
        except BaseException as e:
            result.extend((False, e))

    thread = threading.Thread(target=body)
    thread.start()
    thread.join()
    if not result[0]:
        raise result[1]
    return result[1]


def make_tap(name="tap0", queues=1, address=True):
    """An interface for the emulator, up; call it inside."""
    command = ["ip", "tuntap", "add", "dev", name, "mode", "tap", "vnet_hdr"]
    if queues > 1:
        command.append("multi_queue")
    try:
        subprocess.run(command, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        raise tap.Skip(f"cannot make a tap interface: {e}") from e
    # Or the kernel would talk on it by itself.
    ipv6 = f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6"
    if os.path.exists(ipv6):
        with open(ipv6, "w", encoding="ascii") as f:
            f.write("1")
    if address:
        subprocess.run(["ip", "addr", "add", f"{HOST}/24", "dev", name],
                       check=True)
    for interface in (name, "lo"):
        subprocess.run(["ip", "link", "set", interface, "up"], check=True)


class FrameWatch:
    """Counts the frames of an interface that are longer than Ethernet's."""

    ETH_P_ALL = 3
    LONGEST = 1514
    PACKET_OUTGOING = 4

    def __init__(self, name="tap0"):
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                                  socket.htons(self.ETH_P_ALL))
        self.sock.bind((name, self.ETH_P_ALL))
        self.sock.settimeout(0.5)
        self.ended = False
        # By the guest's words: what the host sends is received.
        self.long = {"rx": 0, "tx": 0}
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        start = bytearray(64)
        while not self.ended:
            try:
                size, _, _, where = self.sock.recvmsg_into(
                    [start], 0, socket.MSG_TRUNC)
            except TimeoutError:
                continue
            if size > self.LONGEST:
                way = "rx" if where[2] == self.PACKET_OUTGOING else "tx"
                self.long[way] += 1

    def close(self):
        self.ended = True
        self.thread.join()
        self.sock.close()


class EchoServer:
    """Sends each datagram back to where it came from."""

    def __init__(self, host, port):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((host, port))
        self.sock.settimeout(0.5)
        self.ended = False
        self.ports = set()
        self.thread = threading.Thread(target=self._work, daemon=True)
        self.thread.start()

    def _work(self):
        while not self.ended:
            try:
                data, where = self.sock.recvfrom(2048)
            except TimeoutError:
                continue
            self.ports.add(where[1])
            self.sock.sendto(data, where)

    def close(self):
        self.ended = True
        self.thread.join()
        self.sock.close()
