#!/usr/bin/env python3
"""tests/style/attack-checks.toml against the tree: each check is where the list has it,
each test exists, and docs/devel/attacks.rst is made of the list (TAP). That the tests
fail without the checks is shown by `make check-attacks`, by hand.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import glob
import importlib.util
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PAGE = "docs/devel/attacks.rst"


def load_script():
    spec = importlib.util.spec_from_file_location(
        "check_attacks", os.path.join(TOP, "scripts/check-attacks.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def old_checks(script, checks):
    for check in checks:
        try:
            script.without_check(read(check["file"]), check)
        except (OSError, ValueError) as e:
            yield f"{check['row']}: {check['what']}: {e}"


def strings_of(program):
    """The strings in the source that a program's cases are named in."""
    base = os.path.basename(program)
    names = [f"{program}.c"]
    if base == "qos-test":
        names = glob.glob("tests/qtest/**/*.c", root_dir=TOP, recursive=True)
    strings = set()
    for name in names:
        strings.update(s.strip("/") for s in
                       re.findall(r'"([^"\n]+)"', read(name)))
    return strings


def missing_tests(_, checks):
    known = {}
    for check in checks:
        program, parts = check["program"], check["case"].strip("/").split("/")
        if program not in known:
            known[program] = strings_of(program)
        if re.match(r"(split|packed)(-event|-in-order)*$", parts[-1]):
            parts.pop()                         # the variant
        # Some part of the path, with its end, is written out.
        ends = {"/".join(parts[i:]) for i in range(len(parts))}
        if not ends & known[program]:
            yield f"{check['row']}: no test {check['case']} in {program}"


def old_page(script, checks):
    if read(PAGE) != script.page(checks):
        yield (f"{PAGE} is not what the list says: python3 "
               f"scripts/check-attacks.py --rst >{PAGE}")


CHECKS = [
    ("each-check-is-there", old_checks),
    ("each-test-is-there", missing_tests),
    ("the-page-is-up-to-date", old_page),
]


def main():
    script = load_script()
    checks = script.load([])
    print(f"1..{len(CHECKS)}")
    status = 0
    for number, (name, check) in enumerate(CHECKS, 1):
        found = list(check(script, checks))
        print(f"{'not ok' if found else 'ok'} {number} {name}")
        for text in found:
            print("# " + text.replace("\n", "\n# "))
        status |= bool(found)
    sys.exit(status)


if __name__ == "__main__":
    main()
