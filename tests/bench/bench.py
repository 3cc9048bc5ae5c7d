#!/usr/bin/env python3
"""Speed and size, as ratios against the distribution's emulator in the same run.

Both run the same kernel, firmware and command line by turns; medians are shown with
the spread. Absolute figures depend on the machine and its other work; ratios less.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "functional"))
import boot  # noqa: E402
import guestlib  # noqa: E402

STOCK = "/usr/bin/qemu-system-x86_64"
HALT = b"\xfa\xf4\xeb\xfd" + b"\xf4" * (65536 - 4)


def firmware():
    """`cli; hlt` at the reset vector as well as at the start."""
    image = bytearray(HALT)
    image[0xfff0:0xfff4] = b"\xfa\xf4\xeb\xfd"
    f = tempfile.NamedTemporaryFile(prefix="bench-bios-")
    f.write(bytes(image))
    f.flush()
    return f


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


def first_answer(binary, bios):
    """Milliseconds from the start to the first qtest answer, and MiB."""
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


def show(name, unit, ours, stock, rate=False):
    """One row; a ratio above 1 is in our favour."""
    def text(values):
        return (f"{statistics.median(values):9.2f} {unit}"
                f" ({min(values):.2f}..{max(values):.2f})")
    line = f"  {name:<34} ours {text(ours)}"
    if stock:
        a, b = statistics.median(ours), statistics.median(stock)
        ratio = a / b if rate else b / a
        line += f"   stock {text(stock)}   ratio {ratio:.2f}"
    print(line, flush=True)


def net_cases(binaries, rounds, seconds):
    """CPU time per packet, both emulators by turns."""
    tool = os.path.join(os.path.dirname(binaries[0]), "tests/bench/net-bench")
    names = subprocess.run([tool, "list"], check=True, text=True,
                           stdout=subprocess.PIPE).stdout.split()
    print("CPU time per packet (frame bytes at the end of the name)")
    for name in names:
        rows = {b: [] for b in binaries}
        for _ in range(rounds):
            for b in binaries:
                out = subprocess.run([tool, b, name, str(seconds)], text=True,
                                     stdout=subprocess.PIPE, timeout=60,
                                     stderr=subprocess.DEVNULL, check=False)
                rows[b].append(float(out.stdout.split()[0]))
        show(name, "ns", rows[binaries[0]], rows.get(
            binaries[1] if len(binaries) > 1 else None))


def start_cases(binaries, rounds):
    """Time to the first answer, memory, threads."""
    print("start, one virtio-net-pci, machine at cli; hlt")
    bios = firmware()
    rows = {b: [first_answer(b, bios.name) for _ in range(rounds)]
            for b in binaries}
    stock = binaries[1] if len(binaries) > 1 else None
    for column, (name, unit) in enumerate([
            ("to the first qtest answer", "ms"),
            ("memory beside guest RAM", "MiB"), ("threads", "")]):
        show(name, unit, [r[column] for r in rows[binaries[0]]],
             [r[column] for r in rows[stock]] if stock else None)


def boot_cases(binaries, rounds):
    """Linux to /init with the lean command line."""
    stock = binaries[1] if len(binaries) > 1 else None
    try:
        kernel_dir = guestlib.fetch_kernel()
    except guestlib.GuestError as e:
        sys.exit(f"bench: {e}")
    kernel = guestlib.kernel_image(kernel_dir)
    initrd = guestlib.make_initrd(kernel_dir, os.path.join(
        os.path.dirname(HERE), "functional", "guest-init.sh"))
    print("lean boot of Linux to /init")
    times = {b: [] for b in binaries}
    count = None
    for _ in range(rounds):
        for b in binaries:
            seconds, instructions = lean_boot(b, kernel, initrd)
            times[b].append(seconds)
            count = instructions or count
    show("seconds", "s", times[binaries[0]], times.get(stock))
    if count:
        def rate(values):
            return [count / v / 1e6 for v in values]
        print(f"  {count / 1e9:.2f} G guest instructions")
        show("million instructions a second", "M/s", rate(times[binaries[0]]),
             rate(times[stock]) if stock else None, rate=True)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--binary", default=os.path.join(
        guestlib.TOP, "build/qemu-system-x86_64"))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=1)
    p.add_argument("--only", choices=["start", "boot", "net"])
    args = p.parse_args()
    args.binary = os.path.abspath(args.binary)
    stock = STOCK if os.path.exists(STOCK) else shutil.which(
        "qemu-system-x86_64")
    if not stock:
        print("the distribution's qemu-system-x86 is not installed:"
              " no ratios")
    binaries = [args.binary] + ([stock] if stock else [])

    if args.only in (None, "start"):
        start_cases(binaries, args.rounds)
    if args.only in (None, "net"):
        net_cases(binaries, args.rounds, args.seconds)
    if args.only in (None, "boot"):
        boot_cases(binaries, args.rounds)


if __name__ == "__main__":
    main()
