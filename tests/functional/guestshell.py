"""A Linux guest whose shell a test drives by the console.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import queue
import re
import subprocess
import tempfile
import threading

import boot
import guestlib
import netns
import tap


class ShellGuest:
    """256 MiB, one device with a net backend, and a QMP monitor.

    @modules are loaded beside those of virtio-net; @extra are more arguments,
    @before those that stand before the device; @package is the kernel's, if not that for clouds.
    """

    def __init__(self, binary, device, netdev, extra=(), modules=(),
                 package=guestlib.CLOUD, before=()):
        helper = os.path.join(os.path.dirname(binary), guestlib.HELPER)
        if not os.path.exists(helper):
            raise tap.Skip("no static programs can be built here")
        args = boot.parser().parse_args(["--binary", binary,
                                         "--package", package])
        args.modules = guestlib.NET_MODULES + list(modules)
        try:
            boot.prepare(args, lambda text: print("#", text, flush=True))
        except guestlib.GuestError as e:
            raise tap.Skip(str(e)) from e
        self.folder = tempfile.TemporaryDirectory(prefix="guest-")
        path = os.path.join(self.folder.name, "qmp")
        self.process = subprocess.Popen(
            [binary, "-m", "256", "-nographic", "-kernel", args.kernel,
             "-initrd", args.initrd, "-append",
             f"console=ttyS0 {boot.LEAN} task=shell addr={netns.GUEST}",
             *before, "-netdev", netdev, "-device", device, *extra,
             "-qmp", f"unix:{path},server=on,wait=off"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.log = []
        self.lines = queue.Queue()
        threading.Thread(target=self._follow, daemon=True).start()
        self.until("shell")
        self.qmp = boot.Qmp(path)

    def _follow(self):
        for raw in self.process.stdout:
            line = raw.decode(errors="replace").rstrip()
            self.log.append(line)
            self.lines.put(line)
        self.lines.put(None)

    def until(self, word):
        """The lines up to the mark, and what stands behind it."""
        lines = []
        while True:
            try:
                line = self.lines.get(timeout=120)
            except queue.Empty:
                line = None
            assert line is not None, "\n".join(self.log[-40:])
            found = re.match(rf".*@@ {word} ?(.*)", line)
            if found:
                return lines, found.group(1)
            lines.append(line)

    def run(self, command, fails=False):
        """Let the shell run a line; returns what it prints."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        lines, status = self.until("end")
        assert (status == "0") != fails, (command, status, lines)
        return "\n".join(lines)

    def end(self):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()
