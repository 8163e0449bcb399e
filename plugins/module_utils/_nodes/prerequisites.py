# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Kubeflow needs of a node and the node has not: worked out here, done in C(change)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import sysctl
from .finding import CHANGE, OK, WARN, Finding
from .host import Host, distribution
from .kernel import OPTIONS, Kernel, State, canonical

# Names of sysctl.d(5) are sorted: this one comes after 99-sysctl.conf, and holds no less than what others set.
SYSCTL_FILE = "/etc/sysctl.d/99-zz-kubeflow.conf"
MODULES_FILE = "/etc/modules-load.d/kubeflow.conf"
FILES = (SYSCTL_FILE, MODULES_FILE)
MARK = "# Written by role mlplatform.kubeflow.prerequisites, removed by it with prerequisites_state: absent."
INSTANCES, WATCHES = "fs.inotify.max_user_instances", "fs.inotify.max_user_watches"
# Both are C(int) in the kernel.
_LARGEST = 2**31 - 1
# Linux, include/linux/moduleparam.h: MAX_PARAM_PREFIX_LEN is 64 - sizeof(unsigned long).
_MODULE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,55}")
_WHY = {
    INSTANCES: "controllers crash with 'too many open files' when there are no more",
    WATCHES: "kubelet, runtime and controllers watch files with them",
}
# Of the modules that work with this; their documentation is doc fragment _prerequisites.
ARGUMENTS: dict[str, Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "inotify_instances": {"type": "int", "default": 2280},
    "inotify_watches": {"type": "int", "default": 1255360},
    "kernel_modules": {"type": "list", "elements": "str", "default": list(OPTIONS)},
    "other_distributions": {"type": "bool", "default": False},
}
_WHY_MODULES = "for Istio's redirect rules (istio-init)"
_AT_BOOT_TOO = "at every boot too"


class PrerequisitesError(Exception):
    """What cannot be meant or cannot be done; one line for people."""


@dataclass(frozen=True)
class Wanted:
    """What a node should have."""

    sysctls: dict[str, int]
    modules: list[str]

    @classmethod
    def of(cls, inotify_instances: int, inotify_watches: int, kernel_modules: Sequence[str]) -> Wanted:
        """From values of settings.

        :arg kernel_modules: names, also several in one text.
        :raises PrerequisitesError: for what no kernel could take.
        """
        sysctls = {INSTANCES: inotify_instances, WATCHES: inotify_watches}
        for key, value in sysctls.items():
            if not 0 < value <= _LARGEST:
                raise PrerequisitesError(f"{key} cannot be {value}: it is a number from 1 to {_LARGEST}")
        # A text that was cut at its commas may have been a list of YAML or JSON.
        modules = [name.strip("[]'\"") for text in kernel_modules for name in str(text).split()]
        for name in modules:
            if name and not _MODULE_NAME.fullmatch(name):
                raise PrerequisitesError(f"'{name}' is no name of a kernel module: letters, digits, _ and -, as in xt_REDIRECT")
        return cls(sysctls, list(dict.fromkeys(filter(None, modules))))


@dataclass
class Plan:
    """What is to be done on a node, and what was found.

    :arg files: by path, what it shall hold; None removes it.
    :arg before: by path, what it holds now; None when it is not there.
    :arg values: kernel parameters to set now.
    :arg modules: kernel modules to load now.
    :arg stays: lines about what remains until a reboot.
    """

    findings: list[Finding] = field(default_factory=list)
    files: dict[str, str | None] = field(default_factory=dict)
    before: dict[str, str | None] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    modules: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        return bool(self.files or self.values or self.modules)


def plan_of(host: Host, params: Mapping[str, Any]) -> Plan:
    """What C(ARGUMENTS) ask for.

    :raises PrerequisitesError: when that makes no sense, or not on this machine.
    """
    check_host(host, other_distributions=params["other_distributions"])
    if params["state"] == "absent":
        return absent(host)
    return present(host, Wanted.of(params["inotify_instances"], params["inotify_watches"], params["kernel_modules"]))


def check_host(host: Host, *, other_distributions: bool) -> None:
    """Refuse a machine that this was not made for.

    :raises PrerequisitesError:
    """
    if not host.kernel:
        raise PrerequisitesError("this is no Linux, or /proc is not mounted: nodes of a cluster are Linux machines")
    found = distribution(host)
    if not found.family and not other_distributions:
        raise PrerequisitesError(
            f"{found.name or 'what runs here'} is neither of the Debian nor of the RHEL family, the ones that this was made for. Where systemd"
            " reads /etc/sysctl.d and /etc/modules-load.d the same is right: set prerequisites_other_distributions: true"
        )


def _own(host: Host, path: str) -> str | None:
    """What a file of ours holds, None when it is not there.

    :raises PrerequisitesError: when somebody else's is there, or when it cannot be read.
    """
    try:
        text = host.path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise PrerequisitesError(f"{path} cannot be read: {error.strerror}") from error
    if not text.startswith(MARK):
        raise PrerequisitesError(f"{path} was not written by this role and is left alone: move it away")
    return text


def present(host: Host, wanted: Wanted) -> Plan:
    """What has to be done for a node to have what is wanted.

    :raises PrerequisitesError: when a file of somebody else's is in the way.
    """
    plan = Plan()
    _plan_sysctls(host, wanted, plan)
    _plan_modules(host, wanted, plan)
    return plan


