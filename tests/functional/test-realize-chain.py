#!/usr/bin/env python3
"""Stop the emulator in a debugger and look at the chain of realize calls.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import re
import shutil
import subprocess
import sys

import tap

BINARY = sys.argv[1]
# Outermost first, as docs/devel/architecture.rst shows them.
FRAMES = ["main", "device_init_func", "qdev_device_add", "device_set_realized",
          "pci_qdev_realize", "virtio_pci_realize", "virtio_net_pci_realize",
          "device_set_realized", "virtio_device_realize",
          "virtio_net_device_realize"]


def gdb(*commands):
    if not shutil.which("gdb"):
        raise tap.Skip("gdb is not installed")
    args = ["gdb", "-q", "-batch", "-nx"]
    for command in ("set confirm off", "set breakpoint pending on",
                    "set debuginfod enabled off",
                    "handle SIGUSR1 nostop noprint", *commands):
        args += ["-ex", command]
    args += ["--args", BINARY, "-M", "pc", "-accel", "qtest", "-display",
             "none", "-nodefaults", "-netdev", "user,id=n0", "-device",
             "virtio-net-pci,netdev=n0,romfile="]
    out = subprocess.run(args, stdout=subprocess.PIPE, text=True,
                         stderr=subprocess.STDOUT, timeout=120, check=False)
    if "ptrace: Operation not permitted" in out.stdout:
        raise tap.Skip("this machine does not allow debugging")
    return out.stdout


def frames_of(text):
    """Function names of a backtrace, outermost first."""
    names = re.findall(r"^#\d+\s+(?:0x[0-9a-f]+ in )?(\w+)", text, re.M)
    return names[::-1]


def in_order(wanted, have):
    have = iter(have)
    return all(any(w == h or h.startswith(w + "_from") or
                   h.startswith(w + ".") for h in have) for w in wanted)


def test_dc_realize_comes_first():
    out = gdb("break virtio_pci_dc_realize", "break virtio_net_device_realize",
              "run", "bt 1", "continue", "bt 1", "kill")
    stops = re.findall(r"^#0 .*?(\w+) \(", out, re.M)
    assert stops == ["virtio_pci_dc_realize", "virtio_net_device_realize"], out


def test_frames_in_order():
    out = gdb("break virtio_net_device_realize", "run", "bt", "kill")
    frames = frames_of(out)
    assert in_order(FRAMES, frames), f"{frames}\n{out}"


def test_plugged_follows_realize():
    out = gdb("break virtio_net_device_realize",
              "break virtio_pci_device_plugged", "run", "bt 1", "continue",
              "bt", "kill")
    assert in_order(["main", "virtio_device_realize",
                     "virtio_bus_device_plugged", "virtio_pci_device_plugged"],
                    frames_of(out)), out


tap.run([test_dc_realize_comes_first, test_frames_in_order,
         test_plugged_follows_realize])
