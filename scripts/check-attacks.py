#!/usr/bin/env python3
"""Take away each check that a named attack runs into, and see its test fail.

usage: check-attacks.py [--scratch DIR] [--list | --rst] [ROW ...]

Reads tests/style/attack-checks.toml. The tree is copied to DIR (build-attacks) and
built there with ASan and UBSan. Every test passes first; then each check is taken
away in the copy, alone, and its test has to fail. ROWs are words that the names of
rows contain. Takes some ten seconds per row; run by hand: `make check-attacks`.
--list shows the rows; --rst prints docs/devel/attacks.rst, which is made by it.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIST = os.path.join(TOP, "tests/style/attack-checks.toml")
EMULATOR = "qemu-system-x86_64"
SECONDS = 90
ENVIRONMENT = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=66",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
}


class Scratch:
    """The copy of the tree, and its build folder."""

    def __init__(self, folder):
        self.src = os.path.join(folder, "src")
        self.build = os.path.join(folder, "build")
        self.passes = {}        # what was wrong with a test as it is, or None

    def update(self):
        names = subprocess.run(["git", "ls-files", "-z", "--cached",
                                "--others", "--exclude-standard"], cwd=TOP,
                               check=True, stdout=subprocess.PIPE
                               ).stdout.decode().split("\0")
        for name in filter(None, names):
            source, copy = os.path.join(TOP, name), os.path.join(self.src, name)
            if not os.path.isfile(source):
                if os.path.exists(copy):
                    os.remove(copy)
            elif not os.path.exists(copy) or read(source) != read(copy):
                os.makedirs(os.path.dirname(copy), exist_ok=True)
                shutil.copy(source, copy)

    def configure(self):
        if not os.path.exists(os.path.join(self.build, "build.ninja")):
            subprocess.run([os.path.join(self.src, "configure"),
                            "--enable-sanitizers", f"--builddir={self.build}"],
                           check=True, stdout=subprocess.DEVNULL)

    def make(self, programs):
        """None, or what the compiler said."""
        run = subprocess.run(["ninja", "-C", self.build, *sorted(programs)],
                             check=False, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
        return run.stdout[-2000:] if run.returncode else None

    def run(self, check):
        """Does the test pass? And what it said."""
        env = dict(os.environ, **ENVIRONMENT, QTEST_QEMU_BINARY=os.path.join(
            self.build, EMULATOR))
        command = [os.path.join(self.build, check["program"])]
        command += ["--tap", "-k", "-p", check["case"]]
        try:
            run = subprocess.run(command, check=False, env=env,
                                 stdin=subprocess.DEVNULL, timeout=SECONDS,
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        except subprocess.TimeoutExpired:
            return False, "it does not end"
        text = run.stdout.decode(errors="replace")
        passed = (run.returncode == 0 and re.search(r"^ok ", text, re.M) and
                  not re.search(r"^not ok|# SKIP|ERROR: .*Sanitizer|"
                                r"runtime error:", text, re.M))
        return bool(passed), text[-3000:]


def read(path):
    with open(path, "rb") as f:
        return f.read()


def without_check(text, check):
    """The file's text without the check; an error if that is not clear."""
    for edit in check["edits"]:
        count = text.count(edit["find"])
        if count != 1:
            raise ValueError(f"{check['file']} has the check {count} times:\n"
                             f"{edit['find']}")
        text = text.replace(edit["find"], edit["replace"])
    return text


def load(rows):
    """All checks of the list that are wanted, each with its edits."""
    with open(LIST, "rb") as f:
        checks = tomllib.load(f)["check"]
    for check in checks:
        check.setdefault("edits", [{"find": check.get("find"),
                                    "replace": check.get("replace")}])
    return [c for c in checks
            if not rows or any(row in c["row"] for row in rows)]


def try_as_it_is(scratch, check):
    """What is wrong with a check's test while the check is there, or None."""
    key = (check["program"], check["case"])
    if key not in scratch.passes:
        passed, text = scratch.run(check)
        scratch.passes[key] = (None if passed else
                               f"the test does not pass as it is:\n{text}")
    return scratch.passes[key]


def try_check(scratch, check):
    """What is wrong with a check's test, or None."""
    # Of the tests only those of one room have the emulator inside.
    program = check["program"]
    changed_program = EMULATOR if "qtest" in program else program
    path = os.path.join(scratch.src, check["file"])
    with open(path, encoding="utf-8") as f:
        original = f.read()
    try:
        changed = without_check(original, check)
    except ValueError as e:
        return f"the list is old: {e}"
    try:
        with open(path, "w", encoding="utf-8") as f:
            f.write(changed)
        # The file that was changed before is built again with this one.
        wrong = scratch.make([changed_program])
        if wrong:
            return f"does not compile without the check:\n{wrong}"
        passed, _ = scratch.run(check)
    finally:
        with open(path, "w", encoding="utf-8") as f:
            f.write(original)
    return "the test passes without the check" if passed else None


PAGE = """.. SPDX-License-Identifier: GPL-2.0-or-later

Attacks, and what holds them off
================================

Devices of this kind have fallen to the attacks below, or might have. For each: the
check that holds it off, the file that it is in, and the test that fails without it.
``make check-attacks`` shows that it does (see testing.rst).

This page is made of ``tests/style/attack-checks.toml``:
``python3 scripts/check-attacks.py --rst >docs/devel/attacks.rst``. The ``style`` suite
compares it, and looks whether each check and each test is still there.

"""


def page(checks):
    """docs/devel/attacks.rst"""
    text = PAGE
    for row in dict.fromkeys(c["row"] for c in checks):
        text += f"{row}\n"
        for check in checks:
            if check["row"] == row:
                text += (f"  - {check['what']}\n    (``{check['file']}``):\n"
                         f"    ``{os.path.basename(check['program'])} "
                         f"{check['case'].removeprefix('/x86_64/')}``\n")
        text += "\n"
    return text[:-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--scratch", default=os.path.join(TOP, "build-attacks"))
    parser.add_argument("--list", action="store_true", help="only show rows")
    parser.add_argument("--rst", action="store_true", help="print the page")
    parser.add_argument("rows", nargs="*")
    args = parser.parse_args()
    checks = load(args.rows)
    if args.list:
        for check in checks:
            print(f"{check['row']}: {check['what']} ({check['file']})")
        return
    if args.rst:
        print(page(checks), end="")
        return
    programs = {EMULATOR} | {c["program"] for c in checks}
    scratch = Scratch(os.path.abspath(args.scratch))
    scratch.update()
    scratch.configure()
    wrong = scratch.make(programs)
    if wrong:
        sys.exit(f"the copy does not build:\n{wrong}")
    for check in checks:
        try_as_it_is(scratch, check)
    bad = 0
    for number, check in enumerate(checks, 1):
        wrong = try_as_it_is(scratch, check) or try_check(scratch, check)
        bad += wrong is not None
        print(f"{'not ok' if wrong else 'ok'} {number} {check['row']}: "
              f"{check['what']}", flush=True)
        for line in (wrong or "").splitlines():
            print(f"# {line}", flush=True)
    print(f"{len(checks) - bad} checks are guarded, {bad} are not")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
