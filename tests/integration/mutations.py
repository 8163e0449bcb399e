# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects changed at random, for tests whose inputs are endless."""

from __future__ import annotations

import copy
import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Thing = dict[str, Any]
Place = tuple[str | int, ...]

_IDENTITY = {("apiVersion",), ("kind",), ("metadata",), ("metadata", "name"), ("metadata", "namespace")}
_ZEROS: tuple[Any, ...] = ("", 0, False, None, [], {})
_UNITS = ("", "m", "k", "M", "G", "Ki", "Mi", "Gi")


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """Every place in a value, the value itself first."""
    yield place
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for name, child in entries:
        yield from places(child, (*place, name))


def at(value: Any, place: Place) -> Any:
    """What stands at a place that is there."""
    for step in place:
        value = value[step]
    return value


def _has(value: Any, place: Place) -> bool:
    try:
        at(value, place)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _field(place: Place) -> str:
    """The last name on the way to a place; elements of a list go by the list's."""
    return next((step for step in reversed(place) if isinstance(step, str)), "")


class Words:
    """What stands under which names in a set of objects, to be put where it may or may not belong."""

    def __init__(self, objects: Iterable[Thing]) -> None:
        self._entries: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        for item in objects:
            for place in places(item):
                if place and isinstance(place[-1], str) and place not in _IDENTITY:
                    entry = place[-1], at(item, place)
                    # Of one parent's name, and of any.
                    for known in (self._entries[_field(place[:-1])], self._entries["*"]):
                        if len(known) < 200 and entry not in known:
                            known.append(entry)

    def entry(self, rng: random.Random, parent: str) -> tuple[str, Any]:
        """A name and a value, mostly of those that stand below the same name elsewhere."""
        known = self._entries.get(parent) if rng.random() < 0.8 else None
        return copy.deepcopy(rng.choice(known or self._entries["*"]))

    def value(self, rng: random.Random, name: str) -> Any:
        """A value that stands under this name somewhere."""
        values = [value for known, value in self._entries["*"] if known == name]
        return copy.deepcopy(rng.choice(values)) if values else "other"


def mutate(rng: random.Random, item: Thing, live: Thing, words: Words) -> tuple[Thing, list[str]]:
    """A copy of an object, changed at one to three places, and what was done; nothing when all of it was undone.

    Identity (apiVersion, kind, name, namespace) stays.

    :arg live: the same object as the API server has it: what it added is written out now and then.
    :arg words: of objects like this one.
    """
    changed, done = copy.deepcopy(item), []
    # Most changes are single: two of them hide each other.
    for _turn in range(rng.choice((1, 1, 1, 2, 3))):
        for _try in range(50):
            (kind,) = rng.choices(list(_KINDS), [weight for weight, _change in _KINDS.values()])
            # In letters, since to Python True is 1.
            before = json.dumps(changed)
            place = _KINDS[kind][1](rng, changed, live, words)
            if _identity(changed) != _identity(item):
                changed = json.loads(before)
            elif place is not None and json.dumps(changed) != before:
                done.append(f"{kind} {_written(place)}")
                break
    # One may have undone the other.
    return changed, done if json.dumps(changed) != json.dumps(item) else []


def _identity(item: Thing) -> tuple[Any, ...]:
    metadata = item["metadata"]
    return item["apiVersion"], item["kind"], metadata["name"], metadata.get("namespace")


def _written(place: Place) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)


def _somewhere(rng: random.Random, item: Thing, fits: Callable[[Any], bool] = lambda value: True) -> Place | None:
    """A place that may be changed: any with the same chance, or one met on a walk from the top, which comes to shallow ones more often."""
    if rng.random() < 0.5:
        found = [place for place in places(item) if place and place not in _IDENTITY and fits(at(item, place))]
        return rng.choice(found) if found else None
    for _try in range(20):
        place: Place = ()
        value: Any = item
        while isinstance(value, dict | list) and value and (place in _IDENTITY or not place or rng.random() < 0.8):
            step = rng.choice(list(value)) if isinstance(value, dict) else rng.randrange(len(value))
            place, value = (*place, step), value[step]
        if place and place not in _IDENTITY and fits(value):
            return place
    return None


def _drop(rng: random.Random, item: Thing, live: Thing, words: Words) -> Place | None:
    place = _somewhere(rng, item)
    if place:
        del at(item, place[:-1])[place[-1]]
    return place


def _replace(
    value_for: Callable[[random.Random, Any, Place, Words], Any], fits: Callable[[Any], bool] = lambda value: True
) -> Callable[[random.Random, Thing, Thing, Words], Place | None]:
    def change(rng: random.Random, item: Thing, live: Thing, words: Words) -> Place | None:
        place = _somewhere(rng, item, fits)
        if place:
            at(item, place[:-1])[place[-1]] = value_for(rng, at(item, place), place, words)
        return place

    return change


