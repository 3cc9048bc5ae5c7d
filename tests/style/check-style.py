#!/usr/bin/env python3
"""The rules of style that a program can check, one test case each (TAP).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import fnmatch
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

# The floors of docs/devel/architecture.rst; the longest prefix decides.
FLOORS = {
    "util/": 0, "qapi/": 0, "include/qemu/": 0, "include/qapi/": 0,
    "qom/": 1, "include/qom/": 1, "migration/vmstate": 1,
    "include/migration/vmstate.h": 1, "migration/qemu-file": 1,
    "include/migration/qemu-file.h": 1,
    "system/runstate": 1, "include/system/runstate.h": 1,
    "include/system/reset.h": 2, "system/reset": 2,
    "include/exec/": 2, "hw/core/": 2, "include/hw/core/": 2, "include/system/": 2,
    "system/memory": 2, "system/flatview": 2, "system/physmem": 2,
    "system/cpus": 2, "system/ioeventfd": 2, "system/dirty": 2,
    "system/iothread": 2,
    "net/": 3, "chardev/": 3, "backends/": 3, "migration/": 3,
    "include/net/": 3, "include/chardev/": 3, "include/migration/": 3,
    "accel/": 4, "target/": 4, "include/accel/": 4,
    "hw/core/qdev-properties-system": 4,
    "hw/core/null-machine": 4,
    "hw/pci/": 5, "hw/pci-host/": 5, "hw/pci-bridge/": 5, "hw/isa/": 5, "hw/intc/": 5,
    "hw/timer/": 5, "hw/char/": 5, "hw/rtc/": 5, "hw/acpi/": 5,
    "hw/nvram/": 5, "hw/input/": 5, "hw/smbios/": 5,
    "include/hw/firmware/": 5,
    "include/hw/pci/": 5, "include/hw/pci-host/": 5, "include/hw/isa/": 5,
    "include/hw/intc/": 5, "include/hw/timer/": 5, "include/hw/char/": 5,
    "include/hw/rtc/": 5, "include/hw/acpi/": 5, "include/hw/nvram/": 5,
    "include/hw/input/": 5, "include/hw/southbridge/": 5,
    "hw/virtio/": 6, "include/hw/virtio/": 6,
    "hw/virtio/virtio-net": 7, "hw/virtio/virtio-balloon": 7,
    "hw/virtio/virtio-rng": 7, "include/hw/virtio/virtio-net": 7,
    "include/hw/virtio/virtio-balloon": 7, "include/hw/virtio/virtio-rng": 7,
    "hw/i386/": 7, "hw/net/": 7, "include/hw/i386/": 7, "include/hw/net/": 7,
    "system/": 8, "monitor/": 8, "include/monitor/": 8,
}
LINES_MAX = 800
COLUMNS_MAX = 100
CODE = (".c", ".h", ".inc", ".py", ".sh")


def tracked():
    out = subprocess.run(["git", "-C", TOP, "ls-files", "-co",
                          "--exclude-standard"], check=True, text=True,
                         stdout=subprocess.PIPE).stdout.split("\n")
    return sorted(f for f in out if f and os.path.isfile(os.path.join(TOP, f)))


def text_of(name):
    with open(os.path.join(TOP, name), encoding="utf-8",
              errors="replace") as f:
        return f.read()


def floor_of(name):
    if name.endswith("/trace.h"):
        return 0        # events of a folder, which know util/trace.c only
    best = max((p for p in FLOORS if name.startswith(p)), key=len, default=None)
    return None if best is None else FLOORS[best]


def resolve(name, include):
    """The file that an #include "…" means, if it is one of ours."""
    beside = os.path.normpath(os.path.join(os.path.dirname(name), include))
    for path in (beside, os.path.join("include", include), include):
        if os.path.isfile(os.path.join(TOP, path)):
            return path
    return None


def check_floors(files):
    for name in files:
        mine = floor_of(name)
        if mine is None or not name.endswith((".c", ".h", ".inc")):
            continue
        for number, line in enumerate(text_of(name).split("\n"), 1):
            found = re.match(r'\s*#\s*include "([^"]+)"', line)
            target = found and resolve(name, found.group(1))
            theirs = target and floor_of(target)
            if theirs is not None and theirs > mine:
                yield (f"{name}:{number}: floor {mine} includes {target}"
                       f" of floor {theirs}")


