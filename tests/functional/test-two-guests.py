#!/usr/bin/env python3
"""Linux guests on a wire between emulators, and one behind passt.

Two guests have a card for each kind of wire; over each they ping and move 1 MiB.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import boot
import guestshell
import tap

BINARY = os.path.abspath(sys.argv[1])
BLOB_BYTES = 1 << 20
NIC = "virtio-net-pci,netdev={},romfile="


def free_ports(count, kind=socket.SOCK_DGRAM):
    """Ports of 127.0.0.1 that nobody uses at this moment."""
    socks = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for sock in socks:
        sock.bind(("127.0.0.1", 0))
    ports = [sock.getsockname()[1] for sock in socks]
    for sock in socks:
        sock.close()
    return ports


def wires(folder):
    """Name, and the -netdev of each side without its id."""
    udp = free_ports(4)
    tcp = free_ports(1, socket.SOCK_STREAM)[0]
    unix = f"addr.type=unix,addr.path={folder}/stream"
    inet = ("dgram,local.type=inet,local.host=127.0.0.1,local.port={},"
            "remote.type=inet,remote.host=127.0.0.1,remote.port={}")
    l2tp = ("l2tpv3,src=127.0.0.1,dst=127.0.0.1,udp=on,srcport={},dstport={},"
            "txsession={},rxsession={},counter=on")
    return [
        ("stream", "stream,server=on," + unix,
         "stream,server=off,reconnect-ms=50," + unix),
        ("dgram", inet.format(udp[0], udp[1]), inet.format(udp[1], udp[0])),
        ("socket", f"socket,listen=127.0.0.1:{tcp}",
         f"socket,connect=127.0.0.1:{tcp}"),
        ("l2tpv3", l2tp.format(udp[2], udp[3], 1, 2),
         l2tp.format(udp[3], udp[2], 2, 1)),
    ]


class Pair:
    """Two guests, joined by every wire."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="wires-")
        self.wires = wires(self.folder.name)
        self.guests = []
        for side in (1, 2):
            extra = []
            for number, wire in enumerate(self.wires):
                extra += ["-netdev", f"{wire[side]},id=n{number}"]
                if number:
                    extra += ["-device", NIC.format(f"n{number}")]
            netdev, extra = extra[1], extra[2:]
            self.guests.append(guestshell.ShellGuest(
                BINARY, NIC.format("n0"), netdev, extra))
            for number in range(len(self.wires)):
                self.guests[-1].run(f"ifconfig eth{number} 10.1.{number}.{side}"
                                    " netmask 255.255.255.0 up")
            self.guests[-1].run("httpd -h /")

    def end(self):
        for guest in self.guests:
            guest.end()
        self.folder.cleanup()


PAIR = []


def cross(number):
    """Ping, and 1 MiB each way with equal sums."""
    if not PAIR:
        PAIR.append(Pair())
    guests = PAIR[0].guests
    for here, there, side in ((guests[0], guests[1], 2),
                              (guests[1], guests[0], 1)):
        address = f"10.1.{number}.{side}"
        here.run(f"ping -c 2 -W 5 {address}")
        there.run(f"head -c {BLOB_BYTES} /dev/urandom > /tmp/blob")
        here.run(f"wget -q -O /tmp/got http://{address}/tmp/blob")
        sums = [guest.run(f"sha256sum < {path}") for guest, path in
                ((there, "/tmp/blob"), (here, "/tmp/got"))]
        assert sums[0] == sums[1], sums
        size = here.run("stat -c %s /tmp/got").split()[-1]
        assert int(size) == BLOB_BYTES, size


def test_stream():
    cross(0)


def test_dgram():
    cross(1)


def test_socket():
    cross(2)


def test_l2tpv3():
    cross(3)


class Passt:
    """passt at a socket, in the foreground."""

    def __init__(self, path):
        self.path = path
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["passt", "--foreground", "--socket", self.path],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 10
        while not os.path.exists(self.path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise tap.Skip("passt does not run here: " +
                               self.process.stderr.read()[-200:].strip())
            time.sleep(0.02)

    def end(self):
        self.process.kill()
        self.process.communicate()
        if os.path.exists(self.path):
            os.unlink(self.path)


def test_passt():
    """An address from passt, a blob from the host; and again from another one."""
    if not shutil.which("passt"):
        raise tap.Skip("no passt")
    # Of nobody's: passt does not run as root.
    with tempfile.TemporaryDirectory(prefix="passt-") as folder:
        os.chmod(folder, 0o777)
        passt = Passt(os.path.join(folder, "socket"))
        blob = os.urandom(BLOB_BYTES)
        server = boot.BlobServer(blob)
        guest = None
        try:
            guest = guestshell.ShellGuest(
                BINARY, NIC.format("n0"), "stream,id=n0,server=off,"
                f"reconnect-ms=100,addr.type=unix,addr.path={passt.path}")
            for again in (False, True):
                if again:
                    passt.end()
                    passt.start()
                guest.run("for i in 1 2 3 4 5 6 7 8; do udhcpc -i eth0 -n -q"
                          " -t 3 -T 1 -s /tmp/dhcp.sh && break; done")
                gateway = guest.run("route -n | grep ^0.0.0.0").split()[1]
                guest.run(f"wget -q -O /tmp/blob"
                          f" http://{gateway}:{server.port}/blob")
                assert guest.run("sha256sum < /tmp/blob").split()[0] == \
                    server.sha
        finally:
            if guest:
                guest.end()
            passt.end()
            server.close()


if __name__ == "__main__":
    try:
        tap.run([test_stream, test_dgram, test_socket, test_l2tpv3,
                 test_passt])
    finally:
        for pair in PAIR:
            pair.end()
