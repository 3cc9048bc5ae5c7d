#!/usr/bin/env python3
"""Run the test suites and end with the counts.

usage: run-tests.py BUILDDIR [SUITE ...]

Every case that a test program reports counts, not only the programs. The last
line is "N passed, N failed, N skipped"; the status is 0 only if none failed.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
import os
import re
import subprocess
import sys

CASE = re.compile(r"^(ok|not ok) \d+(.*)$", re.M)


def counts_of(test):
    """(passed, failed, skipped) of one line of meson's log."""
    cases = CASE.findall(test.get("stdout") or "")
    skipped = sum(1 for _, rest in cases if re.search(r"#\s*SKIP", rest, re.I))
    failed = sum(1 for word, _ in cases if word == "not ok")
    passed = len(cases) - skipped - failed
    result = test["result"]
    if not cases:
        return (int(result == "OK"), int(result not in ("OK", "SKIP")),
                int(result == "SKIP"))
    if result not in ("OK", "SKIP") and failed == 0:
        failed = 1              # it crashed or ran out of time
    return passed, failed, skipped


def show_failure(test):
    print(f"--- {test['name']}: {test['result']}")
    for key in ("stdout", "stderr"):
        lines = [line for line in (test.get(key) or "").splitlines()
                 if not re.match(r"\s*ok \d", line)]
        print("\n".join(lines[-40:]))


def main():
    build, suites = sys.argv[1], sys.argv[2:]
    command = ["meson", "test", "-C", build, "--no-rebuild"]
    for suite in suites:
        command += ["--suite", suite]
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    if subprocess.run(["ninja", "-C", build],
                      stdout=subprocess.DEVNULL, check=False).returncode:
        sys.exit("the build failed")
    status = subprocess.run(command, check=False).returncode
    totals = [0, 0, 0]
    bad = []
    if os.path.exists(log):
        with open(log, encoding="utf-8") as f:
            for line in f:
                test = json.loads(line)
                counts = counts_of(test)
                totals = [a + b for a, b in zip(totals, counts)]
                if counts[1]:
                    bad.append(test)
    for test in bad:
        show_failure(test)
    if totals[0] + totals[1] == 0:
        print("no test ran")
        totals[1] = 1
    print("{} passed, {} failed, {} skipped".format(*totals))
    sys.exit(1 if totals[1] or status else 0)


if __name__ == "__main__":
    main()
