# SPDX-License-Identifier: ISC
"""Draws the ratios to native as horizontal bars on a logarithmic scale, in SVG."""
import math
from xml.sax.saxutils import escape

from figures import Ratio, group_means
from report import format_number, lines_of_results

COLOURS = ["#2b6cb0", "#dd6b20", "#718096", "#2f855a", "#9f7aea", "#b83280"]
LEFT, WIDTH, BAR, GAP, TOP = 190, 640, 9, 8, 50


def text(x, y, content, **attributes):
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(content)}</text>'


class Scale:
    """From half of native to the next power of two above the largest ratio."""

    def __init__(self, values):
        self.low = min([-1.0] + [math.floor(math.log2(v)) for v in values])
        self.high = max([2.0] + [math.ceil(math.log2(v)) for v in values])

    def x(self, value):
        return LEFT + WIDTH * (math.log2(value) - self.low) / (self.high - self.low)

    def ticks(self):
        return [2.0 ** power for power in range(int(self.low), int(self.high) + 1)]


def draw_axis(scale, bottom):
    parts = []
    for tick in scale.ticks():
        x, colour = scale.x(tick), "#333" if tick == 1 else "#ddd"
        parts.append(f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{colour}"/>')
        parts.append(text(x, bottom + 14, f"{tick:g}", text_anchor="middle"))
    return parts


def draw_bar(scale, y, ratio, colour):
    start, end = sorted((scale.x(1), scale.x(ratio.median)))
    label = format_number(ratio.median) + (f" {ratio.problem}" if ratio.problem else "")
    return [f'<rect x="{start:.1f}" y="{y:.1f}" width="{max(end - start, 0.5):.1f}" height="{BAR}" fill="{colour}"/>',
            text(end + 3, y + BAR - 1, label, font_size=9)]


def draw_legend(engines, colours):
    parts, x = [], LEFT
    for engine in engines:
        parts.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{colours[engine.name]}"/>')
        parts.append(text(x + 14, 39, engine.name))
        x += 30 + 8 * len(engine.name)
    return parts


def bars(programs, engines, results):
    """(label, {engine name: ratio}) for each line of the tables, then for each group's mean."""
    lines = lines_of_results(programs, results)
    rows = [(label, {engine.name: results.ratio(program.name, engine.name, measure) for engine in engines})
            for program, measure, label in lines]
    for group, by_engine in group_means(lines, engines, results).items():
        rows.append((f"mean of {group}", {name: Ratio(mean, mean, mean, "") if mean else None
                                          for name, (mean, _) in by_engine.items()}))
    return rows


def chart(programs, engines, results):
    rows = bars(programs, engines, results)
    scale = Scale([ratio.median for _, by_engine in rows for ratio in by_engine.values() if ratio])
    colours = {engine.name: COLOURS[i % len(COLOURS)] for i, engine in enumerate(engines)}
    step = BAR * len(engines) + GAP
    bottom = TOP + step * len(rows) + GAP
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" height="{bottom + 30}" '
             'font-family="sans-serif" font-size="11">', '<rect width="100%" height="100%" fill="white"/>',
             text(LEFT, 18, "Cost as a multiple of native (CPU time unless said); shorter is better", font_size=13)]
    parts += draw_legend(engines, colours) + draw_axis(scale, bottom)
    for i, (label, by_engine) in enumerate(rows):
        y = TOP + GAP + step * i
        weight = "bold" if label.startswith("mean of ") else "normal"
        parts.append(text(LEFT - 6, y + BAR * len(engines) / 2 + 4, label, text_anchor="end", font_weight=weight))
        for j, (name, ratio) in enumerate(by_engine.items()):
            if ratio:
                parts += draw_bar(scale, y + BAR * j, ratio, colours[name])
    return "\n".join(parts + ["</svg>"]) + "\n"
