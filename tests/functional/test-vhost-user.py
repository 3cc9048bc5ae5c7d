#!/usr/bin/env python3
"""A Linux guest behind vhost-user talks to DPDK, which dies now and then.

testpmd is the process that works on the guest's rings; it answers ARP and ping.
VHOST_USER_KILLS=100 kills it so often (default 3), at random moments of its life.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import guestshell
import netns
import tap

BINARY = sys.argv[1]
KILLS = int(os.environ.get("VHOST_USER_KILLS", "3"))
SEED = int(os.environ.get("VHOST_USER_SEED", str(random.getrandbits(32))))
DEVICE = "/machine/peripheral/card/virtio-backend"


class Testpmd:
    """A forwarder that answers ping on the rings of whoever comes.

    It listens at @path, or with @client connects to it again and again.
    """

    def __init__(self, path, queues=1, client=False):
        if not shutil.which("dpdk-testpmd"):
            raise tap.Skip("no dpdk-testpmd (package dpdk)")
        self.path = path
        self.client = client
        self.vdev = f"net_vhost0,iface={path},queues={queues}" + \
            (",client=1" if client else "")
        self.queues = queues
        self.process = None
        self.start()

    def start(self):
        self.log = open(self.path + ".log", "w+b")
        self.process = subprocess.Popen(
            ["dpdk-testpmd", "--no-huge", "-m", "128", "--no-pci", "-l", "0-1",
             "--file-prefix", f"vhost-user-{os.getpid()}",
             "--vdev", self.vdev, "--", "--forward-mode=icmpecho",
             "--auto-start", "--no-mlockall", "--total-num-mbufs=8192",
             f"--rxq={self.queues}", f"--txq={self.queues}"],
            stdin=subprocess.PIPE, stdout=self.log, stderr=subprocess.STDOUT)

    def wait(self):
        """Until it listens; skipped where it cannot run."""
        for _ in range(600):
            if os.path.exists(self.path):
                return
            if self.process.poll() is not None:
                raise tap.Skip("dpdk-testpmd does not run here: " +
                               self.said()[-200:].replace("\n", " "))
            time.sleep(0.1)
        raise tap.Skip("dpdk-testpmd does not listen")

    def said(self):
        self.log.seek(0)
        return self.log.read().decode(errors="replace")

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.log.close()
            self.process = None


class Scene:
    """The folder, DPDK and the guest of one case."""

    def __init__(self, device="", queues=1, server=False):
        self.folder = tempfile.TemporaryDirectory(prefix="vhost-user-")
        self.path = os.path.join(self.folder.name, "rings")
        self.pmd = self.guest = None
        try:
            self.pmd = Testpmd(self.path, queues, client=server)
            if not server:
                self.pmd.wait()
            self.guest = guestshell.ShellGuest(
                BINARY, "virtio-net-pci,netdev=n0,id=card" + device,
                f"vhost-user,id=n0,chardev=c0,queues={queues}",
                extra=["-object", "memory-backend-memfd,id=mem,size=256M,"
                       "share=on", "-machine", "memory-backend=mem",
                       "-chardev", f"socket,id=c0,path={self.path}" +
                       (",server=on,wait=off" if server else ""),
                       "-smp", str(queues)])
        except BaseException:
            self.end()
            raise

    def ping(self, count=1, wait=0):
        """How many of @count answers came; again while there is none."""
        end = time.monotonic() + wait
        while True:
            text = self.guest.run(f"ping -A -c {count} -W 1 {netns.HOST} || :")
            got = int(text.split(" packets received")[0].split()[-1])
            if got or time.monotonic() >= end:
                return got

    def status(self):
        return self.guest.qmp.run("x-query-virtio-status", path=DEVICE)

    def end(self):
        if self.guest:
            self.guest.end()
        if self.pmd:
            self.pmd.kill()
        self.folder.cleanup()


def talk(device="", queues=1, wanted=50):
    scene = Scene(device, queues)
    try:
        # The other end is not there until the forwarder has seen the rings.
        assert scene.ping(wait=90)
        assert scene.ping(wanted) == wanted
        status = scene.status()
        assert status["vhost-started"], status
        kicks = scene.guest.qmp.run("x-query-virtio-vhost-queue-status",
                                    path=DEVICE, queue=1)
        assert kicks["num"] == 256, kicks
        return scene
    except BaseException:
        print("#", "\n# ".join(scene.pmd.said().split("\n")[-20:]))
        scene.end()
        raise


def test_ping_over_split_rings():
    scene = talk()
    try:
        # The machine stops and goes on: rings come back, and go again.
        scene.guest.qmp.run("stop")
        assert not scene.status()["vhost-started"]
        scene.guest.qmp.run("cont")
        assert scene.ping(wait=90)
        # So they do when the cable is pulled.
        scene.guest.qmp.run("set_link", name="n0", up=False)
        assert not scene.status()["vhost-started"]
        assert scene.ping() == 0
        scene.guest.qmp.run("set_link", name="n0", up=True)
        assert scene.ping(wait=90)
        # And when the driver goes and comes back.
        bus = "/sys/bus/virtio/drivers/virtio_net"
        scene.guest.run(f"echo virtio0 > {bus}/unbind")
        assert not scene.status()["vhost-started"]
        scene.guest.run(f"echo virtio0 > {bus}/bind")
        scene.guest.run(f"ifconfig eth0 {netns.GUEST} up")
        assert scene.ping(wait=90)
    finally:
        scene.end()


def test_ping_over_two_pairs_of_packed_rings():
    scene = talk(",packed=on,mq=on", queues=2)
    try:
        said = scene.pmd.said()
        assert "set queue enable: 1 to qp idx: 3" in said, said
    finally:
        scene.end()


def killed(device):
    """Kill DPDK at any moment; each time ping works again afterwards."""
    scene = Scene(device, server=True)
    dice = random.Random(SEED)
    lost = 0
    try:
        assert scene.ping(wait=90)
        scene.guest.run(f"(while :; do ping -A -c 50 -W 1 {netns.HOST}; done) "
                        "> /dev/null 2>&1 &")
        for kill in range(KILLS):
            # From before it has connected to well at work.
            for _ in range(dice.choice([1, 1, 2])):
                scene.pmd.kill()
                scene.pmd.start()
                time.sleep(dice.uniform(0.0, 1.5))
            answered = scene.ping(wait=90)
            assert answered, f"no answer after kill {kill}, seed {SEED}"
            got = scene.ping(10)
            lost += 10 - got
        assert scene.status()["vhost-started"]
        print(f"# {KILLS} kills, {lost} of {10 * KILLS} later packets lost,"
              f" seed {SEED}")
    finally:
        scene.end()


def test_dpdk_dies_with_split_rings():
    killed("")


def test_dpdk_dies_with_packed_rings():
    if KILLS < 10:
        raise tap.Skip("only with VHOST_USER_KILLS=10 or more")
    killed(",packed=on")


tap.run([test_ping_over_split_rings, test_ping_over_two_pairs_of_packed_rings,
         test_dpdk_dies_with_split_rings, test_dpdk_dies_with_packed_rings])
