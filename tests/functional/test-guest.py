#!/usr/bin/env python3
"""A Linux guest and small firmwares on the software CPU.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import time

import boot
import guestlib
import qmpschema
import tap

BINARY = sys.argv[1]


def make_firmware(code):
    """64 KiB of real-mode firmware: the code, and the jump at the reset vector."""
    image = bytearray(b"\xf4" * 65536)
    image[0:len(code)] = code
    image[0xfff0:0xfff3] = b"\xe9\x0d\x00"          # jmp 0x0000
    return bytes(image)


class Machine:
    """The emulator with a QMP connection."""

    def __init__(self, *args):
        self.folder = tempfile.TemporaryDirectory(prefix="guest-")
        path = os.path.join(self.folder.name, "qmp")
        self.process = subprocess.Popen(
            [BINARY, "-display", "none", "-nodefaults", "-qmp",
             f"unix:{path},server=on,wait=off", *args],
            stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        self.sock = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.sock.connect(path)
                break
            except OSError:
                assert time.monotonic() < deadline and \
                    self.process.poll() is None
                time.sleep(0.01)
        self.sock.settimeout(30)
        self.file = self.sock.makefile("r")
        self.events = []
        self.file.readline()
        self.schema = None
        self.qmp("qmp_capabilities")
        self.schema = qmpschema.Schema(self.qmp("query-qmp-schema"))

    def qmp(self, command, **arguments):
        self.sock.sendall(json.dumps({"execute": command,
                                      "arguments": arguments}).encode() +
                          b"\n")
        while True:
            answer = json.loads(self.file.readline())
            if self.schema:
                self.schema.check(command, answer)
            if "event" in answer:
                self.events.append(answer)
                continue
            assert "return" in answer, answer
            return answer["return"]

    def event(self, name):
        for event in self.events:
            if event["event"] == name:
                self.events.remove(event)
                return event
        while True:
            event = json.loads(self.file.readline())
            self.schema.check(None, event)
            if event.get("event") == name:
                return event

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as f:
            fields = f.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.terminate()
        status = self.process.wait(30)
        self.sock.close()
        self.folder.cleanup()
        assert status == 0, status


def with_firmware(code, *args):
    f = tempfile.NamedTemporaryFile(prefix="firmware-")
    f.write(make_firmware(code))
    f.flush()
    machine = Machine("-m", "16", "-bios", f.name, *args)
    f.close()
    return machine


def test_halted_cpu_costs_nothing():
    machine = with_firmware(b"\xfa\xf4\xeb\xfd")    # cli; hlt; jmp hlt
    time.sleep(0.3)
    before = machine.cpu_seconds()
    time.sleep(2)
    used = machine.cpu_seconds() - before
    machine.end()
    assert used <= 0.04, f"{used} s of 2 s"


def test_triple_fault_resets():
    # lidt cs:[zeros]; int3
    machine = with_firmware(b"\xfa\x2e\x0f\x01\x1e\x20\x00\xcc" + b"\0" * 64,
                            "-no-reboot", "-S")
    machine.qmp("cont")
    event = machine.event("SHUTDOWN")
    assert event["data"]["guest"], event
    assert machine.process.wait(30) == 0


def test_triple_fault_resets_again_and_again():
    machine = with_firmware(b"\xfa\x2e\x0f\x01\x1e\x20\x00\xcc" + b"\0" * 64)
    for _ in range(3):
        assert machine.event("RESET")["data"]["guest"]
    machine.qmp("query-status")
    machine.end()


def test_long_loops_need_no_stack():
    """String instructions, in a block that lies on two pages, 4 M times."""
    loop = b"\x66\xb9\x00\x00\x40\x00" + b"\xac\x67\xe2\xfc"
    end = b"\x2e\x0f\x01\x1e\x00\x80\xcc"    # lidt cs:[zeros]; int3
    code = b"\xfa" + b"\x90" * (0xff5 - 1 + 3) + loop + end
    code += b"\0" * (0x8010 - len(code))
    machine = with_firmware(code, "-no-reboot", "-S")
    machine.qmp("cont")
    assert machine.event("SHUTDOWN")["data"]["guest"]
    assert machine.process.wait(30) == 0


def guest(task=None, **changes):
    args = boot.parser().parse_args(["--binary", BINARY])
    args.task = task
    for name, value in changes.items():
        setattr(args, name, value)
    try:
        boot.prepare(args, lambda text: print('#', text, flush=True))
    except guestlib.GuestError as e:
        raise tap.Skip(str(e)) from e
    return args


def test_linux_moves_16_mib_both_ways():
    server = boot.BlobServer(os.urandom(boot.BLOB_BYTES))
    run = boot.Boot(guest(), server, quiet=True)
    run.run()
    server.close()
    wrong = run.verdict()
    assert wrong is None, "\n".join([wrong] + run.log[-60:])
    assert run.figures["memory"] <= 64, run.figures


def test_idle_linux_uses_under_3_percent():
    args = guest("idle")
    machine = Machine(
        "-m", "256", "-kernel", args.kernel, "-initrd", args.initrd,
        "-append", f"console=ttyS0 {boot.LEAN} task=idle",
        "-netdev", "user,id=n0", "-device", "virtio-net-pci,netdev=n0",
        "-chardev", "ringbuf,id=r,size=65536", "-serial", "chardev:r")
    deadline = time.monotonic() + 120
    text = ""
    while "@@ idle" not in text:
        assert time.monotonic() < deadline, text
        time.sleep(0.2)
        text += machine.qmp("ringbuf-read", device="r", size=65536)
    time.sleep(2)
    before = machine.cpu_seconds()
    time.sleep(5)
    used = (machine.cpu_seconds() - before) / 5
    machine.end()
    assert used < 0.03, f"{100 * used:.1f} % of a core"


tap.run([test_halted_cpu_costs_nothing, test_triple_fault_resets,
         test_triple_fault_resets_again_and_again,
         test_long_loops_need_no_stack,
         test_linux_moves_16_mib_both_ways,
         test_idle_linux_uses_under_3_percent])
