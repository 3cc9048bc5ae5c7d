"""Which rows `make bench` has, and what each is to reach.

A row is a name and the keys of net-bench. Targets are ratios stock ÷ ours of CPU
time a frame, or of the median round trip.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from dataclasses import dataclass, field

SINKS = ["dgram-unix", "dgram-udp", "stream-unix", "stream-tcp", "tap"]
SIZES = [60, 1500, 65000]
# CPU nanoseconds that a ring takes at the floor; a hub has two.
RING_NS = 80
# Each further descriptor of a chain, on the same core.
DESCRIPTOR_NS = 5
PIECES = 18
# In general no row needs more than this many times its floor.
FLOOR_LIMIT = 1.25


@dataclass
class Row:
    """One line of the table."""

    name: str
    keys: dict
    group: str = "main"
    target: float = None        # stock ÷ ours, at least
    limited: bool = True        # FLOOR_LIMIT holds

    @property
    def is_trip(self):
        return self.keys["way"] == "rt"

    def floor_of(self, calls_ns):
        """CPU nanoseconds a frame: system calls, and the ring."""
        rings = 2 if self.keys["sink"] == "hub" else 1
        in_pieces = self.keys["way"] == "tx" and self.keys["bytes"] > 4096
        return (calls_ns + RING_NS * rings +
                (DESCRIPTOR_NS * (PIECES - 1) if in_pieces else 0))


@dataclass
class Outcome:
    """What was measured: a list by round for each side."""

    ours: list = field(default_factory=list)
    stock: list = field(default_factory=list)
    floor: list = field(default_factory=list)
    note: str = ""


TARGETS = {
    "tx-none-60": 2.8, "tx-none-65000": 3, "tx-dgram-unix-60": 2.1,
    "tx-dgram-udp-60": 3.5, "tx-stream-unix-60": 7, "tx-tap-60": 1.4,
    "tx-tap-65535-gso": 1.2, "rx-dgram-unix-60": 5.8, "rx-dgram-udp-60": 7.5,
    "rx-stream-unix-60": 3.7, "rx-tap-60": 1.9, "rx-tap-65535-gso": 1.7,
    "tx-hub-1500": 3, "rt-dgram-unix-60": 4, "rt-dgram-udp-60": 4,
}


def _row(way, sink, size, group="main", suffix="", **more):
    keys = {"way": way, "sink": sink, "bytes": size}
    name = f"{way}-{sink}-{size}"
    if sink == "tap" and size == 65000:
        keys.update(bytes=65535, gso=1)
        name = f"{way}-{sink}-65535-gso"
    if way == "rt":
        # Else it is the machine's other work that is measured.
        keys["fifo"] = 1
    keys.update(more)
    target = TARGETS.get(name) if not suffix else None
    if group == "variant":
        target = 1
    return Row(name + suffix, keys, group, target)


def main_rows():
    """All ways, backends and sizes with a split ring of 256."""
    for way in ["tx", "rx", "rt"]:
        first = {"tx": ["none", "hub"], "rx": [], "rt": ["hub"]}[way]
        for sink in first + SINKS:
            for size in SIZES:
                # A host's stack cuts long frames before it sends them back.
                if (way, sink, size) != ("rt", "tap", 65000):
                    yield _row(way, sink, size)


def variant_rows():
    """Layouts, event index, ring sizes: never slower than stock."""
    places = [("tx", "none"), ("tx", "dgram-unix"), ("tx", "stream-unix"),
              ("rx", "dgram-unix")]
    layouts = [(packed, event) for packed in (0, 1) for event in (0, 1)]
    for way, sink in places:
        for packed, event in layouts[1:]:
            yield _row(way, sink, 60, "variant", _suffix(packed, event),
                       packed=packed, event=event)
    for packed, event in layouts:
        yield _row("rx", "dgram-unix", 60, "variant",
                   _suffix(packed, event) + "-1024", packed=packed,
                   event=event, ring=1024)
    # The distribution's has no transmit ring of this size.
    yield _row("tx", "dgram-unix", 60, "ours", "-1024", ring=1024)


def _suffix(packed, event):
    return ("-packed" if packed else "-split") + ("-event" if event else "")


def thread_rows():
    """Two queue pairs, each on a thread of its own, and one pair alike.

    The driver leaves its core to the threads: rings are long, and it looks at them
    five thousand times a second only.
    """
    for layout in (0, 1):
        for pairs in (1, 2):
            name = f"-{pairs}-pair{'s'[:pairs - 1]}"
            for size in (60, 1500):
                yield _row("tx", "tap", size, "ours",
                           name + ("-packed" if layout else ""), pairs=pairs,
                           packed=layout, ring=1024, nap=200)


def all_rows():
    """In the order of the table."""
    yield from main_rows()
    yield from variant_rows()
    yield from thread_rows()
