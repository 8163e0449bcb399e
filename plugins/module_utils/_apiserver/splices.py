# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of single entries in a YAML list, as splices of its text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

try:
    import yaml
except ImportError:  # who uses this asks for it, see _common/requirements
    yaml = None  # type: ignore[assignment]

from .errors import NodeError

# Line breaks of YAML 1.1.
_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# What needs no quotes in any list; a comma does in one between brackets.
_PLAIN = re.compile(r"[A-Za-z0-9/-][A-Za-z0-9_./:=@%+-]*[A-Za-z0-9_./=-]")
_BLOCK_TEXT = ("|", ">")


@dataclass(frozen=True)
class Item:
    """An entry of a list: its value, where it is written, in which style of quotes, and where its dash is (None between brackets)."""

    value: str
    start: int
    end: int
    style: str
    dash: int | None


@dataclass(frozen=True)
class Splice:
    """Characters that others take the place of."""

    start: int
    end: int
    text: str


def apply_splice(text: str, splice: Splice) -> str:
    return text[: splice.start] + splice.text + text[splice.end :]


def block_entries(text: str, sequence: Any) -> list[int]:
    """Where the dashes of a list are, one for each of its entries."""
    dashes = [token.start_mark.index for token in yaml.scan(text, Loader=yaml.SafeLoader) if isinstance(token, yaml.BlockEntryToken)]
    return [max(dash for dash in dashes if dash <= entry.start_mark.index) for entry in sequence.value]


def rewritten(item: Item, value: str, where: str) -> Splice:
    """Another value, in the same quotes."""
    _refuse_block_text(item, where)
    return Splice(item.start, item.end, _written(value, item.style, between_brackets=item.dash is None))


def removed(text: str, first: Item, last: Item, where: str) -> Splice:
    """Entries less, which follow each other."""
    _refuse_block_text(first, where)
    _refuse_block_text(last, where)
    # Entries of one list have dashes all, or none.
    if first.dash is not None and last.dash is not None:
        # A comment between the two words of a flag stays: it is no word.
        between = "" if first is last else text[_next_line(text, first.end)[0] : _line_start(text, last.dash)]
        return Splice(_line_start(text, first.dash), _next_line(text, last.end)[0], between)
    # With the comma behind them, or else the one before them.
    behind = re.compile(r"\s*,[ \t]*").match(text, last.end)
    before = re.compile(r",\s*\Z").search(text[: first.start])
    return Splice(first.start, behind.end(), "") if behind else Splice(before.start() if before else first.start, last.end, "")


def added(text: str, first: Item, last: Item, value: str, *, after: bool) -> Splice:
    """One more entry, beside C(first) to C(last), which follow each other.

    It comes after them, or before them where C(after) is false or they end in a block of text, whose end is not sure.
    """
    neighbour = last if after else first
    if first.dash is None:
        written = _written(value, neighbour.style, between_brackets=True)
        return Splice(last.end, last.end, f", {written}") if after else Splice(first.start, first.start, f"{written}, ")
    written = _written(value, neighbour.style, between_brackets=False)
    start = _line_start(text, first.dash)
    line = f"{text[start : first.dash]}- {written}"
    if not after or last.style in _BLOCK_TEXT:
        return Splice(start, start, line + (_next_line(text, first.dash)[1] or "\n"))
    end, line_break = _next_line(text, last.end)
    if line_break:
        return Splice(end, end, line + line_break)
    # The last line of a file that ends without a line break keeps doing so.
    near = _BREAK.search(text)
    return Splice(end, end, (near[0] if near else "\n") + line)


def _refuse_block_text(item: Item, where: str) -> None:
    if item.style in _BLOCK_TEXT:
        raise NodeError(f"{where}: {item.value.strip()} is written as a block of text; write it on one line")


def _written(value: str, style: str, *, between_brackets: bool) -> str:
    if style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    plain = _PLAIN.fullmatch(value if between_brackets else value.replace(",", "/"))
    if style == '"' or not plain or (between_brackets and "," in value):
        return json.dumps(value)
    return value


def _line_start(text: str, place: int) -> int:
    start = 0
    for line_break in _BREAK.finditer(text, 0, place):
        start = line_break.end()
    if text[start:place].strip(" \ufeff"):
        raise NodeError("The manifest has an entry of kube-apiserver's command line that does not begin its line: write one to a line")
    return start


def _next_line(text: str, place: int) -> tuple[int, str]:
    """Where the next line begins, and the line break before it (empty at the end of a file)."""
    found = _BREAK.search(text, place)
    return (found.end(), found[0]) if found else (len(text), "")
