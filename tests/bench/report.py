"""What `make bench` prints and writes.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import json
from statistics import median

import chart
import scenes

NET_HEAD = (f"{'':<32}{'ours':>10}{'stock':>10}{'ratio (least..most)':>23}"
            f"{'floor':>9}{'× floor':>9}{'frames/s':>11}")


def values(figures, row):
    """The figure of a row that counts, by round."""
    return [f["p50_us" if row.is_trip else "cpu_ns"] for f in figures]


def ratios(row, outcome):
    """Stock ÷ ours within each round."""
    return [s / o for o, s in zip(values(outcome.ours, row),
                                  values(outcome.stock, row)) if o > 0]


def floor_value(row, outcome):
    """Median of the floor; None if there is none."""
    found = values(outcome.floor, row)
    if not found:
        return None
    if row.is_trip:
        return median(found) or None
    return row.floor_of(median(found))


def net_heading():
    """Above the rows of the data path."""
    print("CPU nanoseconds of the emulator a frame (rt: median microseconds of"
          " a round trip); medians")
    print(NET_HEAD)


def net_line(row, outcome):
    """One row of the data path."""
    if not outcome.ours:
        print(f"  {row.name:<30}  -- {outcome.note}")
        return
    ours = median(values(outcome.ours, row))
    line = f"  {row.name:<30}{ours:>10.1f}"
    if outcome.stock:
        r = ratios(row, outcome)
        line += (f"{median(values(outcome.stock, row)):>10.1f}"
                 f"{median(r):>9.2f} ({min(r):.2f}..{max(r):.2f})".ljust(23))
    else:
        line += f"{'-':>10}{'':>23}"
    line = line.ljust(75)
    floor = floor_value(row, outcome)
    if floor:
        line += f"{floor:>9.1f}{ours / floor:>9.2f}"
    else:
        line += " " * 18
    line += f"{median(f['rate'] for f in outcome.ours):>11,.0f}"
    if row.is_trip:
        line += f"  p99 {median(f['p99_us'] for f in outcome.ours):,.0f} µs"
        line += f", {median(f['cpu_ns'] for f in outcome.ours) / 1000:.1f}"
        line += " µs CPU"
    if outcome.note:
        line += f"  ({outcome.note})"
    print(line)


def ring_lines(found):
    """The ring core alone."""
    print("ring consumption, CPU nanoseconds a chain: taken, filled, published")
    for name, v in found.items():
        print(f"  {name:<44}{median(v):>8.1f} ({min(v):.1f}..{max(v):.1f})")


def _pair(row, ours, stock):
    """Medians of ours and stock, and the ratio in our favour."""
    _, unit, found, _ = row
    a = median(found[ours])
    b = median(found[stock]) if stock else None
    if b is None:
        return a, None, None
    return a, b, a / b if unit == "M/s" else b / a


def other_lines(rows, ours, stock):
    """Start, memory, boot."""
    for row in rows:
        a, b, ratio = _pair(row, ours, stock)
        spread = f"({min(row[2][ours]):.2f}..{max(row[2][ours]):.2f})"
        line = f"  {row[0]:<34}{a:>9.2f} {row[1]:<4}{spread:<18}"
        if b is not None:
            line += f" stock {b:>9.2f}   ratio {ratio:.2f}"
        print(line)


def targets(outcomes, rows, ours, stock):
    """Each row that is to reach something: what, and whether it does."""
    lines = []
    for row, outcome in outcomes:
        if row.target and outcome.ours and outcome.stock:
            r = ratios(row, outcome)
            lines.append((row.name, row.target, median(r), min(r), max(r)))
    for row in rows:
        ratio = _pair(row, ours, stock)[2]
        if row[3] and ratio:
            lines.append((row[0], row[3], ratio, ratio, ratio))
    if lines:
        print(f"\n{'stock ÷ ours':<36}{'at least':>9}{'is':>8}  spread")
    for name, target, value, low, high in lines:
        # A variant is not to be slower beyond what rounds differ by.
        near = target == 1 and high >= 1
        print(f"  {name:<34}{target:>9.1f}{value:>8.2f}  {low:.2f}..{high:.2f}"
              f"  {'reached' if value >= target or near else 'NOT REACHED'}")
    above = []
    for row, outcome in outcomes:
        floor = floor_value(row, outcome)
        if not row.is_trip and floor and outcome.ours:
            times = median(values(outcome.ours, row)) / floor
            if times > scenes.FLOOR_LIMIT:
                above.append(f"  {row.name:<34}{times:>9.2f}")
    if above:
        print(f"\nabove {scenes.FLOOR_LIMIT} × the floor")
        print("\n".join(above))
    _pairs(outcomes)


def _pairs(outcomes):
    """Frames of two pairs on two threads against those of one."""
    rate = {row.name: median(f["rate"] for f in outcome.ours)
            for row, outcome in outcomes if outcome.ours}
    for name, two in rate.items():
        one = rate.get(name.replace("-2-pairs", "-1-pair"))
        if "-2-pairs" in name and one:
            print(f"  {name}: {two / one:.2f} × the frames of one pair")


def write_json(path, bench):
    """All that was measured."""
    with open(path, "w", encoding="utf-8") as f:
        json.dump({
            "ours": bench.ours, "stock": bench.stock,
            "net": [{"name": row.name, "keys": row.keys, "target": row.target,
                     "ours": o.ours, "stock": o.stock, "floor": o.floor,
                     "note": o.note} for row, o in bench.outcomes],
            "ring": bench.ring,
            "other": [{"name": r[0], "unit": r[1],
                       "ours": r[2][bench.ours],
                       "stock": r[2].get(bench.stock)} for r in bench.others],
        }, f, indent=1)
        f.write("\n")


GROUPS = [("transmit, CPU nanoseconds a frame", "tx"),
          ("receive, CPU nanoseconds a frame", "rx"),
          ("round trip, median microseconds", "rt")]


def write_svg(path, outcomes):
    """The chart: the main rows."""
    groups = []
    for heading, way in GROUPS:
        rows = []
        for row, outcome in outcomes:
            if row.group != "main" or row.keys["way"] != way or \
               not outcome.ours:
                continue
            figures = {"ours": median(values(outcome.ours, row)),
                       "floor": floor_value(row, outcome)}
            if outcome.stock:
                figures["stock"] = median(values(outcome.stock, row))
            rows.append((row.name[3:].replace("-", " "), figures))
        if rows:
            groups.append((heading, rows))
    with open(path, "w", encoding="utf-8") as f:
        f.write(chart.chart("virtio-net: what a frame costs", groups))