def _other(rng: random.Random, value: Any, place: Place, words: Words) -> Any:
    """A value of the same type that is close to this one, or one that stands at such a place elsewhere."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + rng.choice((1, -1, 1000))
    if isinstance(value, str) and rng.random() < 0.7:
        return rng.choice((f"{value}x", value[:-1], value.upper(), f"{value} ", f"{value}\n"))
    return words.value(rng, _field(place))


def _zero(rng: random.Random, value: Any, place: Place, words: Words) -> Any:
    same = [zero for zero in _ZEROS if type(zero) is type(value)]
    return copy.deepcopy(rng.choice(same if same and rng.random() < 0.7 else _ZEROS))


def _retyped(rng: random.Random, value: Any, place: Place, words: Words) -> Any:
    if isinstance(value, dict | list):
        return rng.choice(([copy.deepcopy(value)], {"added": copy.deepcopy(value)}, "text"))
    if isinstance(value, str):
        return int(value) if value.isdecimal() else rng.choice(([value], {"added": value}, 1, True))
    return rng.choice((str(value), [value], float(value or 0)))


def _is_number(value: Any) -> bool:
    digits = value.rstrip("".join(_UNITS)) if isinstance(value, str) else ""
    return digits.replace(".", "", 1).isdecimal() and digits.isascii()


def _respelt(rng: random.Random, value: str, place: Place, words: Words) -> Any:
    """The same number in other letters, or nearly: C(1) as C(1.0), C(1000m), C(01), 1; C(1Gi) as C(1024Mi)."""
    digits = value.rstrip("".join(_UNITS))
    unit = value[len(digits) :]
    spelt: list[Any] = [f"{digits}0{unit}" if "." in digits else f"{digits}.0{unit}", f"0{value}", f"{digits}{rng.choice(_UNITS)}"]
    if digits.isdecimal():
        number = int(digits)
        spelt += {"": [f"{number * 1000}m", number, f"{number}e0"], "m": [f"{number / 1000:g}"], "Mi": [f"{number * 1024}Ki"]}.get(unit, [])
        spelt += [f"{number * 1024}Mi", str(number * 2**30)] if unit == "Gi" else []
    return rng.choice(spelt)


def _add(rng: random.Random, item: Thing, live: Thing, words: Words) -> Place | None:
    """One more entry of a map or element of a list: new, copied, or moved here from an object like this one."""
    place = _somewhere(rng, item, lambda value: isinstance(value, dict | list))
    if place is None:
        return None
    target = at(item, place)
    name, value = (
        words.entry(rng, _field(place)) if rng.random() < 0.8 else ("added", rng.choice(("text", 1, True, *copy.deepcopy(_ZEROS))))
    )
    if isinstance(target, dict):
        target.setdefault(name, value)
        return (*place, name)
    if target and rng.random() < 0.8:
        value = copy.deepcopy(rng.choice(target))
        if isinstance(value, dict) and value and rng.random() < 0.7:
            value[rng.choice(list(value))] = "other"
        elif isinstance(value, str) and rng.random() < 0.7:
            value = f"{value}x"
    index = rng.randint(0, len(target))
    target.insert(index, value)
    return (*place, index)


def _write_out(rng: random.Random, item: Thing, live: Thing, words: Words) -> Place | None:
    """What the API server or a controller added is declared too."""
    filled = [
        place
        for place in places(live)
        # The whole of what is added: its parent is there, it is not.
        if len(place) > 1
        and not _has(item, place)
        and _has(item, place[:-1])
        and isinstance(at(item, place[:-1]), dict | list)
        # Bookkeeping, which nobody declares.
        and (place[0] != "metadata" or place[1] in ("labels", "annotations", "finalizers", "ownerReferences"))
    ]
    if not filled:
        return None
    place = rng.choice(filled)
    parent, value = at(item, place[:-1]), copy.deepcopy(at(live, place))
    if isinstance(parent, list):
        parent.append(value)
    else:
        parent[place[-1]] = value
    return place


def _reorder(rng: random.Random, item: Thing, live: Thing, words: Words) -> Place | None:
    place = _somewhere(rng, item, lambda value: isinstance(value, list) and len(value) > 1)
    if place:
        elements = at(item, place)
        one, other = rng.sample(range(len(elements)), 2)
        elements[one], elements[other] = elements[other], elements[one]
    return place


_KINDS: dict[str, tuple[int, Callable[[random.Random, Thing, Thing, Words], Place | None]]] = {
    "drop": (4, _drop),
    "change": (4, _replace(_other)),
    "add": (4, _add),
    "reorder": (3, _reorder),
    "write out": (3, _write_out),
    "zero": (2, _replace(_zero)),
    "respell": (1, _replace(_respelt, _is_number)),
    # Nearly always refused.
    "retype": (1, _replace(_retyped)),
}
