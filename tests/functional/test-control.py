#!/usr/bin/env python3
"""Monitors, terminals and start-up as management software and people use them.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import pwd
import pty
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import qmpschema
import tap

BINARY = os.path.abspath(sys.argv[1])
NONE = ["-M", "none", "-accel", "qtest", "-display", "none", "-nodefaults"]


class Qmp:
    """One control connection."""

    def __init__(self, path, oob=False):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        for _ in range(100):
            try:
                self.sock.connect(path)
                break
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.02)
        self.file = self.sock.makefile("rb")
        self.events = []
        self.schema = None
        greeting = self.line()
        assert greeting["QMP"]["version"]["qemu"]["major"] == 7, greeting
        enable = {"enable": ["oob"]} if oob else {}
        assert self.run("qmp_capabilities", **enable) == {}
        self.schema = qmpschema.Schema(self.run("query-qmp-schema"))

    def line(self):
        text = self.file.readline()
        assert text.endswith(b"\r\n"), text
        return json.loads(text)

    def send(self, name, ident=None, oob=False, fds=(), **args):
        request = {"exec-oob" if oob else "execute": name, "arguments": args}
        if ident is not None:
            request["id"] = ident
        data = json.dumps(request).encode()
        if fds:
            socket.send_fds(self.sock, [data], list(fds))
        else:
            self.sock.sendall(data)

    def answer(self):
        while True:
            got = self.line()
            if "event" not in got:
                return got
            if self.schema:
                self.schema.check(None, got)
            self.events.append(got)

    def run(self, name, **kw):
        self.send(name, **kw)
        got = self.answer()
        assert "return" in got, got
        if self.schema:
            self.schema.check(name, got)
        return got["return"]

    def error(self, name, **kw):
        self.send(name, **kw)
        got = self.answer()
        return got["error"]["desc"]

    def event(self, name):
        while not any(e["event"] == name for e in self.events):
            self.events.append(self.line())
        return [e for e in self.events if e["event"] == name][0]

    def close(self):
        self.file.close()
        self.sock.close()


class Emulator:
    """A running one, with a folder of its own that must be empty at the end."""

    def __init__(self, *args, monitors=1):
        self.dir = tempfile.mkdtemp()
        self.args = [BINARY, *args]
        for i in range(monitors):
            self.args += ["-qmp", f"unix:{self.path(i)},server=on,wait=off"]
        self.proc = subprocess.Popen(self.args, stderr=subprocess.PIPE)

    def path(self, name):
        return os.path.join(self.dir, str(name))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind:
            self.proc.kill()
        status = self.proc.wait(10)
        left = os.listdir(self.dir)
        shutil.rmtree(self.dir)
        self.proc.stderr.close()
        if not kind:
            assert status == 0, status
            assert left == [], left


def test_out_of_band_while_the_main_loop_is_busy():
    with Emulator(*NONE, monitors=2) as e:
        a, b = Qmp(e.path(0), oob=True), Qmp(e.path(1))
        addr = {"type": "unix", "data": {"path": e.path("wait")}}
        a.send("chardev-add", ident="slow", id="c",
               backend={"type": "socket", "data": {"addr": addr, "server":
                                                   True, "wait": True}})
        a.send("query-name", ident="later")
        while not os.path.exists(e.path("wait")):
            time.sleep(0.01)
        a.send("query-status", ident="now", oob=True)
        assert a.answer()["id"] == "now"
        a.send("query-name", ident="refused", oob=True)
        assert a.answer()["error"]["desc"].endswith("does not support OOB")
        other = socket.socket(socket.AF_UNIX)
        other.connect(e.path("wait"))
        assert [a.answer()["id"], a.answer()["id"]] == ["slow", "later"]
        other.close()
        a.run("chardev-remove", id="c")
        assert "exec-oob" in b.error("query-status", oob=True)
        b.run("quit")
        assert a.event("SHUTDOWN")["data"]["reason"] == "host-qmp-quit"


def test_many_requests_at_once_are_answered_in_order():
    with Emulator(*NONE) as e:
        for oob in (False, True):
            q = Qmp(e.path(0), oob)
            for i in range(100):
                q.send("query-uuid", ident=i)
            assert [q.answer()["id"] for _ in range(100)] == list(range(100))
            q.close()
        Qmp(e.path(0)).run("quit")


def test_descriptors_come_by_the_socket():
    with Emulator(*NONE) as e, tempfile.TemporaryFile() as f:
        q = Qmp(e.path(0))
        assert "No file descriptor" in q.error("getfd", fdname="x")
        q.run("getfd", fdname="x", fds=[f.fileno()])
        q.run("closefd", fdname="x")
        assert "not found" in q.error("closefd", fdname="x")
        number = q.run("add-fd", fds=[f.fileno()], opaque="mine")["fdset-id"]
        assert q.run("query-fdsets")[0]["fds"][0]["opaque"] == "mine"
        q.run("remove-fd", **{"fdset-id": number})
        assert q.run("query-fdsets") == []
        q.run("quit")


def test_background_probe_of_management_software():
    with tempfile.TemporaryDirectory() as folder:
        path, pid = folder + "/qmp", folder + "/pid"
        done = subprocess.run(
            [BINARY, "-S", "-no-user-config", "-nodefaults", "-nographic",
             "-machine", "none,accel=kvm:tcg", "-qmp",
             f"unix:{path},server=on,wait=off", "-pidfile", pid,
             "-daemonize"], timeout=10, check=False)
        assert done.returncode == 0
        assert os.path.exists(path)
        with open(pid) as f:
            number = int(f.read())
        os.kill(number, 0)
        q = Qmp(path)
        assert q.run("query-target") == {"arch": "x86_64"}
        names = [c["name"] for c in q.run("query-commands")]
        assert "qom-list-types" in names
        q.run("quit")
        for _ in range(200):
            if os.listdir(folder) == []:
                return
            time.sleep(0.02)
        raise AssertionError(os.listdir(folder))


def test_background_reports_errors():
    done = subprocess.run([BINARY, *NONE, "-daemonize", "-chardev",
                           "file,id=c,path=/nosuch/folder/file"],
                          capture_output=True, text=True, timeout=10,
                          check=False)
    assert done.returncode == 1
    assert "/nosuch/folder/file" in done.stderr, done.stderr


def test_sigterm_ends_with_zero():
    with Emulator(*NONE) as e:
        q = Qmp(e.path(0))
        e.proc.terminate()
        data = q.event("SHUTDOWN")["data"]
        assert data == {"guest": False, "reason": "host-signal"}, data


class Terminal:
    """A terminal with the emulator on it."""

    def __init__(self, *args):
        self.fd, theirs = pty.openpty()
        self.proc = subprocess.Popen([BINARY, *args], stdin=theirs,
                                     stdout=theirs, stderr=theirs)
        os.close(theirs)

    def expect(self, text, keys=b""):
        os.write(self.fd, keys)
        seen = b""
        while text not in seen:
            ready, _, _ = select.select([self.fd], [], [], 10)
            assert ready, (text, seen)
            seen += os.read(self.fd, 4096)
        return seen


def test_terminal_keys():
    t = Terminal("-M", "none", "-accel", "qtest", "-nographic", "-serial",
                 "mon:stdio")
    t.expect(b"C-a x", b"\x01h")
    t.expect(b"(qemu) ", b"\x01c")
    t.expect(b"7.2.0 (", b"info ver\t\r")
    t.expect(b"VM status: running", b"info zz\x17status\r")
    t.expect(b"7.2.0 (", b"\x1b[A\x1b[A\r")
    t.expect(b"unknown command: 'foo'", b"foo\r")
    t.expect(b"Terminated", b"\x01x")
    assert t.proc.wait(10) == 0
    os.close(t.fd)


def test_config_file_and_set():
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as f:
        f.write('[machine]\n  type = "pc"\n  accel = "qtest"\n'
                '[memory]\n  size = "64"\n'
                '[device "n0"]\n  driver = "virtio-net-pci"\n'
                '  netdev = "h"\n'
                '[netdev "h"]\n  type = "hubport"\n  hubid = "0"\n')
        f.flush()
        with Emulator("-readconfig", f.name, "-set",
                      "device.n0.mac=52:54:00:00:00:99", "-nodefaults",
                      "-display", "none") as e:
            q = Qmp(e.path(0))
            mac = q.run("qom-get", path="n0", property="mac")
            assert mac == "52:54:00:00:00:99", mac
            size = q.run("query-memory-size-summary")["base-memory"]
            assert size == 64 << 20, size
            q.run("quit")


def status_of(pid, field):
    """A field of /proc/PID/status, of each thread."""
    values = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/status") as f:
            values += [line.split(":", 1)[1].split() for line in f
                       if line.startswith(field + ":")]
    return values


def test_sandbox():
    """All threads are in it, and what is left is enough to go on."""
    wishes = ",".join(f"{name}=deny" for name in (
        "obsolete", "elevateprivileges", "spawn", "resourcecontrol"))
    with Emulator(*NONE, "-sandbox", "on," + wishes) as e:
        q = Qmp(e.path(0))
        q.run("object-add", **{"qom-type": "iothread", "id": "t0"})
        modes = status_of(e.proc.pid, "Seccomp")
        assert len(modes) > 1 and all(m == ["2"] for m in modes), modes
        q.run("netdev_add", type="user", id="u0")
        q.run("chardev-add", id="c", backend={
            "type": "file", "data": {"out": e.path("text")}})
        q.run("chardev-remove", id="c")
        os.remove(e.path("text"))
        why = q.error("netdev_add", type="tap", id="n0", ifname="nosuch0",
                      script="/bin/true")
        assert why, why
        q.run("netdev_del", id="u0")
        q.run("quit")


def test_another_user():
    if os.geteuid() != 0:
        raise tap.Skip("only root can become somebody else")
    nobody = pwd.getpwnam("nobody")
    for user in ("nobody", f"{nobody.pw_uid}:{nobody.pw_gid}"):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "qmp")
            proc = subprocess.Popen([BINARY, *NONE, "-runas", user, "-qmp",
                                     f"unix:{path},server=on,wait=off"])
            while not os.path.exists(path):
                time.sleep(0.01)
            q = Qmp(path)
            for ids, number in (("Uid", nobody.pw_uid),
                                ("Gid", nobody.pw_gid)):
                for values in status_of(proc.pid, ids):
                    assert values == [str(number)] * 4, (ids, values)
            q.run("quit")
            assert proc.wait(10) == 0


tap.run([test_out_of_band_while_the_main_loop_is_busy,
         test_many_requests_at_once_are_answered_in_order,
         test_descriptors_come_by_the_socket,
         test_background_probe_of_management_software,
         test_background_reports_errors, test_sigterm_ends_with_zero,
         test_terminal_keys, test_config_file_and_set, test_sandbox,
         test_another_user])
