"""Test cases that print TAP.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import concurrent.futures
import sys
import traceback


class Skip(Exception):
    """The machine lacks what the case needs; the text says what."""


def _outcome(number, case):
    """Run one case; what there is to print, and whether it failed."""
    name = case.__name__.replace("test_", "").replace("_", "-")
    try:
        case()
    except Skip as e:
        return f"ok {number} {name} # SKIP {e}", False
    except Exception:  # a case may fail in any way
        why = traceback.format_exc().rstrip().split("\n")
        return "\n# ".join([f"not ok {number} {name}", *why]), True
    return f"ok {number} {name}", False


def run(cases, at_once=1):
    """Run functions, and report them in order; their names are the cases'."""
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        for text, bad in pool.map(_outcome, range(1, len(cases) + 1), cases):
            print(text, flush=True)
            failed += bad
    sys.exit(1 if failed else 0)
