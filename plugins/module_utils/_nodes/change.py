# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does what was worked out, and says what was done and what was not."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Protocol

from . import sysctl
from .host import Host, search_path
from .kernel import Kernel, State
from .prerequisites import Plan

# Seconds that loading a module may take.
_TIMEOUT = 60
_CONTAINER = " (a container? set it on the machine whose kernel this is)"


class Write(Protocol):
    """Writes a file whole or not at all, with mode 0644; without content removes it."""

    def __call__(self, path: str, content: str | None) -> None: ...


@dataclass
class Done:
    """What was done, a line each, and what could not be."""

    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def message(self) -> str:
        """Both in one line: a node is never left half-done without a word about which half."""
        return f"Not done: {'; '.join(self.failed)}. Done: {'; '.join(self.done) or 'nothing'}"

    @property
    def prospect(self) -> str:
        """The same before anything is done."""
        return f"Cannot be done: {'; '.join(self.failed)}. Would be done: {'; '.join(self.done) or 'nothing'}"


def foresee(plan: Plan, host: Host) -> Done:
    """What C(carry_out) would do, and what it could not, as far as that shows before."""
    expected = Done()
    for path, content in plan.files.items():
        folder = host.path(path).parent
        while not folder.exists():
            folder = folder.parent
        if os.access(folder, os.W_OK):
            expected.done.append(_file(path, content))
        else:
            expected.failed.append(f"{path}: {folder} cannot be written to")
    for key, value in plan.values.items():
        if os.access(host.path(sysctl.place(key)), os.W_OK):
            expected.done.append(f"{key} = {value}")
        else:
            expected.failed.append(f"{key} stays {sysctl.current(host, key)}: {sysctl.place(key)} cannot be written{_CONTAINER}")
    modprobe = shutil.which("modprobe", path=search_path()) if plan.modules else None
    for name in plan.modules:
        if modprobe:
            expected.done.append(_module(name))
        else:
            expected.failed.append(_without_modprobe(name))
    return expected


def _file(path: str, content: str | None) -> str:
    return f"{path} {'removed' if content is None else 'written'}"


def _module(name: str) -> str:
    return f"kernel module {name} loaded"


def _without_modprobe(name: str) -> str:
    return f"kernel module {name} cannot be loaded: there is no program modprobe, install package kmod"


def carry_out(plan: Plan, host: Host, write: Write) -> Done:
    """Do all of it; what fails does not keep the rest from being done.

    :arg write: raises OSError when it cannot.
    """
    done = Done()
    for path, content in plan.files.items():
        verb = "removed" if content is None else "written"
        try:
            write(path, content)
        except OSError as error:
            done.failed.append(f"{path} cannot be {verb}: {error.strerror or error}")
        else:
            done.done.append(_file(path, content))
    for key, value in plan.values.items():
        trouble = _set(host, key, value)
        if trouble:
            done.failed.append(trouble)
        else:
            done.done.append(f"{key} = {value}")
    for name in plan.modules:
        trouble = _load(host, name)
        if trouble:
            done.failed.append(trouble)
        else:
            done.done.append(_module(name))
    return done


def _set(host: Host, key: str, value: int) -> str:
    """Set a kernel parameter now; the trouble with it, or an empty text."""
    place = sysctl.place(key)
    try:
        host.path(place).write_text(f"{value}\n", encoding="ascii")
    except OSError as error:
        # What root is refused, it is refused in a container.
        hint = _CONTAINER if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM) else ""
        return f"{key} stays {sysctl.current(host, key)}, {place} cannot be written: {error.strerror}{hint}"
    now = sysctl.current(host, key)
    return "" if now == value else f"{key} was set to {value} and is {now}"


def _load(host: Host, name: str) -> str:
    """Load a kernel module; the trouble with it, or an empty text."""
    try:
        ran = host.run(["modprobe", name], timeout=_TIMEOUT, environment={"PATH": search_path(), "LC_ALL": "C"})
    except FileNotFoundError:
        return _without_modprobe(name)
    except OSError as error:
        return f"kernel module {name} cannot be loaded, modprobe does not run: {error.strerror}"
    except subprocess.TimeoutExpired:
        return f"kernel module {name} is not loaded, modprobe did not end within {_TIMEOUT} s"
    if ran.status != 0:
        return f"kernel module {name} cannot be loaded: {' '.join(ran.words.split()) or f'modprobe ended with status {ran.status}'}"
    if Kernel(host).state(name) not in (State.LOADED, State.BUILT_IN):
        # As with "install <name> /bin/true" in modprobe.d.
        return f"kernel module {name} is not loaded although modprobe says so: look for an 'install {name}' line in /etc/modprobe.d"
    return ""
