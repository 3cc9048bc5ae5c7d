#!/usr/bin/env python3
"""Boot a Linux guest on the emulator and let it use the network: `make boot`.

Shows how far the guest is, checks every step, and ends with a table. The exit
status is 0 only if every step held.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import hashlib
import http.server
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guestlib  # noqa: E402
import qmpschema  # noqa: E402

BLOB_BYTES = 16 << 20
STEPS = ["init", "address", "ping", "fetched-right", "sent-right", "interrupts",
         "pci", "done"]
LEAN = ("quiet init_on_alloc=0 mitigations=off tsc=reliable cryptomgr.notests"
        " audit=0 lpj=4000000 no_timer_check nokaslr")


class BlobServer:
    """An HTTP server that gives and takes one blob.

    It listens on @host, and is known to the guest as 10.0.2.2. Port 0: any.
    """

    def __init__(self, blob, host="127.0.0.1", port=0):
        self.sha = hashlib.sha256(blob).hexdigest()
        self.received = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(blob)))
                self.end_headers()
                self.wfile.write(blob)

            def do_POST(self):
                left = int(self.headers["Content-Length"])
                digest = hashlib.sha256()
                while left:
                    part = self.rfile.read(min(left, 1 << 16))
                    if not part:
                        break
                    digest.update(part)
                    left -= len(part)
                outer.received.append(digest.hexdigest())
                answer = digest.hexdigest().encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer((host, port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Qmp:
    """Commands that have no answer of interest but success, and events."""

    def __init__(self, path):
        self.events = []
        self.sock = socket.socket(socket.AF_UNIX)
        self.connect(path)
        self.file = self.sock.makefile("r")
        self.file.readline()
        self.schema = None
        self.run("qmp_capabilities")
        self.schema = qmpschema.Schema(self.run("query-qmp-schema"))

    def connect(self, path):
        """Between bind and listen the socket's name is there and refuses."""
        deadline = time.monotonic() + 5
        while True:
            try:
                return self.sock.connect(path)
            except ConnectionRefusedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def run(self, command, **arguments):
        self.sock.sendall(json.dumps({"execute": command,
                                      "arguments": arguments}).encode() +
                          b"\n")
        while True:
            answer = json.loads(self.file.readline())
            if self.schema:
                self.schema.check(command, answer)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                return None
            self.events.append(answer)

    def event(self, name, device, timeout=60):
        """Wait for the event of that name of a device."""
        until = time.monotonic() + timeout
        while True:
            for answer in self.events:
                if (answer["event"] == name and
                        answer["data"].get("device") == device):
                    self.events.remove(answer)
                    return
            assert time.monotonic() < until, (name, self.events)
            self.sock.settimeout(timeout)
            try:
                self.events.append(json.loads(self.file.readline()))
            finally:
                self.sock.settimeout(None)


def memory_beside_ram(pid, ram_bytes):
    """Proportional size in MiB of everything but the mapping of guest RAM."""
    total = skip = 0
    with open(f"/proc/{pid}/smaps") as f:
        for line in f:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) ", line)
            if head:
                size = int(head.group(2), 16) - int(head.group(1), 16)
                skip = size >= ram_bytes // 2
            elif line.startswith("Pss:") and not skip:
                total += int(line.split()[1])
    return total / 1024


class Boot:
    """One run of the emulator with the guest inside."""

    def __init__(self, args, server, quiet=False):
        self.args = args
        self.server = server
        self.quiet = quiet
        self.at = {}
        self.failed = None
        self.log = []
        self.figures = {}

    def say(self, text):
        if not self.quiet:
            print(text, flush=True)

    def command(self, qmp_path):
        a = self.args
        append = f"console=ttyS0 panic=-1 {a.append or LEAN}"
        if self.server:
            append += (f" url=http://10.0.2.2:{self.server.port}"
                       f" sha={self.server.sha}")
        if a.task:
            append += f" task={a.task}"
        if a.address:
            append += f" addr={a.address}"
        if a.also:
            append += f" also=http://{a.also}:{self.server.port}"
        line = [a.binary, "-m", str(a.memory), "-nographic",
                "-kernel", a.kernel, "-initrd", a.initrd, "-append", append,
                "-netdev", a.netdev, *getattr(a, "before", []),
                "-device", a.device]
        if qmp_path:
            line += ["-qmp", f"unix:{qmp_path},server=on,wait=off"]
        return line + a.extra

    def mark(self, word, rest, start):
        self.at.setdefault(word, time.monotonic() - start)
        if word == "fail":
            self.failed = rest
        if word in STEPS or word == "fail":
            self.say(f"  {self.at[word]:7.2f} s  {word} {rest}")

    def measure(self, process, qmp_path):
        ram = self.args.memory << 20
        self.figures["memory"] = memory_beside_ram(process.pid, ram)
        try:
            qmp = Qmp(qmp_path)
        except OSError:
            return
        for path in ("/machine/unattached/device[0]",):
            value = qmp.run("qom-get", path=path, property="x-instructions")
            if value is not None:
                self.figures["instructions"] = value

    def run(self):
        with tempfile.TemporaryDirectory(prefix="boot-") as folder:
            qmp_path = os.path.join(folder, "qmp")
            command = self.command(qmp_path if self.args.measure else None)
            if self.args.verbose:
                self.say("  " + " ".join(command))
            start = time.monotonic()
            process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT)
            timer = threading.Timer(self.args.timeout, process.kill)
            timer.start()
            try:
                self.follow(process, start, qmp_path)
                self.status = process.wait()
            finally:
                timer.cancel()
                if process.poll() is None:
                    process.kill()
                    process.wait()
            self.at["end"] = time.monotonic() - start

    def follow(self, process, start, qmp_path):
        for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self.log.append(line)
            if self.args.verbose:
                self.say("    | " + line)
            found = re.match(r".*@@ (\S+) ?(.*)", line)
            if not found:
                continue
            self.mark(found.group(1), found.group(2), start)
            if found.group(1) == "done":
                if self.args.measure:
                    self.measure(process, qmp_path)
                process.stdin.write(b"go\n")
                process.stdin.flush()

    def missing(self):
        return [s for s in STEPS if s not in self.at]

    def verdict(self):
        """None if every step held, else what did not."""
        if self.failed is not None:
            return f"the guest says: fail {self.failed}"
        if self.missing():
            return "the guest did not get to: " + ", ".join(self.missing())
        if self.status != 0:
            return f"the emulator ended with status {self.status}"
        times = 2 if self.args.also else 1
        if self.server.received != [self.server.sha] * times:
            return "the host did not receive what it had sent"
        return None

    def word(self, word):
        """What the guest printed on the line of a mark."""
        for line in self.log:
            if line.startswith(f"@@ {word} "):
                return line.split(" ", 2)[2]
        return None

    def section(self, word):
        """The lines that the guest printed behind a mark."""
        lines, inside = [], False
        for line in self.log:
            if line.startswith("@@ "):
                inside = line.startswith(f"@@ {word}")
            elif inside:
                lines.append(line)
        return lines