def _plan_sysctls(host: Host, wanted: Wanted, plan: Plan) -> None:
    before = _own(host, SYSCTL_FILE)
    kept = dict(sysctl.assignments(before or ""))
    lines = [MARK]
    for key, least in wanted.sysctls.items():
        now = sysctl.current(host, key)
        if now is None:
            plan.findings.append(
                Finding(key, "none", str(least), WARN, "this kernel has no such parameter: CONFIG_INOTIFY_USER is not set")
            )
            continue
        others = [(path, value) for path, value in sysctl.configured(host, key) if path != SYSCTL_FILE]
        # Never less than the node has, whoever gave it that.
        value = max([least, now, *(number for _path, number in others)])
        lines += [f"# {_WHY[key][0].upper()}{_WHY[key][1:]}.", f"{key} = {value}"]
        if now < value:
            plan.values[key] = value
        if now < value or kept.get(key) != str(value):
            told = str(now) if now < value else f"{now}, not at boot"
            plan.findings.append(Finding(key, told, f"{value}, {_AT_BOOT_TOO}", CHANGE, _WHY[key]))
        else:
            plan.findings.append(Finding(key, str(now), f"{least} or more", OK, _WHY[key]))
        later = [(path, number) for path, number in others if path.rsplit("/", 1)[1] > SYSCTL_FILE.rsplit("/", 1)[1]]
        if later and later[-1][1] < value:
            path, number = later[-1]
            why = f"{path} comes later and sets {number} at boot: take its line out"
            plan.findings.append(Finding(f"{key} at boot", str(number), str(value), WARN, why))
    _file(plan, SYSCTL_FILE, before, lines)


def _plan_modules(host: Host, wanted: Wanted, plan: Plan) -> None:
    before = _own(host, MODULES_FILE)
    kept = {canonical(line) for line in (before or "").splitlines()}
    kernel = Kernel(host)
    lines = [MARK]
    fine: dict[State, list[str]] = {State.LOADED: [], State.BUILT_IN: []}
    for name in wanted.modules:
        what, state = f"kernel module {name}", kernel.state(name)
        if state in (State.LOADED, State.LOADABLE):
            lines.append(name)
        if state is State.LOADABLE and kernel.barred:
            why = "kernel.modules_disabled is 1, so it cannot be loaded before a reboot; from then on it is, since it is in the list"
            plan.findings.append(Finding(what, state.value, "loaded", WARN, why))
        elif state is State.LOADABLE:
            plan.modules.append(name)
            plan.findings.append(Finding(what, state.value, f"loaded, {_AT_BOOT_TOO}", CHANGE, _WHY_MODULES))
        elif state is State.LOADED and canonical(name) not in kept:
            plan.findings.append(Finding(what, "loaded, not at boot", f"loaded, {_AT_BOOT_TOO}", CHANGE, _WHY_MODULES))
        elif state in (State.LOADED, State.BUILT_IN):
            fine[state].append(name)
        else:
            plan.findings.append(Finding(what, state.value, "loaded", WARN, _absence(host, kernel, state)))
    for state, names in fine.items():
        if names:
            plan.findings.append(Finding(f"{len(names)} kernel modules", state.value, "loaded", OK, f"{_WHY_MODULES}: {' '.join(names)}"))
    _file(plan, MODULES_FILE, before, lines)


def _absence(host: Host, kernel: Kernel, state: State) -> str:
    """What follows from a module that is not to be had."""
    follows = "istio-init may end with 'unable to initialize table', in every pod with a sidecar"
    if state is State.UNKNOWN:
        return (
            f"neither /lib/modules/{kernel.release} nor the kernel's configuration can be read (a container?): if it is missing, {follows}."
            " Load it on the machine whose kernel this is"
        )
    if kernel.takes_modules and not kernel.listed:
        return f"/lib/modules/{kernel.release} is missing, as after an update of the kernel: reboot the machine. Until then {follows}"
    family = distribution(host).family
    package = {
        "debian": f"apt install linux-modules-extra-{kernel.release} on Ubuntu, or ",
        "rhel": f"dnf install kernel-modules-extra-{kernel.release}, or ",
    }.get(family, "")
    return f"{follows}. Kernel {kernel.release} is without: {package}another kernel"


def _file(plan: Plan, path: str, before: str | None, lines: list[str]) -> None:
    """Note what a file shall hold, where that is something else; one with nothing but the mark is not kept."""
    after = "\n".join(lines) + "\n" if len(lines) > 1 else None
    if after != before:
        plan.files[path], plan.before[path] = after, before
        now, wanted = ("not there" if before is None else "other content"), ("not there" if after is None else "written")
        plan.findings.append(Finding(path, now, wanted, CHANGE, "keeps it over a reboot" if after else "nothing is left to keep"))


def absent(host: Host) -> Plan:
    """What has to be done to take back what C(present) has written.

    :raises PrerequisitesError: when a file of that name is not ours.
    """
    plan = Plan()
    for path in FILES:
        before = _own(host, path)
        if before is None:
            plan.findings.append(Finding(path, "not there", "not there", OK, "nothing to take back"))
            continue
        plan.files[path], plan.before[path] = None, before
        plan.findings.append(Finding(path, "there", "removed", CHANGE, "written by this role"))
        if path == SYSCTL_FILE:
            now = {key: sysctl.current(host, key) for key in dict(sysctl.assignments(before))}
            plan.stays += [f"{key} stays {value} until a reboot" for key, value in now.items() if value is not None]
        else:
            names = [line for line in before.splitlines() if line and not line.startswith("#")]
            loaded = [name for name in names if Kernel(host).state(name) is State.LOADED]
            if loaded:
                plan.stays.append(f"kernel modules stay loaded until a reboot, and come back when something uses them: {', '.join(loaded)}")
    return plan
