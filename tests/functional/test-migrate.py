#!/usr/bin/env python3
"""A Linux guest is saved in the middle of a transfer, its process ended, and
restored in a new one; the transfer ends with the right sums.

The network outlives the guest's process: another emulator without a guest joins
the user network to a datagram socket, and the guest's processes come and go at
the other end of it. Several queues need a tap interface, whose other end is the
host's kernel.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import hashlib
import json
import os
import re
import socket
import subprocess
import tempfile
import time

import boot
import guestlib
import netns
import qmpschema
import tap

parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
parser.add_argument("binary")
parser.add_argument("--rounds", type=int, default=1,
                    help="how often each device is tried")
parser.add_argument("--only", help="one device: the end of its test's name")
parser.add_argument("--all", action="store_true",
                    help="devices too that the suite leaves out")
parser.add_argument("--saves", type=int, default=2,
                    help="how often the guest is saved in one run")
parser.add_argument("--hang-seconds", type=float, default=200,
                    help="when a guest is taken for stuck")
parser.add_argument("--verbose", action="store_true")
OPTIONS = parser.parse_args()

# Slow enough that the guest is in the middle of it for a while.
BLOB_BYTES = 16 << 20


class Process:
    """An emulator with a QMP connection; what the guest prints is in a file."""

    def __init__(self, folder, name, *args):
        self.path = os.path.join(folder, name + ".qmp")
        self.console = os.path.join(folder, "console")
        self.log = open(os.path.join(folder, name + ".log"), "w+b")
        self.process = subprocess.Popen(
            [OPTIONS.binary, "-display", "none", "-nodefaults", "-qmp",
             f"unix:{self.path},server=on,wait=off", *args],
            stdin=subprocess.DEVNULL, stderr=self.log)
        deadline = time.monotonic() + 30
        self.sock = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.sock.connect(self.path)
                break
            except OSError:
                assert time.monotonic() < deadline and \
                    self.process.poll() is None, self.errors()
                time.sleep(0.01)
        self.sock.settimeout(60)
        self.file = self.sock.makefile("r")
        self.file.readline()
        self.schema = None
        self.qmp("qmp_capabilities")
        self.schema = qmpschema.Schema(self.qmp("query-qmp-schema"))

    def errors(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def qmp(self, command, **arguments):
        self.sock.sendall(json.dumps({"execute": command,
                                      "arguments": arguments}).encode() +
                          b"\n")
        while True:
            line = self.file.readline()
            assert line, f"{command}: the emulator is gone: {self.errors()}"
            answer = json.loads(line)
            if self.schema:
                self.schema.check(command, answer)
            if "event" not in answer:
                assert "return" in answer, answer
                return answer["return"]

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(30)
        self.sock.close()
        self.log.close()
        return status

    def wait_for_migration(self):
        deadline = time.monotonic() + 60
        while True:
            info = self.qmp("query-migrate")
            if info.get("status") == "completed":
                return info
            assert info.get("status") not in ("failed", "cancelled"), info
            assert time.monotonic() < deadline, info
            time.sleep(0.01)


class Hub(Process):
    """Serves the user network to whoever is at the other end of the socket."""

    def __init__(self, folder):
        super().__init__(
            folder, "hub", "-machine", "none",
            "-netdev", "user,id=u0",
            "-netdev", "hubport,id=h0,hubid=0,netdev=u0",
            "-netdev", f"dgram,id=d0,local.type=unix,local.path={folder}/hub.sock,"
            f"remote.type=unix,remote.path={folder}/guest.sock",
            "-netdev", "hubport,id=h1,hubid=0,netdev=d0")


class Guest:
    """A guest whose process can be replaced."""

    def __init__(self, folder, args, server, netdev, device):
        self.folder = folder
        self.count = 0
        append = (f"console=ttyS0 panic=-1 {boot.LEAN}"
                  f" url=http://10.0.2.2:{server.port} sha={server.sha}")
        if args.address:
            append += f" addr={args.address}"
        self.args = [
            "-m", str(args.memory), "-kernel", args.kernel, "-initrd",
            args.initrd, "-append", append,
            "-chardev", f"file,id=c0,path={folder}/console,append=on",
            "-serial", "chardev:c0",
            "-netdev", netdev or
            f"dgram,id=n0,local.type=unix,local.path={folder}/guest.sock,"
            f"remote.type=unix,remote.path={folder}/hub.sock", *device]
        open(f"{folder}/console", "w").close()
        self.process = self.start()

    def start(self, *more):
        self.count += 1
        return Process(self.folder, f"guest{self.count}", *self.args, *more)

    def text(self):
        with open(f"{self.folder}/console", "rb") as f:
            return f.read().decode(errors="replace")

    def wait_for(self, word):
        deadline = time.monotonic() + OPTIONS.hang_seconds
        while f"@@ {word}" not in self.text():
            text = self.text()
            assert "@@ fail" not in text, text[-2000:]
            assert self.process.process.poll() is None, \
                f"the emulator ended before '{word}': " + \
                self.process.errors() + text[-2000:]
            assert time.monotonic() < deadline, f"no '{word}': " + text[-2000:]
            time.sleep(0.02)

    def save_and_restore(self):
        state = os.path.join(self.folder, "state")
        self.process.qmp("migrate", uri=f"file:{state}")
        info = self.process.wait_for_migration()
        assert self.process.end() == 0
        self.process = self.start("-incoming", "defer")
        self.process.qmp("migrate-incoming", uri=f"file:{state}")
        self.process.wait_for_migration()
        status = self.process.qmp("query-status")
        assert status["status"] == "running", status
        return info


def prepared(package=None, modules=(), **more):
    args = boot.parser().parse_args(
        ["--binary", OPTIONS.binary] +
        (["--package", package] if package else []))
    if modules:
        args.modules = list(modules) + guestlib.NET_MODULES
    for name, value in more.items():
        setattr(args, name, value)
    try:
        boot.prepare(args, lambda text: print("#", text, flush=True))
    except guestlib.GuestError as e:
        raise tap.Skip(str(e)) from e
    return args


def transfer(args, device, netdev=None, host="127.0.0.1"):
    server = boot.BlobServer(os.urandom(BLOB_BYTES), host)
    status = 0
    with tempfile.TemporaryDirectory(prefix="migrate-") as folder:
        hub = None if netdev else Hub(folder)
        guest = Guest(folder, args, server, netdev, device)
        try:
            for word in ("fetch-start", "send-start"):
                guest.wait_for(word)
                for n in range(OPTIONS.saves):
                    time.sleep(0.05 + 0.1 * n)
                    info = guest.save_and_restore()
                    if OPTIONS.verbose:
                        print(f"# saved after {word}: "
                              f"{info['ram']['transferred'] >> 10} KiB, "
                              f"{info['total-time']} ms", flush=True)
            guest.wait_for("sent-right")
            guest.wait_for("done")
        finally:
            guest.process.process.kill()
            guest.process.end()
            if hub:
                status = hub.end()
        text = guest.text()
    server.close()
    assert status == 0, status
    assert server.received == [server.sha], "another sum at the host"
    order = [m for m in re.findall(r"@@ (\S+)", text)]
    assert order.index("fetched-right") < order.index("sent-right"), order


def over_socket(*device, **how):
    return lambda: transfer(prepared(**how), device)


def over_tap(pairs, *device):
    """As many queue pairs; the host's kernel is the other side."""
    queues = f",queues={pairs}" if pairs > 1 else ""

    def inside():
        netns.make_tap("tap0", pairs)
        transfer(prepared(address=netns.GUEST), device, "tap,id=n0,ifname=tap0,"
                 f"script=no,downscript=no{queues}", netns.HOST)
    return lambda: netns.in_own_network(inside)


