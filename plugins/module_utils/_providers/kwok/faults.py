# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults to rehearse, as the stand-ins are told."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..._common.suggest import nearest
from ..._objects.quantity import parse_quantity
from .layout import KwokError


def _text(value: Any) -> str:
    if isinstance(value, (Mapping, list, bool)) or value is None or not str(value):
        raise ValueError("a text is needed")
    return str(value)


def _name(value: Any) -> str:
    if "/" not in (text := _text(value)):
        raise ValueError("a namespace and a name are needed, like kubeflow/mysql-*")
    return text


def _code(value: Any) -> int:
    if isinstance(value, bool) or not 1 <= (code := int(value)) <= 255:
        raise ValueError("an exit code from 1 to 255 is needed")
    return code


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not 0 <= (seconds := float(value)) < math.inf:
        raise ValueError("a number of seconds is needed")
    return seconds


def _quantity(value: Any) -> str:
    if parse_quantity(_text(value)) is None:
        raise ValueError("an amount is needed, like 2 or 500Mi")
    return str(value)


def _quantities(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError("amounts by resource are needed, like {pods: 3}")
    return {str(name): _quantity(amount) for name, amount in value.items()}


CONTROLLERS = ("cert-manager", "cainjector", "istiod", "knative-webhook", "cache-deployer", "profile-controller")


def _controller(value: Any) -> str:
    if value not in CONTROLLERS:
        raise ValueError(f"one of {', '.join(CONTROLLERS)} is needed")
    return str(value)


Reader = Callable[[Any], Any]
_PODS: dict[str, Reader] = {"pods": _name, "container": _text}
_IMAGES: dict[str, Reader] = {"images": _text}
KINDS: dict[str, dict[str, Reader]] = {
    "image_not_found": _IMAGES,
    "image_denied": _IMAGES,
    "rate_limited": _IMAGES,
    "registry_unreachable": _IMAGES,
    "wrong_architecture": _IMAGES,
    "crash": {**_PODS, "exit_code": _code, "log": _text, "after": _seconds},
    "out_of_memory": {**_PODS, "log": _text, "after": _seconds},
    "probe_fails": _PODS,
    "node_small": {"nodes": _text, "cpu": _quantity, "memory": _quantity, "room": _quantity},
    "node_not_ready": {"nodes": _text},
    "no_default_storage_class": {},
    "no_provisioner": {"claims": _name},
    "quota": {"namespace": _text, "hard": _quantities},
    "webhook_hangs": {"service": _name},
    "controller_hangs": {"controller": _controller},
}
"""What is to be said of each."""
_NEEDED = {"quota": ("namespace", "hard"), "controller_hangs": ("controller",), "crash": ("pods",), "out_of_memory": ("pods",)}


@dataclass(frozen=True)
class Fault:
    """One, checked."""

    fault: str
    about: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        about = ", ".join(f"{name} {value}" for name, value in self.about if name != "log")
        return f"{self.fault} ({about})" if about else self.fault


def faults(entries: Iterable[Any]) -> tuple[Fault, ...]:
    """Checked settings.

    :raises KwokError: for what is no fault, naming it.
    """
    return tuple(_fault(f"faults[{index}]", entry) for index, entry in enumerate(entries))


def _meant(name: str, known: Iterable[str]) -> str:
    found = nearest(name, known)
    return f", did you mean {found!r}?" if found else ""


def _fault(where: str, entry: Any) -> Fault:
    if not isinstance(entry, Mapping) or "fault" not in entry:
        raise KwokError(f"{where}: {entry!r} is no fault: give it as {{fault: <name>, …}}; there are {', '.join(KINDS)}")
    name, about = str(entry["fault"]), {str(key): value for key, value in entry.items() if key != "fault"}
    if name not in KINDS:
        raise KwokError(f"{where}: there is no fault {name!r}{_meant(name, KINDS)}; there are {', '.join(KINDS)}")
    readers, read = KINDS[name], dict[str, Any]()
    if lacking := [key for key in _NEEDED.get(name, ()) if key not in about]:
        raise KwokError(f"{where}: {name} needs {' and '.join(lacking)}")
    for key, value in about.items():
        if key not in readers:
            known = ", ".join(readers) or "nothing else"
            raise KwokError(f"{where}: {name} knows no {key!r}{_meant(key, readers)}; it takes {known}")
        try:
            read[key] = readers[key](value)
        except (ValueError, TypeError) as error:
            raise KwokError(f"{where}: {key} of {name} is {value!r}: {error}") from error
    return Fault(name, tuple(sorted(read.items())))


def content_of(some: Iterable[Fault]) -> str:
    """The file that the stand-ins read."""
    return json.dumps([{"fault": fault.fault, **dict(fault.about)} for fault in some], sort_keys=True)
