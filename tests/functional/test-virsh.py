#!/usr/bin/env python3
"""libvirt itself starts and steers the emulator, by its embedded driver.

A machine as its defaults make it, with a sandbox, a network card, a balloon and a
source of entropy; a link that goes down and up, a card that comes and goes, a
machine that is saved and restored.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import tap

BINARY = os.path.abspath(sys.argv[1])
MAC, SECOND = "52:54:00:11:22:33", "52:54:00:11:22:44"
NIC = """<interface type='user'><mac address='{}'/><model type='{}'/></interface>"""
DOMAIN = """
<domain type='qemu'>
  <name>guest</name>
  <memory unit='MiB'>64</memory>
  <vcpu>2</vcpu>
  <iothreads>1</iothreads>
  <os><type arch='x86_64' machine='{machine}'>hvm</type></os>
  <features><acpi/><apic/></features>
  <devices>
    <emulator>{binary}</emulator>
    <controller type='usb' model='none'/>
    {nic}
    <serial type='pty'/>
    <memballoon model='virtio'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
"""


def become_nobody(folder):
    """Words in front of a command, for who is root: libvirt wants its user then."""
    user = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    for path, _, files in os.walk(folder):
        for name in [path] + [os.path.join(path, f) for f in files]:
            shutil.chown(name, "nobody", "nogroup")
    if subprocess.run(user + [BINARY, "--version"], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, check=False).returncode:
        raise tap.Skip(f"user nobody cannot run {BINARY}")
    return user


class Virsh:
    """One virsh, which is libvirt's driver as well; its state is in @folder."""

    def __init__(self, folder):
        etc = os.path.join(folder, "etc")
        os.mkdir(etc)
        with open(os.path.join(etc, "qemu.conf"), "w", encoding="utf-8") as f:
            f.write('security_driver = "none"\nstdio_handler = "file"\n')
        self.log = os.path.join(folder, "log", "qemu", "guest.log")
        as_user = become_nobody(folder) if os.geteuid() == 0 else []
        self.virsh = subprocess.Popen(
            as_user + ["virsh", "-c", f"qemu:///embed?root={folder}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "HOME": folder})
        self.sent = 0
        try:
            self.run("uri")
        except AssertionError as e:
            self.end()
            why = " ".join(str(e).split())
            raise tap.Skip(f"libvirt's driver does not start: {why}") from e

    def run(self, command):
        """What virsh prints; an error of it is one of the test."""
        self.sent += 1
        end = f"end-of-{self.sent}"
        self.virsh.stdin.write(f"{command}\necho {end}\n")
        self.virsh.stdin.flush()
        lines = []
        for line in self.virsh.stdout:
            if line.strip() == end:
                break
            lines.append(line)
        else:
            raise AssertionError("virsh is gone: " + "".join(lines))
        text = "".join(lines)
        assert not re.search("^error:", text, re.M), text + self.emulator_says()
        return text

    def emulator_says(self):
        try:
            with open(self.log, encoding="utf-8") as f:
                return f.read()
        except OSError:
            return ""

    def end(self):
        self.virsh.stdin.close()
        self.virsh.stdout.close()
        self.virsh.wait()


def expect(question, text, there=True):
    for _ in range(100):
        answer = question()
        if (text in answer) == there:
            return
        time.sleep(0.05)
    raise AssertionError(f"'{text}': {answer}")


def walk_through(virsh, folder, machine, model):
    domain = os.path.join(folder, "guest.xml")
    card = os.path.join(folder, "card.xml")
    saved = os.path.join(folder, "saved")
    with open(domain, "w", encoding="utf-8") as f:
        f.write(DOMAIN.format(machine=machine, binary=BINARY,
                              nic=NIC.format(MAC, model)))
    with open(card, "w", encoding="utf-8") as f:
        f.write(NIC.format(SECOND, "virtio"))

    def cards():
        return virsh.run("domiflist guest")

    def ask(text):
        return virsh.run(f"qemu-monitor-command guest --hmp {text}")

    virsh.run(f"create {domain}")
    try:
        assert MAC in cards() and model in cards()
        assert f"macaddr={MAC}" in ask("info network")
        virsh.run(f"domif-setlink guest {MAC} down")
        virsh.run(f"domif-setlink guest {MAC} up")
        virsh.run("suspend guest")
        assert "paused" in ask("info status")
        virsh.run("resume guest")
        assert "balloon.maximum=65536" in virsh.run("domstats guest")
        assert "vcpu.current=2" in virsh.run("domstats guest")
        assert "1 " in virsh.run("iothreadinfo guest")
        virsh.run("setmem guest 48M --live")
        virsh.run(f"attach-device guest {card}")
        assert SECOND in cards() and SECOND in ask("info network")
        virsh.run(f"save guest {saved}")
        assert "guest" not in virsh.run("list --all")
        virsh.run(f"restore {saved}")
        assert "running" in virsh.run("list")
        assert SECOND in ask("info network")
        # Nobody in the guest answers: the card goes at the next reset.
        virsh.run(f"detach-device guest {card}")
        virsh.run("reset guest")
        expect(cards, SECOND, there=False)
        assert SECOND not in ask("info network")
    finally:
        virsh.run("destroy guest")
    assert "running" not in virsh.run("list")


def with_virsh(machine, model):
    if not shutil.which("virsh"):
        raise tap.Skip("virsh is not installed")
    with tempfile.TemporaryDirectory() as folder:
        virsh = Virsh(folder)
        try:
            walk_through(virsh, folder, machine, model)
        finally:
            virsh.end()


def test_q35():
    with_virsh("q35", "virtio")


def test_pc_with_rtl8139():
    with_virsh("pc", "rtl8139")


tap.run([test_q35, test_pc_with_rtl8139])
