#!/usr/bin/env python3
"""The examples of docs/system/net.rst do what the page says.

Each block of commands is run by a shell as it is printed, with this emulator in the
path. $VM has no kernel here but a monitor, and `info network` of the last emulator of
a block must say what the page shows.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import boot
import netns
import tap

BINARY = os.path.abspath(sys.argv[1])
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../docs/system/net.rst")
VM = ("qemu-system-x86_64 -accel qtest -m 16 -display none"
      " -qmp unix:{},server=on,wait=off")


def indented(lines, at):
    """The indented block that begins at or behind a line; where it ends."""
    while at < len(lines) and not lines[at].strip():
        at += 1
    block = []
    while at < len(lines) and (lines[at].startswith("    ") or
                               not lines[at].strip()):
        block.append(lines[at][4:])
        at += 1
    return "\n".join(block).strip("\n"), at


def examples():
    """Heading, commands, and what `info network` is to say, of each with $VM."""
    with open(PAGE, encoding="utf-8") as f:
        lines = f.read().split("\n")
    heading, found, at = "", [], 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if at < len(lines) and re.fullmatch(r"-{3,}", lines[at]):
            heading = line
        if line.endswith("::") and not line.startswith(".."):
            text, at = indented(lines, at)
            if "$VM " in text:
                found.append([heading, text, None])
        elif line == ".. code-block:: none":
            text, at = indented(lines, at)
            assert found and found[-1][2] is None, text
            found[-1][2] = text
    return found


def expand(commands):
    """One shell line for each command; emulators run in the background."""
    lines = commands.replace("\\\n", " ").split("\n")
    return [line.strip() for line in lines if line.strip()]


class Example:
    """The programs of one block, in a folder of their own."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="net-doc-")
        os.chmod(self.folder, 0o777)
        os.symlink(BINARY, os.path.join(self.folder, "qemu-system-x86_64"))
        self.emulators = []
        self.environment = dict(
            os.environ, PATH=self.folder + os.pathsep + os.environ["PATH"] +
            os.pathsep + "/usr/sbin:/sbin")

    def run(self, line):
        if not line.startswith("$VM "):
            done = subprocess.run(line, shell=True, cwd=self.folder, check=False,
                                  env=self.environment, timeout=30,
                                  stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
            assert done.returncode == 0, (line, done.returncode)
            return
        qmp = f"qmp-{len(self.emulators)}"
        process = subprocess.Popen(
            ["sh", "-c", "exec " + line.replace("$VM", VM.format(qmp), 1)],
            cwd=self.folder, env=self.environment, stderr=subprocess.PIPE,
            text=True)
        self.emulators.append(process)
        deadline = time.monotonic() + 30
        path = os.path.join(self.folder, qmp)
        while not os.path.exists(path):
            assert process.poll() is None, (line, process.stderr.read())
            assert time.monotonic() < deadline, line
            time.sleep(0.01)

    def info(self):
        qmp = boot.Qmp(os.path.join(self.folder,
                                    f"qmp-{len(self.emulators) - 1}"))
        text = qmp.run("human-monitor-command",
                       **{"command-line": "info network"})
        qmp.sock.close()
        qmp.file.close()
        return text.replace("\r", "").strip("\n")

    def end(self):
        said = ""
        for process in self.emulators:
            process.send_signal(signal.SIGTERM)
        for process in self.emulators:
            said += process.communicate(timeout=20)[1]
            assert process.returncode == 0, (process.returncode, said)
        shutil.rmtree(self.folder, ignore_errors=True)
        assert not said, said


def check(commands, expected):
    if "passt" in commands and not shutil.which("passt"):
        raise tap.Skip("no passt")
    example = Example()
    try:
        for line in expand(commands):
            example.run(line)
        deadline = time.monotonic() + 10
        # A connection may take a moment.
        while example.info() != expected:
            assert time.monotonic() < deadline, \
                f"shown:\n{example.info()}\nexpected:\n{expected}"
            time.sleep(0.05)
    finally:
        example.end()


def case_of(number, heading, commands, expected):
    def case():
        if "-netdev tap" in commands:
            netns.in_own_network(lambda: check(commands, expected))
        else:
            check(commands, expected)

    assert expected, f"{heading}: an example without what it shows: {commands}"
    name = re.sub(r"\W+", "-", heading.lower()).strip("-")
    case.__name__ = f"{name}-{number}"
    return case


if __name__ == "__main__":
    tap.run([case_of(number, *example)
             for number, example in enumerate(examples(), 1)])
