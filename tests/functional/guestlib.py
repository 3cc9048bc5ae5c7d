"""A Linux guest for tests: kernel, modules and initrd from the distribution.

Everything is kept under guest/ in the source tree and made anew only when the
package or the init script changes.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import contextlib
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
GUEST_DIR = os.environ.get("GUEST_DIR", os.path.join(TOP, "guest"))
CLOUD = "linux-image-cloud-amd64"
NET_MODULES = ["virtio_pci", "virtio_net"]
# Built by meson beside the emulator.
HELPER = "tests/functional/guest-ethtool"


class GuestError(Exception):
    """Something that the user can mend; the text says what."""


def _output(*command):
    return subprocess.run(command, check=True, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def _depends(meta):
    try:
        return _output("apt-cache", "depends", meta)
    except (OSError, subprocess.CalledProcessError):
        return ""


def _newest_kernel_package(meta, say):
    """The package that the distribution's meta package stands for today."""
    text = _depends(meta)
    if not text and os.geteuid() == 0:
        say("updating the package lists (apt-get update)")
        subprocess.run(["apt-get", "update", "-qq"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        text = _depends(meta)
    if not text:
        raise GuestError(f"apt-cache does not know {meta}; run 'apt-get update'"
                         f" as root first, or give KERNEL= and INITRD=")
    found = re.search(r"Depends: (linux-image-\S+)", text)
    if not found:
        raise GuestError(f"{meta} names no kernel package")
    return found.group(1)


def _unpack_package(package, where):
    """Download a Debian package and unpack it, without installing it."""
    os.makedirs(where + ".new", exist_ok=True)
    try:
        subprocess.run(["apt-get", "download", "-q", package], check=True,
                       cwd=where + ".new", stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE, text=True)
    except subprocess.CalledProcessError as e:
        shutil.rmtree(where + ".new", ignore_errors=True)
        raise GuestError(f"cannot download {package}: {e.stderr.strip()}") from e
    deb = glob.glob(os.path.join(where + ".new", "*.deb"))[0]
    subprocess.run(["dpkg-deb", "-x", deb, where + ".new"], check=True)
    os.remove(deb)
    os.rename(where + ".new", where)


@contextlib.contextmanager
def _alone():
    """One at a time fills GUEST_DIR, whichever thread or process it is."""
    os.makedirs(GUEST_DIR, exist_ok=True)
    with open(os.path.join(GUEST_DIR, ".lock"), "w", encoding="ascii") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def fetch_kernel(meta=CLOUD, say=print):
    """Returns the folder of the unpacked kernel package; cached."""
    with _alone():
        return _fetch_kernel(meta, say)


def _fetch_kernel(meta, say):
    kept = sorted(glob.glob(os.path.join(GUEST_DIR, "kernels", meta, "*")),
                  key=os.path.getmtime)
    kept = [k for k in kept if glob.glob(os.path.join(k, "boot/vmlinuz-*"))]
    if kept:
        return kept[-1]
    package = _newest_kernel_package(meta, say)
    where = os.path.join(GUEST_DIR, "kernels", meta, package)
    say(f"getting {package} (unpacked under {GUEST_DIR}, not installed)")
    _unpack_package(package, where)
    return where


def kernel_image(kernel_dir):
    return glob.glob(os.path.join(kernel_dir, "boot/vmlinuz-*"))[0]


def find_busybox(say=print):
    with _alone():
        return _find_busybox(say)


def _find_busybox(say):
    for path in ("/bin/busybox", "/usr/bin/busybox"):
        if os.path.exists(path) and b"/ld-linux" not in open(path, "rb").read():
            return path
    where = os.path.join(GUEST_DIR, "busybox")
    if not os.path.isdir(where):
        say("getting busybox-static")
        _unpack_package("busybox-static", where)
    return glob.glob(os.path.join(where, "**/busybox"), recursive=True)[0]


def modules_in_order(kernel_dir, wanted):
    """Paths of the modules and of what they need, in the order to load them."""
    paths = {}
    for path in glob.glob(os.path.join(kernel_dir, "lib/modules/*/kernel/**/*.ko"),
                          recursive=True):
        name = os.path.basename(path)[:-3].replace("-", "_")
        paths[name] = path
    order = []

    def visit(name):
        if name not in paths:
            raise GuestError(f"the kernel has no module {name}")
        if paths[name] in order:
            return
        blob = open(paths[name], "rb").read()
        found = re.search(rb"\0depends=([^\0]*)\0", blob)
        for dep in (found.group(1).decode().split(",") if found else []):
            if dep:
                visit(dep.replace("-", "_"))
        order.append(paths[name])

    for name in wanted:
        visit(name)
    return order


class Cpio:
    """A newc archive, as the kernel unpacks it."""

    def __init__(self):
        self.out = bytearray()
        self.ino = 1

    def _entry(self, name, mode, data=b"", rdev=(0, 0)):
        fields = [self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1],
                  len(name) + 1, 0]
        self.ino += 1
        self.out += b"070701" + b"".join(b"%08x" % f for f in fields)
        self.out += name.encode() + b"\0"
        self.out += b"\0" * (-len(self.out) % 4)
        self.out += data
        self.out += b"\0" * (-len(self.out) % 4)

    def folder(self, name):
        self._entry(name, 0o040755)

    def file(self, name, data, mode=0o755):
        self._entry(name, 0o100000 | mode, data)

    def link(self, name, target):
        self._entry(name, 0o120777, target.encode())

    def device(self, name, major, minor):
        self._entry(name, 0o020600, rdev=(major, minor))

    def finish(self):
        self._entry("TRAILER!!!", 0)
        return bytes(self.out)


def _bytes_of(path):
    with open(path, "rb") as f:
        return f.read()


def make_initrd(kernel_dir, init_script, modules=None, programs=(), say=print):
    """An initrd whose /init is the given script; returns its path; cached."""
    modules = modules_in_order(kernel_dir, modules or NET_MODULES)
    busybox = find_busybox(say)
    programs = [p for p in programs if os.path.exists(p)]
    key = hashlib.sha256(repr((modules, busybox)).encode() + b"".join(
        map(_bytes_of, [init_script, __file__, *programs]))).hexdigest()[:16]
    path = os.path.join(GUEST_DIR, f"initrd-{key}.img")
    if os.path.exists(path):
        return path
    cpio = Cpio()
    for folder in ("bin", "dev", "proc", "sys", "lib", "lib/modules", "tmp",
                   "etc"):
        cpio.folder(folder)
    cpio.device("dev/console", 5, 1)
    cpio.device("dev/null", 1, 3)
    cpio.file("bin/busybox", open(busybox, "rb").read())
    cpio.link("bin/sh", "busybox")
    for number, module in enumerate(modules):
        cpio.file(f"lib/modules/{number:02}-{os.path.basename(module)}",
                  open(module, "rb").read(), 0o644)
    for program in programs:
        cpio.file("bin/" + os.path.basename(program), _bytes_of(program))
    cpio.file("init", open(init_script, "rb").read())
    os.makedirs(GUEST_DIR, exist_ok=True)
    # Tests that run at the same time may make it at the same time.
    with tempfile.NamedTemporaryFile(dir=GUEST_DIR, delete=False) as f:
        f.write(cpio.finish())
    os.rename(f.name, path)
    return path


def main():
    kernel = fetch_kernel(say=lambda s: print(s, file=sys.stderr))
    init = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        "guest-init.sh")
    print(kernel_image(kernel), make_initrd(kernel, init))


if __name__ == "__main__":
    try:
        main()
    except GuestError as e:
        sys.exit(f"guest: {e}")
