#!/usr/bin/env python3
"""docs/specs/virtio-net.rst against the code: every feature that is offered and every
control command is described there with tests, and those tests exist (TAP).

SPDX-License-Identifier: GPL-2.0-or-later
"""
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
DOC = "docs/specs/virtio-net.rst"
# What is offered without a property of its own name.
ALWAYS = {"VIRTIO_NET_F_MAC", "VIRTIO_NET_F_MTU", "VIRTIO_NET_F_SPEED_DUPLEX",
          "VIRTIO_NET_F_STANDBY", "VIRTIO_F_VERSION_1"}


def read(name):
    with open(os.path.join(TOP, name), encoding="utf-8") as f:
        return f.read()


def section(title):
    text = read(DOC)
    start = text.index(f"{title}\n{'-' * len(title)}\n")
    end = re.compile(r"\n\S.*\n-{3,}\n").search(text, start + 2 * len(title) + 2)
    return text[start:end.start() if end else None]


def entries(title):
    """(first line, body) of each definition."""
    return re.findall(r"^(VIRTIO_.*)\n((?:    .*\n)+)", section(title), re.M)


def tests_in(body):
    names = body.partition("Tests:")[2]
    return re.findall(r"``([^`]+)``", names)


def graph_tests():
    """Strings in tests of the graph, and the interfaces of those that are added."""
    strings, interfaces = set(), {}
    for path in glob.glob(os.path.join(TOP, "tests/qtest/*.c")):
        with open(path, encoding="utf-8") as f:
            text = f.read()
        strings.update(re.findall(r'"([^"\n]+)"', text))
        for name, interface in re.findall(
                r'qos_add_test\("([^"]+)",\s*"([^"]+)"', text):
            interfaces.setdefault(name, set()).add(interface)
    return strings, interfaces


def check_tests_exist():
    strings, interfaces = graph_tests()
    for title in ("Features", "Control commands"):
        for head, body in entries(title):
            names = tests_in(body)
            if not names:
                yield f"{head}: names no test"
            for name in names:
                if name.startswith("tests/"):
                    if not os.path.isfile(os.path.join(TOP, name)):
                        yield f"{head}: no file {name}"
                    continue
                interface, _, case = name.partition("/")
                if case not in strings:
                    yield f"{head}: no test {name}"
                elif interface not in interfaces.get(case, {interface}):
                    yield f"{head}: {case} is of {interfaces[case]}"


def check_features():
    code = read("hw/net/virtio-net.c") + read("include/hw/virtio/virtio.h")
    offered = {f"VIRTIO_NET_F_{name}" for name in re.findall(
        r'\bFEATURE_PROP\("[^"]+", (\w+)', code)}
    offered |= set(re.findall(r"DEFINE_PROP_FEATURE_BIT\([^;]*?"
                              r"(VIRTIO_\w*F_[A-Z0-9_]+)\b", code))
    offered |= ALWAYS
    offered.discard("VIRTIO_NET_F_")
    described = {head.split(" ")[0] for head, _ in entries("Features")}
    for name in sorted(offered - described):
        yield f"{name} is offered and not described"
    for name in sorted(described - offered):
        yield f"{name} is described and not offered"


def check_commands():
    code = read("hw/net/virtio-net-ctrl.c")
    table = code[code.index("ctrl_commands[] = {"):]
    table = table[:table.index("};")]
    commands = {f"VIRTIO_NET_CTRL_RX_{mode}"
                for mode in re.findall(r"RX_MODE\((\w+),", table)}
    commands |= set(re.findall(r"\{ VIRTIO_NET_CTRL_\w+,\s*"
                               r"(VIRTIO_NET_CTRL_\w+),", table))
    described = set()
    for head, _ in entries("Control commands"):
        described.update(re.findall(r"VIRTIO_NET_CTRL_\w+", head))
    for name in sorted(commands - described):
        yield f"{name} is obeyed and not described"
    for name in sorted(described - commands):
        yield f"{name} is described and not obeyed"


CHECKS = [
    ("tests-that-are-named-exist", check_tests_exist),
    ("features-are-described", check_features),
    ("control-commands-are-described", check_commands),
]


def main():
    status = 0
    print(f"1..{len(CHECKS)}")
    for number, (name, check) in enumerate(CHECKS, 1):
        found = list(check())
        print(f"{'not ok' if found else 'ok'} {number} {name}")
        for text in found:
            print(f"# {text}")
        status |= bool(found)
    sys.exit(status)


if __name__ == "__main__":
    main()
