# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Failures as module C(apply) returns them: what is true of many objects is said once.

A webhook that is gone refuses hundreds of objects with the same words. Said for each, they are thousands of lines on a screen, before any
cause, and more than AWX shows of an event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from .result import Failure


def grouped(failures: Iterable[Failure]) -> list[dict[str, Any]]:
    """An entry for all objects of a part that were refused for the same, or that waited for the same: one as C(object), C(others) beside it."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for failure in failures:
        same = (failure.part, failure.because_of, failure.cause, "" if failure.cause else failure.message)
        if same in found:
            found[same]["others"].append(failure.object)
        else:
            found[same] = {**asdict(failure), "others": []}
    return list(found.values())


def each(entries: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The same as an entry for each object, with the words that the first of them was refused with."""
    for entry in entries:
        one = {name: value for name, value in entry.items() if name != "others"}
        yield one
        others = entry.get("others")
        for other in others if isinstance(others, list) else ():
            yield {**one, "object": other}
