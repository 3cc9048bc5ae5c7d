"""A bar chart as SVG, written by hand: ours, the floor, the other emulator.

SPDX-License-Identifier: GPL-2.0-or-later
"""
from html import escape

WIDTH = 860
LEFT = 190
RIGHT = 150
BAR = 9
GAP = 10
COLOURS = {"stock": "#b9b4ab", "ours": "#2f6f9f", "floor": "#1d1d1d"}
LABELS = {"ours": "this emulator", "stock": "the distribution's",
          "floor": "system calls + ring alone"}


def _text(x, y, text, anchor="start", size=12, colour="#222"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{colour}" '
            f'text-anchor="{anchor}">{escape(text)}</text>')


def _bar(x, y, width, height, colour):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" '
            f'height="{height}" fill="{colour}"/>')


def _row(y, label, values):
    """Bars as shares of the longest; the floor is a line through ours."""
    space = WIDTH - LEFT - RIGHT
    longest = max(v for v in values.values() if v)
    parts = [_text(LEFT - 8, y + BAR + 4, label, "end")]
    ours = values["ours"] / longest * space
    stock = (values.get("stock") or 0) / longest * space
    parts.append(_bar(LEFT, y, ours, BAR, COLOURS["ours"]))
    if stock:
        parts.append(_bar(LEFT, y + BAR, stock, BAR, COLOURS["stock"]))
    if values.get("floor"):
        x = LEFT + values["floor"] / longest * space
        parts.append(_bar(x - 1, y - 2, 2, BAR + 4, COLOURS["floor"]))
    words = f"{values['ours']:,.0f}"
    if values.get("stock"):
        words += f" / {values['stock']:,.0f}: "
        words += f"{values['stock'] / values['ours']:.1f}×"
    parts.append(_text(LEFT + max(ours, stock) + 6, y + BAR + 4, words,
                       size=11))
    return parts


def chart(title, groups):
    """SVG text. @groups: [(heading, [(label, {"ours", "stock", "floor"})])]."""
    parts = []
    y = 52
    for heading, rows in groups:
        y += 16
        parts.append(_text(12, y, heading, size=13, colour="#000"))
        y += 10
        for label, values in rows:
            parts += _row(y, label, values)
            y += 2 * BAR + GAP
    legend = []
    x = LEFT
    for key in ("ours", "stock", "floor"):
        legend.append(_bar(x, 33, 14 if key != "floor" else 2, 10,
                           COLOURS[key]))
        legend.append(_text(x + 20, 42, LABELS[key], size=11))
        x += 190
    return "\n".join(
        [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
         f'height="{y + 12}" viewBox="0 0 {WIDTH} {y + 12}" '
         'font-family="sans-serif">',
         '<!-- SPDX-License-Identifier: GPL-2.0-or-later -->',
         f'<rect width="{WIDTH}" height="{y + 12}" fill="#fff"/>',
         _text(12, 22, title, size=15, colour="#000")] + legend + parts +
        ["</svg>", ""])