NIC = "virtio-net-pci,netdev=n0"
DEVICES = {
    "split": over_socket("-device", NIC),
    "packed-q35": over_socket(
        "-machine", "q35", "-smp", "2",
        "-device", "pcie-root-port,id=rp,slot=1",
        "-device", NIC + ",bus=rp,packed=on"),
    "pairs": over_tap(2, "-smp", "2", "-device", NIC + ",mq=on,vectors=6"),
    "rtl8139": over_socket("-device", "rtl8139,netdev=n0",
                           package="linux-image-amd64", modules=["8139cp"]),
}
MORE_DEVICES = {
    "packed": over_socket("-device", NIC + ",packed=on"),
    "q35": over_socket("-machine", "q35", "-device", NIC),
    "legacy": over_socket("-device", NIC + ",disable-modern=on"),
    "smp": over_socket("-smp", "2", "-device", NIC),
    "thread": over_socket("-object", "iothread,id=io0",
                          "-device", NIC + ",iothread=io0"),
    "in-order": over_socket("-device", NIC + ",in_order=on"),
    "tap": over_tap(1, "-device", NIC),
    "pairs-packed-thread": over_tap(
        2, "-smp", "2", "-object", "iothread,id=io0",
        "-device", NIC + ",mq=on,packed=on,vectors=6,iothread=io0"),
}


def case(name, run):
    def test():
        for n in range(OPTIONS.rounds):
            run()
            if OPTIONS.rounds > 1:
                print(f"# {name}: round {n + 1} of {OPTIONS.rounds}",
                      flush=True)
    test.__name__ = f"test_transfer_goes_on_{name}"
    return test


chosen = DEVICES
if OPTIONS.all or OPTIONS.only:
    chosen = DEVICES | MORE_DEVICES
tap.run([case(name, run) for name, run in chosen.items()
         if not OPTIONS.only or OPTIONS.only == name])
