# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Shapes of an SVG, as text: boxes, lines and words, readable on light and on dark pages.

An SVG that a page shows as an image is drawn in the colours that the reader's system prefers (media query C(prefers-color-scheme)),
which need not be those of the page: so the picture has a background of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

# Names of colours, with their value on light and on dark pages.
COLOURS = {
    "back": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "faint": ("#59636e", "#9198a1"),
    "line": ("#8c959f", "#6e7681"),
    "box": ("#f6f8fa", "#161b22"),
    "one": ("#ddf4ff", "#0c2d6b"),
    "two": ("#dafbe1", "#033a16"),
    "three": ("#fff8c5", "#4b2900"),
    "good": ("#1a7f37", "#3fb950"),
    "change": ("#9a6700", "#d29922"),
}
SANS = "-apple-system, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', Helvetica, Arial, sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
FONTS = {"sans": SANS, "mono": MONO}


def style() -> str:
    light, dark = (";".join(f"--{name}:{values[place]}" for name, values in COLOURS.items()) for place in (0, 1))
    return f"<style>svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}</style>"


def paint(colour: str) -> str:
    """The value of a colour by its name, or none."""
    return f"var(--{colour})" if colour else "none"


def text(x: float, y: float, words: str, *, size: float = 13, colour: str = "ink", anchor: str = "start", font: str = "sans") -> str:
    """Words whose base line begins, ends or has its middle (C(anchor)) at a point. Spaces count."""
    where = f'x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size:g}" font-family="{FONTS[font]}" fill="{paint(colour)}"'
    return f'<text {where} xml:space="preserve">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, *, fill: str = "box", stroke: str = "line", dashed: bool = False) -> str:
    shape = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="5"'
    return f'<rect {shape} fill="{paint(fill)}" stroke="{paint(stroke)}"{_dashes(dashed)}/>'


def dot(x: float, y: float, radius: float, *, fill: str = "ink", stroke: str = "") -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{paint(fill)}" stroke="{paint(stroke)}" stroke-width="1.5"/>'


def line(*points: tuple[float, float], colour: str = "line", arrow: bool = False, dashed: bool = False, width: float = 1.2) -> str:
    """A line from point to point, with the head of an arrow at its end."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    end = ' marker-end="url(#arrow)"' if arrow else ""
    return f'<polyline points="{path}" fill="none" stroke="{paint(colour)}" stroke-width="{width:g}"{_dashes(dashed)}{end}/>'


def _dashes(dashed: bool) -> str:
    return ' stroke-dasharray="5 4"' if dashed else ""


def picture(width: float, height: float, title: str, shapes: Iterable[str]) -> str:
    """A whole file."""
    arrow = (
        '<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0,0L8,4L0,8z" fill="{paint("line")}"/></marker></defs>'
    )
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img">'
    back = f'<rect width="{width:g}" height="{height:g}" rx="8" fill="{paint("back")}"/>'
    return "\n".join([head, f"<title>{escape(title)}</title>", style(), arrow, back, *shapes, "</svg>"]) + "\n"