def check_known_floor(files):
    for name in files:
        if (name.endswith((".c", ".h")) and not name.startswith("tests/") and
                floor_of(name) is None):
            yield f"{name}: stands on no floor; see tests/style/check-style.py"


def check_spdx(files):
    for name in files:
        code = name.endswith(CODE + ("meson.build", ".rst.in", ".toml"))
        if code and "SPDX-License-Identifier: GPL-2.0-or-later" not in \
                text_of(name)[:2000]:
            yield f"{name}: no SPDX line near its beginning"


def check_lengths(files):
    for name in files:
        if not name.endswith(CODE):
            continue
        lines = text_of(name).rstrip("\n").split("\n")
        if len(lines) > LINES_MAX:
            yield f"{name}: {len(lines)} lines, at most {LINES_MAX}"
        for number, line in enumerate(lines, 1):
            if len(line) > COLUMNS_MAX:
                yield f"{name}:{number}: {len(line)} columns"
            if "\t" in line and not name.endswith(".sh"):
                yield f"{name}:{number}: tab"
            if line != line.rstrip():
                yield f"{name}:{number}: space at the end of the line"


def check_first_include(files):
    for name in files:
        if not name.endswith(".c"):
            continue
        found = re.search(r'^\s*#\s*include (\S+)', text_of(name), re.M)
        if found and found.group(1) != '"qemu/osdep.h"':
            yield f"{name}: the first include is {found.group(1)}"


def check_dead_code(files):
    for name in files:
        if name.endswith((".c", ".h", ".inc")):
            for number, line in enumerate(text_of(name).split("\n"), 1):
                if re.match(r"\s*#\s*if 0\b", line):
                    yield f"{name}:{number}: #if 0"
                if re.search(r"\b(TODO|FIXME|XXX)\b", line):
                    yield f"{name}:{number}: unfinished"


def check_maintainers(files):
    patterns = [line[2:].strip() for line in text_of("MAINTAINERS").split("\n")
                if line.startswith("F:")]
    for name in files:
        if not any(fnmatch.fnmatch(name, p) or
                   (p.endswith("/") and name.startswith(p)) for p in patterns):
            yield f"{name}: no entry in MAINTAINERS"
    for pattern in patterns:
        if not any(fnmatch.fnmatch(n, pattern) or
                   (pattern.endswith("/") and n.startswith(pattern))
                   for n in files):
            yield f"MAINTAINERS: {pattern} matches no file"


def check_events(files):
    """What is sent as a QMP event is declared in the schema."""
    declared, sent = set(), {}
    for name in files:
        if name.startswith("qapi/") and name.endswith(".toml"):
            declared |= set(re.findall(r"^\[event\.([A-Z_]+)\]",
                                       text_of(name), re.M))
        elif (name.endswith(".c") and not name.startswith("tests/") and
              '#include "qapi/qmp-event.h"' in text_of(name)):
            for event in re.findall(r'"([A-Z][A-Z_]{3,})"', text_of(name)):
                sent[event] = name
    for event in sorted(set(sent) - declared):
        yield f"{sent[event]}: event {event} is not in the schema"


CHECKS = [
    ("no-include-of-a-higher-floor", check_floors),
    ("every-file-stands-on-a-floor", check_known_floor),
    ("spdx-line", check_spdx),
    ("length-of-files-and-lines", check_lengths),
    ("osdep-first", check_first_include),
    ("no-dead-code", check_dead_code),
    ("every-event-is-declared", check_events),
    ("every-file-has-a-maintainers-entry", check_maintainers),
]


def main():
    if subprocess.run(["git", "-C", TOP, "rev-parse"], check=False,
                      capture_output=True).returncode:
        print("1..0 # SKIP not a git checkout")
        return
    files = tracked()
    print(f"1..{len(CHECKS)}")
    status = 0
    for number, (name, check) in enumerate(CHECKS, 1):
        found = list(check(files))
        print(f"{'not ok' if found else 'ok'} {number} {name}")
        for text in found[:50]:
            print(f"# {text}")
        status |= bool(found)
    sys.exit(status)


if __name__ == "__main__":
    main()
