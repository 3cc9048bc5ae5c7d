#!/usr/bin/env python3
"""What libvirt 9 says to an emulator: its probe, and the start of a q35 guest.

Command lines and commands are those that it sends.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

import tap

BINARY = os.path.abspath(sys.argv[1])
ASKED = ["virtio-blk-pci", "scsi-hd", "ide-hd", "PIIX4_PM", "kvm-pit",
         "ICH9-LPC", "virtio-balloon-pci", "virtio-balloon-ccw",
         "virtio-balloon-device", "usb-host"]
INSISTED = ["tcg-accel", "isa-serial", "pcie-root-port", "secret",
            "virtio-net-pci-transitional", "virtio-net-pci-non-transitional",
            "rng-random", "virtio-rng-pci", "memory-backend-ram",
            "memory-backend-file", "memory-backend-memfd"]


class Qmp:
    """A monitor, with the rules of the wire."""

    def __init__(self, sock):
        self.sock = sock
        self.sock.settimeout(20)
        self.file = sock.makefile("rb")
        self.events = []
        assert "QMP" in self.line()
        assert self.run("qmp_capabilities") == {}

    def line(self):
        text = self.file.readline()
        assert text.endswith(b"\r\n"), text
        return json.loads(text)

    def answer(self, command, args):
        ident = f"libvirt-{len(self.events)}"
        data = json.dumps({"execute": command, "arguments": args,
                           "id": ident}).encode() + b"\r\n"
        self.sock.sendall(data)
        while True:
            got = self.line()
            if "event" not in got:
                assert got["id"] == ident, got
                return got
            self.events.append(got["event"])

    def run(self, command, **args):
        got = self.answer(command, args)
        assert "return" in got, (command, got)
        return got["return"]

    def event(self, name, seconds=10):
        self.sock.settimeout(seconds)
        while name not in self.events:
            got = self.line()
            self.events.append(got["event"])


def connect(path):
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(path)
    return Qmp(sock)


def names(answer):
    return [entry["name"] for entry in answer]


def test_probe():
    with tempfile.TemporaryDirectory() as folder:
        path, pid = folder + "/qmp.monitor", folder + "/qmp.pid"
        done = subprocess.run(
            [BINARY, "-S", "-no-user-config", "-nodefaults", "-nographic",
             "-machine", "none,accel=kvm:tcg", "-qmp",
             f"unix:{path},server=on,wait=off", "-pidfile", pid,
             "-daemonize"], timeout=20, check=False, capture_output=True)
        assert done.returncode == 0, done.stderr
        assert os.path.exists(path) and os.path.exists(pid)
        q = connect(path)
        version = q.run("query-version")
        assert (version["qemu"]["major"], version["qemu"]["minor"]) >= (4, 2)
        assert isinstance(version["package"], str)
        assert q.run("query-target") == {"arch": "x86_64"}
        schema = q.run("query-qmp-schema")
        assert isinstance(schema, list) and schema
        for entry in ("json-cli-hotplug", '"dgram"', '"secret"'):
            assert entry in json.dumps(schema), entry
        assert "query-kvm" in names(q.run("query-commands"))
        assert set(q.run("query-kvm")) == {"enabled", "present"}
        types = names(q.run("qom-list-types"))
        for name in INSISTED:
            assert name in types, name
        for name in ASKED:
            got = q.answer("device-list-properties", {"typename": name})
            assert ("return" in got if name in types else
                    got["error"]["class"] == "DeviceNotFound"), (name, got)
        for name in ("memory-backend-file", "none-machine",
                     "memory-backend-memfd", "max-x86_64-cpu"):
            assert "type" in names(q.run("qom-list-properties",
                                         typename=name)), name
        machines = {m["name"]: m for m in q.run("query-machines")}
        assert machines["pc-q35-7.2"]["alias"] == "q35"
        assert machines["pc-i440fx-7.2"]["alias"] == "pc"
        q.run("query-cpu-definitions")
        options = {o["option"]: names(o["parameters"]) for o in
                   q.run("query-command-line-options")}
        assert "sandbox" in options and "machine" in options, options
        q.run("query-migrate-capabilities")
        q.run("quit")
        for _ in range(500):
            if not os.listdir(folder):
                return
            time.sleep(0.02)
        raise AssertionError(os.listdir(folder))


def text(**members):
    """JSON for an option; qom_type stands for qom-type."""
    return json.dumps({k.replace("qom_type", "qom-type"): v
                       for k, v in members.items()})


def start_line(folder, monitor_fd, log_fd, socket_fd):
    key = folder + "/master-key.aes"
    with open(key, "wb") as f:
        f.write(os.urandom(32))
    return [
        BINARY, "-name", "guest=q1,debug-threads=on", "-S",
        "-object", text(qom_type="secret", id="masterKey0", format="raw",
                        file=key),
        "-machine", "pc-q35-7.2,usb=off,smm=off,dump-guest-core=off,"
        "memory-backend=pc.ram,hpet=off,acpi=on", "-accel", "tcg",
        "-cpu", "qemu64", "-m", "512",
        "-object", text(qom_type="memory-backend-ram", id="pc.ram",
                        size=536870912),
        "-overcommit", "mem-lock=off",
        "-smp", "2,sockets=2,cores=1,threads=1",
        "-uuid", "6d0f2a3e-6c3b-4a3f-9a52-0b2ad2b2b4b1", "-display", "none",
        "-no-user-config", "-nodefaults",
        "-chardev", f"socket,id=charmonitor,fd={monitor_fd},server=on,wait=off",
        "-mon", "chardev=charmonitor,id=monitor,mode=control",
        "-rtc", "base=utc", "-no-shutdown", "-boot", "strict=on",
        "-device", text(driver="pcie-root-port", port=8, chassis=1,
                        id="pci.1", bus="pcie.0", multifunction=True,
                        addr="0x1"),
        "-device", text(driver="pcie-root-port", port=9, chassis=2,
                        id="pci.2", bus="pcie.0", addr="0x1.0x1"),
        "-netdev", text(type="user", id="hostnet0"),
        "-netdev", text(type="stream", id="hostnet1", addr={
            "type": "fd", "str": str(socket_fd)}),
        "-device", text(driver="virtio-net-pci", netdev="hostnet0", id="net0",
                        mac="52:54:00:aa:bb:cc", bus="pci.1", addr="0x0",
                        romfile="", bootindex=1),
        "-add-fd", f"set=0,fd={log_fd},opaque=serial0-log",
        "-chardev", "file,id=charserial0,path=/dev/fdset/0,append=on",
        "-device", text(driver="isa-serial", chardev="charserial0",
                        id="serial0", index=0),
        "-chardev", "pty,id=charserial1",
        "-device", text(driver="isa-serial", chardev="charserial1",
                        id="serial1", index=1),
        "-audiodev", text(id="audio1", driver="none"),
        "-device", text(driver="virtio-balloon-pci", id="balloon0",
                        bus="pcie.0", addr="0x5"),
        "-object", text(qom_type="rng-random", id="objrng0",
                        filename="/dev/urandom"),
        "-device", text(driver="virtio-rng-pci", rng="objrng0", id="rng0",
                        bus="pcie.0", addr="0x6"),
        "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,"
        "resourcecontrol=deny", "-msg", "timestamp=on"]


def guest_starts(q):
    q.run("migrate-set-capabilities",
          capabilities=[{"capability": "events", "state": True}])
    chardevs = {c["label"]: c["filename"] for c in q.run("query-chardev")}
    assert chardevs["charserial1"].startswith("pty:/dev/pts/"), chardevs
    assert len(q.run("query-hotpluggable-cpus")) == 2
    cpus = q.run("query-cpus-fast")
    assert all(c["thread-id"] > 0 for c in cpus), cpus
    q.run("qom-list", path=cpus[0]["qom-path"])
    q.run("query-iothreads")
    q.run("set_link", name="net0", up=True)
    q.run("balloon", value=536870912)
    q.run("query-balloon")
    q.run("query-named-block-nodes")
    q.run("set-action", panic="shutdown", reboot="reset")
    entries = q.run("qom-list", path="/machine/peripheral")
    kinds = {e["name"]: e["type"] for e in entries}
    assert kinds["net0"] == "child<virtio-net-pci>", kinds
    q.run("query-block")
    q.run("cont")
    q.event("RESUME", 3)
    assert q.run("query-status")["status"] == "running"


def test_start():
    with tempfile.TemporaryDirectory() as folder:
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(folder + "/monitor.sock")
        listener.listen(1)
        pair = socket.socketpair()
        with open(folder + "/log", "wb") as log:
            fds = [listener.fileno(), log.fileno(), pair[0].fileno()]
            proc = subprocess.Popen(start_line(folder, *fds), pass_fds=fds,
                                    stdout=subprocess.DEVNULL,
                                    stderr=subprocess.PIPE)
        listener.close()
        try:
            q = connect(folder + "/monitor.sock")
            guest_starts(q)
            # a card is plugged as "virsh attach-interface" does it
            q.run("netdev_add", type="user", id="hostnet2")
            q.run("device_add", driver="virtio-net-pci", netdev="hostnet2",
                  id="net2", mac="52:54:00:00:00:09", bus="pci.2",
                  addr="0x0")
            q.run("stop")
            q.event("STOP")
            q.run("system_reset")
            proc.terminate()
            q.event("SHUTDOWN")
            assert proc.wait(10) == 0
            said = proc.stderr.read().decode()
            assert "error" not in said.lower(), said
        finally:
            proc.kill()
            proc.wait()


tap.run([test_probe, test_start])
