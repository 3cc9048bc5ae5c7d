#!/usr/bin/env python3
"""docs/system/invocation.rst has each option of -help, and its examples work.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time

import tap

BINARY = os.path.abspath(sys.argv[1])
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../docs/system/invocation.rst")
# These end at once, or want what a test has not: another user, a real kernel.
APART = {"-help", "-?", "-version", "-enable-kvm", "-runas", "-kernel",
         "-initrd", "-append", "-add-fd", "-daemonize"}


def terms():
    with open(PAGE, encoding="utf8") as f:
        return re.findall(r"^``(-.*?)``", f.read(), re.M)


def test_each_option_has_its_place():
    text = subprocess.run([BINARY, "-help"], check=True, text=True,
                          capture_output=True).stdout
    options = re.findall(r"^(-\S+)", text, re.M)
    with open(PAGE, encoding="utf8") as f:
        words = set(re.findall(r"-[\w?-]+", f.read()))
    missing = [o for o in options if o not in words]
    assert len(options) > 50 and not missing, missing


def make_files(folder):
    files = {"logo.bmp": b"BM", "bios.bin": bytes(65536),
             "guest.cfg": b'[device "nic1"]\n  driver = "rtl8139"\n'}
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)
    os.mkdir(os.path.join(folder, "firmware"))


def quit_by(path, proc):
    """Unless it has ended by itself."""
    while proc.poll() is None:
        with socket.socket(socket.AF_UNIX) as sock:
            try:
                sock.connect(path)
            except (FileNotFoundError, ConnectionRefusedError):
                time.sleep(0.01)
                continue
            sock.sendall(b'{"execute":"qmp_capabilities"}'
                         b'{"execute":"quit"}')
            while sock.recv(4096):
                pass
            return


def run(example, folder):
    path = os.path.join(folder, "test.sock")
    words = shlex.split(example)
    accel = [] if "-accel" in words else ["-accel", "qtest"]
    proc = subprocess.Popen(
        [BINARY, *accel, "-S", *words, "-qmp",
         f"unix:{path},server=on,wait=off"], cwd=folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE)
    try:
        quit_by(path, proc)
        assert proc.wait(20) == 0, proc.stderr.read()
    finally:
        proc.kill()
        proc.wait()


def test_examples():
    with tempfile.TemporaryDirectory() as folder:
        make_files(folder)
        for example in terms():
            if not APART & set(shlex.split(example)):
                try:
                    run(example, folder)
                except Exception as e:
                    raise AssertionError(example) from e


tap.run([test_each_option_has_its_place, test_examples])
