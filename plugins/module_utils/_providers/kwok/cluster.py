# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Present and absent: what is missing is found out first, then put right."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..._common.cache import cache_root, locked
from ..._common.deadline import Deadline
from ..._common.files import private_folder, write_private
from ..._common.process import RunCommand, ended, run_command
from ..._objects.manifests import dump
from ..outcome import Outcome
from ..state import is_replaceable
from . import ports as free_ports
from . import processes, settings
from .faults import Fault, content_of
from .layout import KwokError, Layout
from .pace import Pace
from .server import Server, is_as_wanted
from .stages import stages

_STANDINS = "standins"
_KILL_SECONDS = 10.0


@dataclass(frozen=True)
class Wanted:
    """What the cluster shall be."""

    version: str
    nodes: int
    kubeconfig: Path
    binaries: dict[str, str]
    standins: Path
    python: str
    pace: Pace = field(default_factory=Pace)
    faults: tuple[Fault, ...] = ()
    token_request: bool = True


@dataclass
class KwokOutcome(Outcome):
    """Process ids by name, beside what all providers tell."""

    processes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Info:
    """What there is of a cluster: all is empty unless it was made to the end. C(processes): ids by name of those that run."""

    exists: bool
    kubernetes_version: str = ""
    kubeconfig: str = ""
    server: str = ""
    processes: dict[str, int] = field(default_factory=dict)


def digest_of(folder: Path) -> str:
    """A digest of the stand-ins' sources."""
    sources = sorted(folder.glob("*.py"))
    if not sources:
        raise KwokError(f"{folder} holds no stand-ins: give the role's folder files/standins")
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    return digest.hexdigest()


