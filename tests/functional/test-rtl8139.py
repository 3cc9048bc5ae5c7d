#!/usr/bin/env python3
"""A Linux guest with an rtl8139, and with a virtio card beside it.

The cloud kernel has no driver for it, so the kernel is that of linux-image-amd64.
Its 8139too leaves cards of this revision to 8139cp.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import http.server
import os
import subprocess
import sys
import tempfile
import threading
import time

import boot
import guestlib
import tap

BINARY = sys.argv[1]
CARD = "rtl8139,netdev=n0,mac=52:54:00:12:34:10"
VIRTIO = "virtio-net-pci,netdev=n1,mac=52:54:00:12:34:20"


def boot_with(device, *extra, also=None):
    """Boots, moves 16 MiB both ways over each card; what was seen."""
    args = boot.parser().parse_args(["--binary", BINARY, "--device", device,
                                     "--package", "linux-image-amd64"])
    args.modules = ["8139cp"] + guestlib.NET_MODULES
    args.timeout, args.also, args.extra = 230, also, list(extra)
    try:
        boot.prepare(args, lambda text: print("#", text, flush=True))
    except guestlib.GuestError as e:
        raise tap.Skip(str(e)) from e
    server = boot.BlobServer(os.urandom(boot.BLOB_BYTES))
    run = boot.Boot(args, server, quiet=True)
    run.run()
    server.close()
    wrong = run.verdict()
    assert wrong is None, "\n".join([wrong] + run.log[-60:])
    return run


def drivers(run):
    return {words[1]: words[2] for words in
            (line.split() for line in run.section("pci")) if len(words) == 3}


def test_8139cp_moves_16_mib_both_ways():
    run = boot_with(CARD)
    assert drivers(run)["0x10ec:0x8139"] == "8139cp", run.section("pci")
    interrupts = [line for line in run.section("interrupts") if "eth0" in line]
    assert len(interrupts) == 1 and int(interrupts[0].split()[1]) > 100, \
        run.section("interrupts")


def test_beside_a_virtio_card():
    run = boot_with(CARD + ",addr=5", "-netdev", "user,id=n1,net=10.0.3.0/24",
                    "-device", VIRTIO + ",addr=6", also="10.0.3.2")
    found = drivers(run)
    assert found["0x10ec:0x8139"] == "8139cp", found
    assert found["0x1af4:0x1000"] == "virtio-pci", found
    assert "also-right" in run.at, "\n".join(run.log[-40:])


class WebServer(http.server.ThreadingHTTPServer):
    """Remembers what was asked for, and gives a megabyte of it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 20))
            self.end_headers()
            self.wfile.write(bytes(1 << 20))
            self.server.asked.append(self.path)

        def log_message(self, *args):
            pass

    def __init__(self):
        super().__init__(("127.0.0.1", 0), self.Handler)
        self.asked = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


def test_firmware_boots_over_it():
    """The option ROM's own driver: DHCP, TFTP and HTTP."""
    if not os.path.exists("/usr/lib/ipxe/qemu/efi-rtl8139.rom"):
        raise tap.Skip("the option ROMs (ipxe-qemu) are not installed")
    server = WebServer()
    with tempfile.TemporaryDirectory(prefix="tftp-") as folder:
        with open(os.path.join(folder, "boot.ipxe"), "w") as f:
            f.write("#!ipxe\n")
            for name in ("one", "two-${net0/mac}-${net0/chip}"):
                f.write(f"imgfetch http://10.0.2.2:{server.server_port}"
                        f"/{name}\n")
        process = subprocess.Popen(
            [BINARY, "-display", "none", "-boot", "n", "-device", CARD,
             "-netdev", f"user,id=n0,tftp={folder},bootfile=boot.ipxe"],
            stdin=subprocess.DEVNULL)
        end = time.monotonic() + 100
        while len(server.asked) < 2 and time.monotonic() < end:
            time.sleep(0.1)
        process.kill()
        process.wait()
    server.shutdown()
    assert server.asked == ["/one", "/two-52%3A54%3A00%3A12%3A34%3A10-rtl8139"], \
        server.asked


tap.run([test_8139cp_moves_16_mib_both_ways, test_beside_a_virtio_card,
         test_firmware_boots_over_it],
        at_once=2)
