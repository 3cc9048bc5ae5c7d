"""Start, memory, threads, and the speed of the software CPU.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "functional"))
import boot  # noqa: E402
import guestlib  # noqa: E402


def firmware():
    """`cli; hlt` at the reset vector."""
    image = bytearray(b"\xf4" * 65536)
    image[0xfff0:0xfff4] = b"\xfa\xf4\xeb\xfd"
    f = tempfile.NamedTemporaryFile(prefix="bench-bios-")
    f.write(bytes(image))
    f.flush()
    return f


def first_answer(binary, bios):
    """Milliseconds from the start to the first qtest answer, MiB, threads."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        path = os.path.join(folder, "qtest")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(1)
        command = [binary, "-accel", "tcg", "-display", "none", "-nodefaults",
                   "-m", "256", "-bios", bios, "-qtest", f"unix:{path}",
                   "-qtest-log", "/dev/null", "-netdev", "user,id=n0",
                   "-device", "virtio-net-pci,netdev=n0,romfile="]
        start = time.monotonic()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        connection, _ = server.accept()
        connection.sendall(b"endianness\n")
        connection.recv(100)
        elapsed = time.monotonic() - start
        time.sleep(0.3)
        memory = boot.memory_beside_ram(process.pid, 256 << 20)
        threads = len(os.listdir(f"/proc/{process.pid}/task"))
        process.kill()
        process.wait()
        server.close()
    return elapsed * 1000, memory, threads


class InitOnly(boot.Boot):
    """Ends the emulator as soon as /init speaks."""

    def __init__(self, args):
        super().__init__(args, None, quiet=True)

    def mark(self, word, rest, start):
        super().mark(word, rest, start)
        if word == "init":
            self.measure(self.process, self.qmp_path)
            self.process.kill()

    def follow(self, process, start, qmp_path):
        self.process, self.qmp_path = process, qmp_path
        super().follow(process, start, qmp_path)


def lean_boot(binary, kernel, initrd):
    """Seconds to /init, and instructions if the emulator counts them."""
    args = boot.parser().parse_args(["--binary", binary, "--kernel", kernel,
                                     "--initrd", initrd, "--device",
                                     "virtio-net-pci,netdev=n0,romfile="])
    args.extra = ["-accel", "tcg"]
    run = InitOnly(args)
    run.run()
    if "init" not in run.at:
        sys.exit(f"{binary}: the guest did not reach /init:\n" +
                 "\n".join(run.log[-30:]))
    return run.at["init"], run.figures.get("instructions")


def start_rows(binaries, rounds):
    """[(name, unit, {binary: values}, target)], larger is worse."""
    bios = firmware()
    found = {b: [] for b in binaries}
    for _ in range(rounds):
        for b in binaries:
            found[b].append(first_answer(b, bios.name))
    names = [("start to the first qtest answer", "ms", 6),
             ("memory (PSS) beside guest RAM", "MiB", 3), ("threads", "", None)]
    return [(name, unit, {b: [v[i] for v in found[b]] for b in binaries},
             target) for i, (name, unit, target) in enumerate(names)]


def boot_rows(binaries, rounds):
    """Linux to /init with the lean command line, as start_rows()."""
    try:
        kernel_dir = guestlib.fetch_kernel()
    except guestlib.GuestError as e:
        print(f"  (no boot of Linux: {e})")
        return []
    kernel = guestlib.kernel_image(kernel_dir)
    initrd = guestlib.make_initrd(kernel_dir, os.path.join(
        os.path.dirname(HERE), "functional", "guest-init.sh"))
    times = {b: [] for b in binaries}
    count = None
    for _ in range(rounds):
        for b in binaries:
            seconds, instructions = lean_boot(b, kernel, initrd)
            times[b].append(seconds)
            count = instructions or count
    rows = [("lean boot of Linux to /init", "s", times, None)]
    if count:
        rates = {b: [count / v / 1e6 for v in times[b]] for b in binaries}
        rows.append(("million instructions a second", "M/s", rates, None))
    return rows
