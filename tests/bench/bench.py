#!/usr/bin/env python3
"""Speed and size: this emulator, the distribution's, and the floor, by turns.

Absolute figures depend on the machine and its other work; ratios taken within one
round do so less. Frames are compared with what was sent: status 1 if any is wrong,
never because something is slow.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import fnmatch
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import machine  # noqa: E402
import report  # noqa: E402
import scenes  # noqa: E402

TOP = os.path.dirname(os.path.dirname(HERE))
STOCK = "/usr/bin/qemu-system-x86_64"
SKIPPED = 77
PARTS = ["net", "ring", "start", "boot"]
RUN_LIMIT = 40                  # seconds for one run of net-bench


class Bench:
    """One run of the benchmark."""

    def __init__(self, args):
        self.args = args
        self.ours = os.path.abspath(args.binary)
        self.tools = os.path.join(os.path.dirname(self.ours), "tests/bench")
        self.stock = None
        if not args.no_stock:
            self.stock = STOCK if os.path.exists(STOCK) else shutil.which(
                "qemu-system-x86_64")
            if not self.stock:
                print("the distribution's qemu-system-x86 is not installed:"
                      " no ratios")
        self.wrong = []
        self.outcomes = []      # (scenes.Row, scenes.Outcome)
        self.others = []        # rows of machine.py
        self.ring = {}

    def binaries(self):
        """The emulators that are compared, ours first."""
        return [self.ours] + ([self.stock] if self.stock else [])

    def run_one(self, side, row, seconds):
        """The figures of one run, or None and why."""
        keys = [f"{k}={v}" for k, v in row.keys.items()]
        command = [os.path.join(self.tools, "net-bench"), side] + keys
        try:
            done = subprocess.run(command + [f"seconds={seconds}"], text=True,
                                  capture_output=True, timeout=RUN_LIMIT,
                                  check=False)
        except subprocess.TimeoutExpired:
            return None, "no end", 1
        if done.returncode == 0:
            return json.loads(done.stdout.splitlines()[-1]), "", 0
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        return None, lines[-1].replace("net-bench: ", ""), done.returncode

    def measure(self, row):
        """All sides of a row by turns."""
        outcome = scenes.Outcome()
        sides = [(self.ours, outcome.ours), ("floor", outcome.floor)]
        if self.stock and row.group != "ours":
            sides.insert(1, (self.stock, outcome.stock))
        for _ in range(self.args.rounds):
            for side, values in sides:
                figures, why, status = self.run_one(
                    side, row, self.args.seconds / (2 if side == "floor"
                                                    else 1))
                if figures:
                    values.append(figures)
                    continue
                name = {self.ours: "", self.stock: "stock: "}
                outcome.note = name.get(side, f"{side}: ") + why
                if side == self.ours and status != SKIPPED:
                    self.wrong.append(f"{row.name}: {why}")
                if side == self.ours:
                    return outcome
        return outcome

    def has_threads(self):
        """Can queue pairs have threads of their own?"""
        done = subprocess.run([self.ours, "-device", "virtio-net-pci,help"],
                              text=True, capture_output=True, check=False)
        return "iothread-vq-mapping" in done.stdout

    def rows(self):
        """The rows that were asked for."""
        threads = self.has_threads()
        for row in scenes.all_rows():
            if row.keys.get("pairs") and not threads:
                continue
            if self.args.cases:
                if not any(fnmatch.fnmatch(row.name, p)
                           for p in self.args.cases.split(",")):
                    continue
            elif self.args.quick and not row.target:
                continue
            yield row

    def net(self):
        """CPU time of the data path."""
        report.net_heading()
        for row in self.rows():
            outcome = self.measure(row)
            self.outcomes.append((row, outcome))
            report.net_line(row, outcome)

    def rings(self):
        """The ring core alone, with a driver in the same process."""
        tool = os.path.join(self.tools, "ring-bench")
        for _ in range(self.args.rounds):
            done = subprocess.run([tool], text=True, timeout=RUN_LIMIT,
                                  stdout=subprocess.PIPE, check=True)
            for name, value in json.loads(done.stdout).items():
                self.ring.setdefault(name, []).append(value)
        report.ring_lines(self.ring)

    def run(self):
        """All parts; the exit status."""
        wanted = [self.args.only] if self.args.only else PARTS
        if self.args.cases and not self.args.only:
            wanted = ["net"]
        if "net" in wanted:
            self.net()
        if "ring" in wanted:
            self.rings()
        if "start" in wanted:
            self.others += machine.start_rows(self.binaries(),
                                              self.args.rounds)
        if "boot" in wanted and not self.args.quick:
            self.others += machine.boot_rows(self.binaries(),
                                             min(self.args.rounds, 3))
        report.other_lines(self.others, self.ours, self.stock)
        report.targets(self.outcomes, self.others, self.ours, self.stock)
        if self.args.json:
            report.write_json(self.args.json, self)
        if self.args.svg:
            report.write_svg(self.args.svg, self.outcomes)
        for line in self.wrong:
            print(f"WRONG: {line}")
        return 1 if self.wrong else 0


def parser():
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    p.add_argument("--binary", default=os.path.join(
        TOP, "build/qemu-system-x86_64"))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=float, default=0.2,
                   help="timed part of one run")
    p.add_argument("--only", choices=PARTS)
    p.add_argument("--cases", metavar="PATTERN",
                   help="rows of this name, as 'tx-*-60,rt-*'")
    p.add_argument("--quick", action="store_true",
                   help="two rounds of the rows that have a target")
    p.add_argument("--no-stock", action="store_true",
                   help="without the distribution's emulator")
    p.add_argument("--json", metavar="FILE", help="every figure of each round")
    p.add_argument("--svg", metavar="FILE", help="the chart of docs/")
    return p


def main():
    """Run, and leave with the status."""
    args = parser().parse_args()
    if args.quick:
        args.rounds = min(args.rounds, 2)
        args.seconds = min(args.seconds, 0.1)
    sys.stdout.reconfigure(line_buffering=True)
    sys.exit(Bench(args).run())


if __name__ == "__main__":
    main()