def table(boot):
    at, mib = boot.at, BLOB_BYTES / (1 << 20)
    rows = [("to /init", f"{at['init']:.2f} s"),
            ("to the first ping", f"{at['ping']:.2f} s"),
            ("fetch 16 MiB",
             f"{mib / (at['fetch-end'] - at['fetch-start']):.1f} MiB/s"),
            ("send 16 MiB",
             f"{mib / (at['send-end'] - at['send-start']):.1f} MiB/s")]
    count = boot.figures.get("instructions")
    if count:
        rows.append(("guest instructions",
                     f"{count / 1e9:.2f} G, {count / at['done'] / 1e6:.0f} M/s"))
    if "memory" in boot.figures:
        rows.append(("memory beside guest RAM",
                     f"{boot.figures['memory']:.1f} MiB"))
    rows.append(("to power-off", f"{at['end']:.2f} s"))
    width = max(len(r[0]) for r in rows)
    print("\n".join(f"  {name:<{width}}  {value:>16}" for name, value in rows))


def prepare(args, say=print):
    """Fill in kernel and initrd where the user gave none."""
    if not args.kernel or not args.initrd:
        init = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                            "guest-init.sh")
        helper = os.path.join(os.path.dirname(args.binary), guestlib.HELPER)
        folder = guestlib.fetch_kernel(args.package, say=say)
        args.kernel = args.kernel or guestlib.kernel_image(folder)
        args.initrd = args.initrd or guestlib.make_initrd(
            folder, init, modules=args.modules, programs=[helper], say=say)


def parser():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--binary", default=os.path.join(
        guestlib.TOP, "build/qemu-system-x86_64"))
    p.add_argument("--kernel", default=os.environ.get("KERNEL"))
    p.add_argument("--initrd", default=os.environ.get("INITRD"))
    p.add_argument("--append", default=os.environ.get("APPEND"))
    p.add_argument("--device", default="virtio-net-pci,netdev=n0")
    p.add_argument("--netdev", default="user,id=n0")
    p.add_argument("--address", help="the guest's, where there is no DHCP")
    p.add_argument("--modules", nargs="*", help="in place of the usual ones")
    p.add_argument("--package", default=guestlib.CLOUD,
                   help="the distribution's, of a kernel")
    p.add_argument("--also", help="10.0.3.2: the same over eth1, to there")
    p.add_argument("--memory", type=int, default=256, help="MiB")
    p.add_argument("--timeout", type=float, default=240, help="seconds")
    p.add_argument("--task", help="what the guest does (see guest-init.sh)")
    p.add_argument("--no-measure", dest="measure", action="store_false")
    p.add_argument("--verbose", "-v", action="store_true")
    p.add_argument("extra", nargs="*", help="more options for the emulator")
    return p


def main():
    args = parser().parse_args()
    try:
        prepare(args)
    except guestlib.GuestError as e:
        sys.exit(f"boot: {e}")
    server = BlobServer(os.urandom(BLOB_BYTES))
    boot = Boot(args, server)
    print(f"booting {os.path.basename(args.kernel)} with {args.memory} MiB")
    boot.run()
    server.close()
    wrong = boot.verdict()
    if wrong:
        print("\n".join("    | " + line for line in boot.log[-40:]))
        sys.exit(f"boot: {wrong}")
    print("interrupts of the network card:")
    for line in boot.section("interrupts"):
        if "virtio" in line or "CPU0" in line:
            print("  " + line)
    print("PCI devices:")
    print("\n".join("  " + line for line in boot.section("pci")))
    print()
    table(boot)


if __name__ == "__main__":
    main()
