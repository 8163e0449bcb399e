# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults to rehearse: a file names them, and is read again when it changes."""

from __future__ import annotations

import fnmatch
import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.5
ENDS = ("crash", "out_of_memory")
PULLS = ("image_not_found", "image_denied", "rate_limited", "registry_unreachable", "wrong_architecture")


@dataclass(frozen=True)
class Fault:
    """One fault. What is C(*) means any; patterns are of shell's kind.

    C(pods), C(claims) and C(service) are written C(namespace/name).
    """

    fault: str
    pods: str = "*"
    container: str = "*"
    images: str = "*"
    nodes: str = "*"
    claims: str = "*"
    service: str = "*"
    namespace: str = ""
    controller: str = ""
    exit_code: int = 1
    log: str = ""
    after: float = 1.0
    cpu: str = ""
    memory: str = ""
    room: str = ""
    hard: tuple[tuple[str, str], ...] = field(default=())

    def is_about(self, namespace: str, pod: str, container: str) -> bool:
        return fnmatch.fnmatchcase(f"{namespace}/{pod}", self.pods) and fnmatch.fnmatchcase(container, self.container)


def _fault(entry: dict[str, Any]) -> Fault:
    known = {name: entry[name] for name in entry.keys() & {found.name for found in fields(Fault)}}
    return Fault(**known | {"hard": tuple(sorted(entry.get("hard", {}).items()))})


def read(path: Path) -> tuple[Fault, ...]:
    """What the file says; none, or one that cannot be read, means that there are no faults."""
    try:
        return tuple(_fault(entry) for entry in json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s: %s", path, error)
        return ()


class Faults:
    """Those of a file, looked at twice a second; listeners hear when they have changed. C(path) None: there are none, for ever."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._listeners: list[Callable[[], None]] = []
        self.all = read(path) if path else ()

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def start(self) -> None:
        if self._path:
            threading.Thread(target=self._follow, args=(self._path,), name="faults", daemon=True).start()

    def _follow(self, path: Path) -> None:
        stamp, pause = -2, threading.Event()
        while True:
            try:
                now = path.stat().st_mtime_ns
            except OSError:
                now = -1
            if now != stamp:
                stamp, before, self.all = now, self.all, read(path)
                if before != self.all:
                    log.info("faults: %s", ", ".join(fault.fault for fault in self.all) or "none any more")
                    for listener in self._listeners:
                        listener()
            pause.wait(_LOOK_SECONDS)

    def of(self, *names: str) -> list[Fault]:
        return [fault for fault in self.all if fault.fault in names]

    def pull(self, image: str) -> Fault | None:
        """Why an image cannot be had."""
        return next((fault for fault in self.of(*PULLS) if fnmatch.fnmatchcase(image, fault.images)), None)

    def end(self, namespace: str, pod: str, container: str) -> Fault | None:
        """Why a container ends soon after each start."""
        return next((fault for fault in self.of(*ENDS) if fault.is_about(namespace, pod, container)), None)

    def unready(self, namespace: str, pod: str, container: str) -> bool:
        """Whether a container's readiness probe fails."""
        return any(fault.is_about(namespace, pod, container) for fault in self.of("probe_fails"))

    def on_node(self, kind: str, node: str) -> Fault | None:
        return next((fault for fault in self.of(kind) if fnmatch.fnmatchcase(node, fault.nodes)), None)

    def of_service(self, kind: str, namespace: str, service: str) -> bool:
        return any(fnmatch.fnmatchcase(f"{namespace}/{service}", fault.service) for fault in self.of(kind))

    def provisions(self, namespace: str, claim: str) -> bool:
        """Whether the provisioner of volumes works for a claim."""
        return not any(fnmatch.fnmatchcase(f"{namespace}/{claim}", fault.claims) for fault in self.of("no_provisioner"))

    def default_class(self) -> str:
        """What the StorageClass says of itself: whether it is the default one."""
        return "false" if self.of("no_default_storage_class") else "true"

    def stopped(self, controller: str) -> bool:
        """Whether a controller runs and does nothing."""
        return any(fault.controller == controller for fault in self.of("controller_hangs"))
