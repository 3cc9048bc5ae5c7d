"""Test cases that print TAP.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import sys
import traceback


class Skip(Exception):
    """The machine lacks what the case needs; the text says what."""


def run(cases):
    """Run functions in order; the first line of each docstring names the case."""
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, case in enumerate(cases, 1):
        name = case.__name__.replace("test_", "").replace("_", "-")
        try:
            case()
            print(f"ok {number} {name}", flush=True)
        except Skip as e:
            print(f"ok {number} {name} # SKIP {e}", flush=True)
        except Exception:  # a case may fail in any way
            failed += 1
            print(f"not ok {number} {name}")
            for line in traceback.format_exc().rstrip().split("\n"):
                print(f"# {line}", flush=True)
    sys.exit(1 if failed else 0)
