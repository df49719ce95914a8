"""Plots as SVG text: lines, bars, histograms; colours that print and that colour-blind readers tell apart."""

from collections.abc import Mapping, Sequence
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
WIDTH, HEIGHT = 640, 280
LEFT, RIGHT, TOP, BOTTOM = 44, 130, 12, 34
BAR = 22
LABEL = 14.0  # from one label to the next
BINS = 20


def lines(series: Mapping[str, Sequence[tuple[float, float]]], *, x_label: str) -> str:
    """Lines of points (x, y from 0 to 1), each with its name at its end."""
    places = [x for points in series.values() for x, _ in points]
    if not places:
        return _svg(HEIGHT, "")
    low, high = min(places), max(places)
    span = (high - low) or 1.0

    def across(x: float) -> float:
        return LEFT + (x - low) / span * (WIDTH - LEFT - RIGHT)

    parts = [_grid()]
    parts += [_text(across(x), HEIGHT - 14, f"{x:g}", "middle") for x in sorted(set(places))]
    parts.append(_text(WIDTH - RIGHT + 12, HEIGHT - 14, x_label))
    heights = _label_heights({name: _down(points[-1][1]) for name, points in series.items()})
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{across(x):.1f},{_down(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{across(x):.1f}" cy="{_down(y):.1f}" r="3" fill="{colour}"/>' for x, y in points]
        label = f"{name} {points[-1][1]:.3f}"
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{heights[name] + 4:.1f}" style="fill:{colour}">{escape(label)}</text>'
        )
    return _svg(HEIGHT, "".join(parts))


def _label_heights(ends: dict[str, float]) -> dict[str, float]:
    """Where labels stand, in the order of the lines' ends, a line of text apart and above the axis' name."""
    heights: dict[str, float] = {}
    lowest = HEIGHT - BOTTOM - 4.0
    names = list(ends)
    for name in sorted(names, key=lambda each: (ends[each], names.index(each)), reverse=True):  # from the bottom up
        heights[name] = min(ends[name], lowest)
        lowest = heights[name] - LABEL
    shift = max(0.0, TOP - min(heights.values(), default=TOP))
    return {name: height + shift for name, height in heights.items()}


def bars(values: Sequence[tuple[str, float]]) -> str:
    """Horizontal bars from 0 to 1."""
    start = 250
    room = WIDTH - start - 60
    parts = []
    for number, (name, value) in enumerate(values):
        top = 6 + number * BAR
        parts.append(_text(start - 8, top + 13, name, "end"))
        parts.append(
            f'<rect x="{start}" y="{top}" width="{max(1.0, value * room):.1f}" height="{BAR - 6}" fill="{COLOURS[0]}"/>'
        )
        parts.append(_text(start + value * room + 6, top + 13, f"{value:.3f}"))
    return _svg(12 + BAR * len(values), "".join(parts))


def histogram(groups: Mapping[str, Sequence[float]], *, mark: float) -> str:
    """How values from 0 to 1 are spread, as shares of each group, with a vertical mark."""
    shares = {name: _shares(values) for name, values in groups.items()}
    highest = max((share for found in shares.values() for share in found), default=0) or 1.0
    room = WIDTH - LEFT - RIGHT
    width = room / BINS
    parts = [_grid(highest)]
    for number, (name, found) in enumerate(shares.items()):
        colour = COLOURS[number % len(COLOURS)]
        for place, share in enumerate(found):
            top = _down(share / highest)
            parts.append(
                f'<rect x="{LEFT + place * width + number * width / 2:.1f}" y="{top:.1f}" width="{width / 2 - 1:.1f}" '
                f'height="{HEIGHT - BOTTOM - top:.1f}" fill="{colour}"/>'
            )
        label = f"{name} ({len(groups[name])})"
        parts.append(
            f'<text x="{WIDTH - RIGHT + 8}" y="{TOP + 14 + number * 16}" style="fill:{colour}">{escape(label)}</text>'
        )
    at = LEFT + mark * room
    parts.append(
        f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#888" stroke-dasharray="4 3"/>'
    )
    parts += [_text(LEFT + tick / 4 * room, HEIGHT - 14, f"{tick / 4:g}", "middle") for tick in range(5)]
    return _svg(HEIGHT, "".join(parts))


def _shares(values: Sequence[float]) -> list[float]:
    counts = [0] * BINS
    for value in values:
        counts[min(BINS - 1, max(0, int(value * BINS)))] += 1
    return [count / (len(values) or 1) for count in counts]


def _grid(highest: float = 1.0) -> str:
    parts = []
    for tick in range(6):
        y = _down(tick / 5)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8884"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{tick / 5 * highest:.2g}", "end"))
    return "".join(parts)


def _down(share: float) -> float:
    return TOP + (1 - share) * (HEIGHT - TOP - BOTTOM)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: int, content: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">{content}</svg>'