def _differs(path: Path, content: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") != content
    except OSError:
        return True


class Cluster:
    """The embedded cluster of one layout. C(run) runs kwokctl."""

    def __init__(self, layout: Layout, run: RunCommand = run_command) -> None:
        self._at = layout
        self._run = run
        self._bin = f"{layout.cluster}/bin/"

    # What is there

    def recognise(self, arguments: Sequence[str]) -> str:
        """Name of the component that a command line is, empty when it is not this cluster's."""
        if arguments and arguments[0].startswith(self._bin):
            return arguments[0][len(self._bin) :]
        if list(arguments[1:3]) == ["-m", _STANDINS] and str(self._at.standins) in arguments:
            return _STANDINS
        return ""

    def _read(self) -> dict[str, Any]:
        try:
            record: dict[str, Any] = json.loads(self._at.record.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except ValueError:
            # Nothing that this module wrote; what belongs to it is still recognised.
            return {}
        return record

    def info(self) -> Info:
        """What there is, without asking its API server."""
        record = self._read()
        if not record.get("complete"):
            return Info(exists=False)
        return Info(True, record["kubernetes_version"], record["kubeconfig"], self._server(record).url, self._running())

    def _running(self) -> dict[str, int]:
        return {name: pids[0] for name, pids in sorted(processes.running(self.recognise).items())}

    def _server(self, record: dict[str, Any]) -> Server:
        return Server(record["ports"]["kube-apiserver"], self._at.cluster / "pki")

    def _socket_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(self._at.socket))
            except OSError:
                return False
        return True

    def _check_kubeconfig(self, path: Path) -> bool:
        return is_replaceable(path, settings.context_name(self._at.name))

    def _missing(self, wanted: Wanted, record: dict[str, Any], digest: str) -> list[str]:
        """What a complete cluster lacks."""
        running = processes.running(self.recognise)
        missing = [f"{name} is not running" for name in settings.COMPONENTS if name not in running]
        if not missing:
            missing += self._unready(wanted, self._server(record))
        if _STANDINS not in running:
            missing.append("the stand-ins are not running")
        elif record.get("standins") != digest:
            missing.append("the stand-ins are of another version")
        elif not self._socket_answers():
            missing.append("the stand-ins do not answer")
        if _differs(self._at.pace, wanted.pace.content()):
            missing.append(f"the nodes' pace is another than {wanted.pace}")
        if _differs(self._at.faults, content_of(wanted.faults)):
            missing.append(f"the faults are others than {', '.join(map(str, wanted.faults)) or 'none'}")
        if self._kubeconfig_differs(wanted.kubeconfig, record):
            missing.append(f"{wanted.kubeconfig} is missing, open to others, or differs")
        return missing

    @staticmethod
    def _unready(wanted: Wanted, server: Server) -> list[str]:
        """What the running components lack."""
        if why := server.not_ready():
            return [f"kube-apiserver is not ready ({why})"]
        nodes = server.nodes()
        if len(nodes) != wanted.nodes:
            return [f"{len(nodes)} nodes instead of {wanted.nodes}"]
        return [] if all(map(is_as_wanted, nodes)) else ["nodes are not ready"]

    def _kubeconfig_text(self, record: dict[str, Any]) -> str:
        content = settings.kubeconfig(self._at.name, self._server(record).url, self._at.cluster / "pki")
        return dump(content)

    def _kubeconfig_differs(self, path: Path, record: dict[str, Any]) -> bool:
        try:
            return path.read_text(encoding="utf-8") != self._kubeconfig_text(record) or path.stat().st_mode & 0o777 != 0o600
        except OSError:
            return True

    # Present

    def present(self, wanted: Wanted, seconds: float, *, check: bool = False) -> KwokOutcome:
        """Create it, or repair what is missing of it.

        :raises KwokError: when that is not possible.
        """
        deadline = Deadline(seconds)
        if not wanted.token_request and not settings.can_lack_token_request(wanted.version):
            raise KwokError(
                f"Kubernetes {wanted.version} cannot be without TokenRequest: since 1.20 kube-apiserver does not start without its flags. "
                "Leave token_request true, or take Kubernetes 1.19"
            )
        self._refuse_another(wanted, self._read())
        for name in settings.BINARIES:
            if not os.access(wanted.binaries.get(name, ""), os.X_OK):
                raise KwokError(f"Binary {name}: {wanted.binaries.get(name) or 'no path was given'}: not an executable file")
        if not self._check_kubeconfig(wanted.kubeconfig):
            raise KwokError(
                f"{wanted.kubeconfig} names something else than the embedded cluster {self._at.name}: it is not overwritten; give another path"
            )
        digest = digest_of(wanted.standins)
        with locked(cache_root() / "kwok" / self._at.name):
            # Another run may have made it meanwhile.
            record = self._read()
            self._refuse_another(wanted, record)
            if record.get("complete"):
                missing = self._missing(wanted, record, digest)
                outcome = KwokOutcome(missing)
                if missing and not check:
                    self._repair(wanted, record, digest, deadline)
            else:
                outcome = KwokOutcome([f"Kubernetes {wanted.version} with {wanted.nodes} nodes"])
                if not check:
                    self._remove()
                    record = self._create(wanted, digest, deadline)
            if record.get("complete"):
                outcome.server = self._server(record).url
                outcome.processes = self._running()
        return outcome

    def _refuse_another(self, wanted: Wanted, record: dict[str, Any]) -> None:
        if not record.get("complete"):
            return
        advice = "remove it first (state absent), or choose another name"
        if record["kubernetes_version"] != wanted.version:
            raise KwokError(
                f"Cluster {self._at.name} exists with Kubernetes {record['kubernetes_version']}, not {wanted.version}: {advice}"
            )
        # Clusters made before there was a choice have it.
        if record.get("token_request", True) != wanted.token_request:
            have, want = ("without", "with") if wanted.token_request else ("with", "without")
            raise KwokError(f"Cluster {self._at.name} exists {have} TokenRequest, not {want} it: {advice}")

    def _taken_ports(self) -> set[int]:
        """Ports of this user's other clusters, running or not."""
        taken: set[int] = set()
        for path in self._at.root.glob("*/kwok/cluster.json"):
            try:
                taken.update(json.loads(path.read_text(encoding="utf-8"))["ports"].values())
            except (OSError, ValueError, KeyError, AttributeError):
                continue
        return taken

    def _save(self, record: dict[str, Any]) -> None:
        write_private(self._at.record, json.dumps(record, indent=2))

    def _create(self, wanted: Wanted, digest: str, deadline: Deadline) -> dict[str, Any]:
        at = self._at
        private_folder(at.folder)
        with locked(cache_root() / "kwok" / ".ports"):
            try:
                chosen = free_ports.choose(settings.PORTS, self._taken_ports())
            except OSError as error:
                raise KwokError(f"Cluster {at.name}: {error}") from error
            record: dict[str, Any] = {
                "kubernetes_version": wanted.version,
                "token_request": wanted.token_request,
                "ports": chosen,
                "kubeconfig": str(wanted.kubeconfig),
                "complete": False,
            }
            # Written first: from here on, absent knows what to look for, and others keep off these ports.
            self._save(record)
        for folder in (at.workdir, at.standins, at.tools):
            private_folder(folder)
        at.make_socket_folder()
        write_private(at.folder / "egress.json", json.dumps(settings.egress_configuration(at.socket)))
        configuration = settings.kwokctl_configuration(
            wanted.version, wanted.binaries, chosen, at.folder / "egress.json", token_request=wanted.token_request
        )
        write_private(at.folder / "kwokctl.yaml", "\n---\n".join(json.dumps(part, indent=2) for part in (configuration, *stages())))
        arguments = ["--config", str(at.folder / "kwokctl.yaml"), "--kubeconfig", ""]
        # Without node leases: a kwok that was killed would go on to hold them, and its successor leave the pods alone, for minutes.
        arguments += ["--node-lease-duration-seconds", "0"]
        self._kwokctl(wanted, deadline, "create", "cluster", *arguments)
        self._settle(wanted, record, digest, deadline)
        record["complete"] = True
        self._save(record)
        return record

    def _repair(self, wanted: Wanted, record: dict[str, Any], digest: str, deadline: Deadline) -> None:
        at = self._at
        running = processes.running(self.recognise)
        if not running.keys() >= settings.SERVER:
            # Started anew: they ask a server that was away for a while again after up to a minute
            # (k8s.io/client-go tools/cache/reflector.go: every 30 seconds, with as much again by chance).
            processes.end([pid for name in settings.CLIENTS for pid in running.pop(name, ())], self.recognise, _KILL_SECONDS)
        pid_files = private_folder(at.cluster / "pids")
        for name in settings.COMPONENTS:
            # kwokctl's own links, in case the cache of binaries has moved.
            link = at.cluster / "bin" / name
            target = wanted.binaries["kwok" if name == "kwok-controller" else name]
            if not link.is_symlink() or str(link.readlink()) != target:
                link.unlink(missing_ok=True)
                link.symlink_to(target)
            path = pid_files / f"{name}.pid"
            if name in running:
                write_private(path, str(running[name][0]))
            else:
                path.unlink(missing_ok=True)
        if not all(name in running for name in settings.COMPONENTS):
            self._kwokctl(wanted, deadline, "start", "cluster")
        self._settle(wanted, record, digest, deadline)

    def _settle(self, wanted: Wanted, record: dict[str, Any], digest: str, deadline: Deadline) -> None:
        """All that follows once the components were started."""
        # The stand-ins look at them again and again, so a change needs no restart.
        write_private(self._at.pace, wanted.pace.content())
        write_private(self._at.faults, content_of(wanted.faults))
        self._start_standins(wanted, record, digest)
        server = self._server(record)
        self._until(deadline, "kube-apiserver", server.not_ready)
        if len(server.nodes()) != wanted.nodes:
            self._kwokctl(wanted, deadline, "scale", "node", "--replicas", str(wanted.nodes))
        if self._kubeconfig_differs(wanted.kubeconfig, record):
            private_folder(wanted.kubeconfig.parent)
            write_private(wanted.kubeconfig, self._kubeconfig_text(record))
        record["kubeconfig"] = str(wanted.kubeconfig)
        self._until(deadline, _STANDINS, lambda: "" if self._socket_answers() else f"nothing listens on {self._at.socket}")

        def nodes_missing() -> str:
            ready = sum(map(is_as_wanted, server.nodes()))
            return "" if ready == wanted.nodes else f"{ready} of {wanted.nodes} nodes are ready"

        self._until(deadline, "kwok-controller", nodes_missing)
        self._save(record)

    def _start_standins(self, wanted: Wanted, record: dict[str, Any], digest: str) -> None:
        at = self._at
        pids = processes.running(self.recognise).get(_STANDINS, [])
        if pids and record.get("standins") == digest and self._socket_answers():
            return
        processes.end(pids, self.recognise, _KILL_SECONDS)
        at.make_socket_folder()
        search = [str(wanted.standins.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(search), "PYTHONPYCACHEPREFIX": str(at.standins / "pycache")}
        arguments = [wanted.python, "-m", _STANDINS, "--kubeconfig", str(at.cluster / "kubeconfig.yaml")]
        arguments += ["--socket", str(at.socket), "--folder", str(at.standins)]
        processes.start(arguments, log=at.standins / "standins.log", folder=at.standins, environment=environment)
        record["standins"] = digest

    def _kwokctl(self, wanted: Wanted, deadline: Deadline, *arguments: str) -> None:
        kubectl = self._at.tools / "kubectl"
        kubectl.unlink(missing_ok=True)
        kubectl.symlink_to(wanted.binaries["kubectl"])
        environment: dict[str, str | None] = dict.fromkeys(name for name in os.environ if name.startswith("KWOK_") or name == "KUBECONFIG")
        environment |= {"KWOK_WORKDIR": str(self._at.workdir), "PATH": f"{self._at.tools}{os.pathsep}{os.environ.get('PATH', '')}"}
        command = [wanted.binaries["kwokctl"], "--name", self._at.name, *arguments]
        done = ended(self._run, command, timeout=max(1.0, deadline.remaining), environment=environment)
        if done.status != 0:
            raise KwokError(f"{' '.join(command)}: exit status {done.status}\n{done.words[-2000:]}\n{self._logs()}")

    def _until(self, deadline: Deadline, component: str, why_not: Callable[[], str]) -> None:
        """Ask until nothing is wrong any more."""
        pause = 0.02
        why = "no time left"
        while not deadline.expired:
            try:
                why = why_not()
            except OSError as error:
                why = str(error)
            if not why:
                return
            running = processes.running(self.recognise)
            ended = [name for name in dict.fromkeys((component, *settings.COMPONENTS)) if name not in running]
            if ended:
                raise KwokError(f"Cluster {self._at.name}: {', '.join(ended)} has ended ({why}).\n{self._logs(ended[0])}")
            deadline.wait(pause)
            pause = min(0.2, pause * 1.5)
        raise KwokError(f"Cluster {self._at.name}: gave up after {deadline.seconds:.0f} s: {why}.\n{self._logs(component)}")

    def _logs(self, component: str = "") -> str:
        """Ends of the logs: of one component, or of those that are not running."""
        running = processes.running(self.recognise)
        names = [component] if component else [name for name in settings.COMPONENTS if name not in running]
        texts = []
        for name in names:
            path = self._at.standins / "standins.log" if name == _STANDINS else self._at.cluster / "logs" / f"{name}.log"
            if path.exists():
                texts.append(f"{path} ends with:\n" + path.read_text(encoding="utf-8", errors="replace")[-1500:])
        return "\n".join(texts)

    # Absent

    def absent(self, kubeconfig: Path, *, check: bool = False) -> KwokOutcome:
        """Stop it and remove all of it, also after half a creation."""
        with locked(cache_root() / "kwok" / self._at.name):
            record = self._read()
            outcome = KwokOutcome([f"{name} is running" for name in sorted(processes.running(self.recognise))])
            if self._at.folder.exists():
                outcome.changes.append(f"{self._at.folder} exists")
            files = {kubeconfig, Path(record.get("kubeconfig") or kubeconfig)}
            mine = [path for path in sorted(files) if path.exists() and self._check_kubeconfig(path)]
            outcome.changes += [f"{path} exists" for path in mine]
            if not check:
                self._remove()
                for path in mine:
                    path.unlink(missing_ok=True)
                if self._at.home.is_dir() and not any(self._at.home.iterdir()):
                    self._at.home.rmdir()
        return outcome

    def _remove(self) -> None:
        # Twice, as kwokctl may have been interrupted while it started them.
        left: list[int] = []
        for _other in range(2):
            pids = [pid for found in processes.running(self.recognise).values() for pid in found]
            left = processes.end(pids, self.recognise, _KILL_SECONDS)
        if left:
            raise KwokError(f"Cluster {self._at.name}: processes {left} do not end although killed: look at them with ps")
        self._at.socket.unlink(missing_ok=True)
        if self._at.folder.exists():
            shutil.rmtree(self._at.folder)
