# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changing flags of kube-apiserver on one machine, and taking that back by itself when the API does not come back."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from ansible.errors import AnsibleConnectionFailure

from ..module_utils._apiserver import scripts
from ..module_utils._apiserver.control_planes import control_planes, down, own_name, serves, without_tokens
from ..module_utils._apiserver.distributions import MARKS, Distribution, distribution_of, instead
from ..module_utils._apiserver.errors import NodeError
from ..module_utils._apiserver.flags import API_AUDIENCES, ISSUER, KEY_FILE, OURS, SIGNING_KEY_FILE, values
from ..module_utils._apiserver.kubeadm_config import kept_flags
from ..module_utils._apiserver.manifest import PROGRAM, Manifest, change_flags, read_manifest
from ..module_utils._apiserver.pod_logs import crashes, telling
from ..module_utils._apiserver.token_request import Wish, meaning, wanted_flags
from ..module_utils._client.http import ApiError
from ..module_utils._common.deadline import Deadline
from .api_server import Absence, ApiServer
from .node import Node

# A manifest goes as a word of a command, for which Linux has room for 128 KiB, quoted several times on the way.
_MOST_BYTES = 24 * 1024
# How often a new kube-apiserver may end before that counts as its last word. Once is what a slow etcd can do to a good one.
_CRASHES = 2
_PAUSE, _LONGEST_PAUSE = 0.5, 3.0
# How many connections may lead to servers that cannot issue tokens yet. By then a load balancer has the one back that it had left out.
_CONNECTIONS = 12
# For what a token is asked and reviewed with.
_TOKEN_SECONDS = 5.0


@dataclass(frozen=True)
class How:
    """Options that say how; C(documentation) of the module has each."""

    manifest: str
    backup_folder: str
    pod_logs: str
    node_name: str
    check_keys: bool
    timeout: int


@dataclass
class Outcome:
    """What there is to say, as it comes to be known."""

    distribution: str = ""
    changed: bool = False
    flags: dict[str, list[str]] = field(default_factory=dict)
    issuer: str = ""
    backup: str = ""
    api_away_seconds: float = 0.0
    rolled_back: bool = False
    roll_back_seconds: float = 0.0
    kubeadm_config: bool = False
    warnings: list[str] = field(default_factory=list)
    diff: list[dict[str, str]] = field(default_factory=list)
    msg: str = ""


class _NotBackError(Exception):
    """The API did not come back with the new flags, and why."""


class ApiserverPatch:
    """One machine's kube-apiserver.

    :arg version: of the API server, as it says it.
    """

    def __init__(self, node: Node, api: ApiServer, version: str, wish: Wish, how: How, *, check: bool) -> None:
        self._node, self._api, self._version, self._wish, self._how, self._check = node, api, version, wish, how, check
        self.outcome = Outcome()
        # Other control planes that answer 404 to a TokenRequest until their turn comes, and how many connections have led to one.
        self._behind: list[str] = []
        self._led_astray = 0

    def run(self) -> None:
        """Do what is needed; C(outcome) tells, also after an error.

        :raises NodeError: with one line for people.
        :raises ApiError: when the API refuses what is asked of it.
        """
        seen = self._node.look([*MARKS, self._how.manifest], self._how.manifest)
        distribution = distribution_of(seen.paths, self._version, self._how.manifest)
        self.outcome.distribution = distribution.name
        version = _major_minor(self._version)
        if not distribution.static_pod:
            return self._elsewhere(distribution, version)
        if not seen.allowed:
            raise NodeError(f"Reading and writing {self._how.manifest} needs root on the machine: set become: true")
        manifest = self._manifest()
        live = values(manifest.words, version)
        wanted = wanted_flags(live, version, self._wish, self._signing_key(manifest, live, distribution))
        flags = {**live, **wanted}
        self.outcome.flags = {name: list(flags[name]) for name in OURS if name in flags}
        self.outcome.issuer = flags[ISSUER][0]
        self.outcome.warnings += meaning(flags[ISSUER])
        if not wanted:
            self._works(manifest, seen.hostname)
            self._keep(flags, version)
            self.outcome.msg = "TokenRequest works with what is wanted: nothing is changed"
            if self.outcome.kubeadm_config:
                self.outcome.msg = "TokenRequest works with what is wanted; kubeadm-config is brought to the same flags"
            return None
        if self._how.check_keys and {SIGNING_KEY_FILE, KEY_FILE} & set(wanted):
            self._check_keys(manifest, flags)
        text = change_flags(manifest, wanted, self._how.manifest)
        self.outcome.diff.append(_diff(self._how.manifest, manifest.text, text))
        new = read_manifest(text, self._how.manifest)
        others = self._may_begin(seen.kubelet, manifest, seen.hostname)
        if not self._check:
            self._replace(manifest, new, others)
        self.outcome.changed = True
        self._keep(flags, version)
        told = ", ".join(f"--{name}={value}" for name in OURS if name in wanted for value in wanted[name])
        self.outcome.msg = f"kube-apiserver {'would have' if self._check else 'has'} {told}"
        if distribution.note:
            self.outcome.warnings.append(distribution.note)
        return None

    def _elsewhere(self, distribution: Distribution, version: tuple[int, int]) -> None:
        """Nothing is changed here: either nothing is needed, or a person is told what to do."""
        issued = self._api.issue() if self._api.serves_token_requests() else None
        missing: dict[str, tuple[str, ...]] = {}
        if issued is None:
            # What tokens are verified with is set on all of them.
            missing = wanted_flags({KEY_FILE: (distribution.signing_key,)}, version, self._wish, distribution.signing_key)
        else:
            if self._wish.issuer not in ("", issued.issuer):
                missing[ISSUER] = (self._wish.issuer,)
            if lacking := [audience for audience in self._wish.api_audiences if audience not in issued.audiences]:
                missing[API_AUDIENCES] = (",".join([*issued.audiences, *lacking]),)
            self.outcome.issuer = issued.issuer
            self.outcome.warnings += meaning((issued.issuer,))
        if missing:
            what = "TokenRequest does not work" if issued is None else f"The API server has not what is wanted ({', '.join(missing)})"
            raise NodeError(f"{what}, and this is {distribution.name}. {instead(distribution, missing)}")
        self.outcome.msg = f"TokenRequest works with what is wanted: nothing is needed ({distribution.name})"

    def _manifest(self) -> Manifest:
        content = self._node.read(self._how.manifest)
        if len(content) > _MOST_BYTES:
            raise NodeError(
                f"{self._how.manifest} has {len(content)} bytes, more than any static pod of kube-apiserver: is it the right file?"
            )
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise NodeError(f"{self._how.manifest} is not YAML: it is no UTF-8 (byte {error.start})") from error
        return read_manifest(text, self._how.manifest)

    def _signing_key(self, manifest: Manifest, live: Mapping[str, tuple[str, ...]], distribution: Distribution) -> str:
        """The private key that is likely to belong to what tokens are verified with."""
        beside = [str(PurePosixPath(path).with_name("sa.key")) for path in live.get(KEY_FILE, ())]
        usual = f"{distribution.keys}/sa.key"
        if SIGNING_KEY_FILE in live or self._wish.signing_key_file:
            return usual
        for path in (*beside, usual):
            place = manifest.host_path(path)
            if place and self._node.exists(place):
                return path
        return (*beside, usual)[0]

    def _check_keys(self, manifest: Manifest, flags: Mapping[str, tuple[str, ...]]) -> None:
        places = {}
        for path in (*flags[SIGNING_KEY_FILE], *flags[KEY_FILE]):
            places[path] = manifest.host_path(path) or ""
            if not places[path]:
                seen = ", ".join(sorted(manifest.mounts)) or "none"
                raise NodeError(f"kube-apiserver does not see {path}: the folders of the machine that it sees are {seen}")
        if not self._node.check_pair(places[flags[SIGNING_KEY_FILE][0]], [places[path] for path in flags[KEY_FILE]]):
            self.outcome.warnings.append(
                "Whether the signing key is the pair of the verifying key cannot be told from its form; a token will show it"
            )

    def _works(self, manifest: Manifest, hostname: str) -> None:
        """TokenRequest, where the flags are as wanted.

        :raises NodeError: when it does not work: the fault is another one.
        """
        if not self._tokens():
            return
        nodes = self._api.nodes()
        own = self._how.node_name or own_name(nodes, hostname)
        if serves(self._api.server_pod(own), manifest.words):
            self._behind = without_tokens(self._pods(nodes), own)
        while self._behind:
            time.sleep(_PAUSE)
            if not self._tokens():
                return
        raise NodeError(
            f"{self._how.manifest} has all flags of TokenRequest, and the API server does not serve it: is another one running than this"
            " manifest's (kubectl -n kube-system get pods), or has the kubelet not read it yet?"
        )

    def _tokens(self, deadline: Deadline | None = None) -> str:
        """Have a server issue tokens and review them; why none did.

        With several control planes it is any of them that answers, and a kept connection leads to the same one again and again. Where none
        but others that have still to be patched are reached, that is no fault of this one: the last one's turn finds out.
        """
        api = self._api.anew()
        if api.serves_token_requests(deadline):
            # Here is one that can: what it says counts, whatever others answer later.
            self._behind = []
            api.issue(deadline)
            return ""
        self._led_astray += 1
        if not self._behind or self._led_astray < _CONNECTIONS:
            return "the API server that answers does not serve TokenRequest"
        self.outcome.warnings.append(
            f"Tokens of this control plane are not checked: {_CONNECTIONS} connections to the cluster all led to others, of which"
            f" {', '.join(self._behind)} cannot issue tokens yet. Patch those too; with the last one tokens are checked"
        )
        return ""

    def _pods(self, nodes: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The kube-apiservers of all control planes."""
        return [pod for name in control_planes(nodes) if (pod := self._api.server_pod(name)) is not None]

    def _may_begin(self, kubelet: bool, manifest: Manifest, hostname: str) -> str:
        """Refuse where a restart would not happen, or its outcome could not be told.

        :returns: this machine's node, where the cluster has more than one control plane; else empty.
        """
        if not kubelet:
            raise NodeError(
                "No kubelet is running on this machine, so nothing would restart kube-apiserver: systemctl start kubelet, and see why"
            )
        if not self._api.ready():
            raise NodeError(
                "The API server is not ready now (/readyz), so it could not be told whether new flags are to blame: repair it first"
            )
        nodes = self._api.nodes()
        several = len(control_planes(nodes)) > 1
        own = self._how.node_name or own_name(nodes, hostname)
        if several:
            if own not in control_planes(nodes):
                raise NodeError(
                    f"Which of the control planes {', '.join(control_planes(nodes))} this machine is cannot be told by its host name"
                    f" {hostname}: set apiserver_patch_node_name (option node_name)"
                )
            pods = self._pods(nodes)
            if others := down(nodes, pods, own):
                raise NodeError(
                    f"Another control plane is down: {', '.join(others)}. With this one restarted none may be left: repair it first"
                )
            self._behind = without_tokens(pods, own)
        if not any(_carries(words, manifest.words) for words in self._node.command_lines()):
            raise NodeError(
                f"No kube-apiserver with the command line of {self._how.manifest} is running on this machine: the kubelet has not read it, or it"
                " crashes. Repair that first (crictl ps -a, journalctl -u kubelet)"
            )
        return own if several else ""

    def _replace(self, old: Manifest, new: Manifest, node: str) -> None:
        how, now = self._how, datetime.datetime.now(datetime.UTC)
        copy = f"{how.backup_folder}/{PurePosixPath(how.manifest).name}.{now:%Y%m%dT%H%M%S.%fZ}"
        if PurePosixPath(how.backup_folder) == PurePosixPath(how.manifest).parent:
            raise NodeError(
                f"The kubelet runs every file in {how.backup_folder} as a pod: give another folder for the back-up (backup_folder)"
            )
        logs = self._node.pod_logs(how.pod_logs)
        self._node.run(scripts.back_up(how.manifest, how.backup_folder, copy), f"Writing the back-up {copy}; nothing is changed")
        self.outcome.backup = copy
        with Absence(self._api.ready) as absence:
            try:
                self._node.run(scripts.replace(how.manifest, new.text), f"Writing {how.manifest}; it is as it was")
                if self._node.read(how.manifest).decode(errors="replace") != new.text:
                    raise _NotBackError(f"{how.manifest} is not what was written: does something else write it?")
                self._wait(old.words, new.words, node, logs, Deadline(how.timeout, "timeout"))
            except _NotBackError as error:
                said = self._logged(logs)
                self._roll_back(old, new, node, copy, f"{error}. {said}")
            except NodeError as error:
                # It may have failed before or after the rename.
                if not self.outcome.rolled_back and self._may_be_replaced(old):
                    self._roll_back(old, new, node, copy, str(error))
                raise
            except AnsibleConnectionFailure as error:
                self._roll_back(
                    old, new, node, copy, f"The connection was lost while {how.manifest} was written: {' '.join(str(error).split())}"
                )
            except BaseException:
                # Interrupted: the old one is a state that is known.
                self._node.run(scripts.put_back(how.manifest, copy), f"Putting {copy} back")
                self.outcome.rolled_back = True
                raise
            finally:
                self.outcome.api_away_seconds = absence.seconds

    def _wait(
        self, old: Sequence[str], new: Sequence[str], node: str, logs: Sequence[str], deadline: Deadline, *, tokens: bool = True
    ) -> None:
        """Until the kubelet has restarted kube-apiserver with its new words, and tokens work.

        :arg tokens: whether tokens have to work.
        :raises _NotBackError: when that does not come to be.
        """
        reason, pause = "the kubelet has not restarted it", _PAUSE
        while deadline.wait(pause):
            pause = min(pause * 1.2, _LONGEST_PAUSE)
            try:
                running = self._node.command_lines()
                if any(_carries(words, new) for words in running) and not any(_carries(words, old) for words in running):
                    reason = self._lacking(new, node, tokens, deadline)
                    if not reason:
                        return
                elif crashes(logs, self._node.pod_logs(self._how.pod_logs)):
                    reason = "it ends by itself"
                if tokens and crashes(logs, self._node.pod_logs(self._how.pod_logs)) >= _CRASHES:
                    raise _NotBackError(f"The new kube-apiserver ended {_CRASHES} times by itself")
            except (NodeError, ApiError, AnsibleConnectionFailure) as error:
                reason = " ".join(str(error).split())
        raise _NotBackError(f"kube-apiserver did not come back with its new flags: {deadline.reason}, and {reason}")

    def _lacking(self, words: Sequence[str], node: str, tokens: bool, deadline: Deadline) -> str:
        """What is not yet as it should be, once the process is there."""
        if not self._api.ready():
            return "/readyz does not say ok"
        if node and not serves(self._api.server_pod(node), words):
            return f"the kubelet of {node} does not say that its kube-apiserver is ready"
        return self._tokens(Deadline(min(_TOKEN_SECONDS, deadline.remaining))) if tokens else ""

    def _may_be_replaced(self, old: Manifest) -> bool:
        """Whether the manifest is another one now, or cannot be read. Putting an equal one back does no harm."""
        try:
            return self._node.read(self._how.manifest).decode(errors="replace") != old.text
        except (NodeError, AnsibleConnectionFailure):
            return True

    def _roll_back(self, old: Manifest, new: Manifest, node: str, copy: str, reason: str) -> None:
        begun, deadline, pause = time.monotonic(), Deadline(self._how.timeout, "timeout"), _PAUSE
        while True:
            try:
                self._node.run(scripts.put_back(self._how.manifest, copy), f"Putting {copy} back")
                break
            except (NodeError, AnsibleConnectionFailure) as error:
                if not deadline.wait(pause):
                    raise NodeError(f"{reason}. {error}. Put it back by hand: cp {copy} {self._how.manifest}") from error
        self.outcome.rolled_back = True
        try:
            self._wait(new.words, old.words, node, self._node.pod_logs(self._how.pod_logs), deadline, tokens=False)
        except _NotBackError as error:
            raise NodeError(f"{reason}. The back-up was put back, and the API is still not there: {error}") from error
        self.outcome.roll_back_seconds = round(time.monotonic() - begun, 1)
        raise NodeError(
            f"{reason}. The manifest was put back, and the API answers as before after {self.outcome.roll_back_seconds} s: nothing is changed"
        )

    def _logged(self, before: Sequence[str]) -> str:
        """What the new kube-apiserver said last."""
        try:
            new = [path for path in self._node.pod_logs(self._how.pod_logs) if path not in before]
            for path in reversed(new):
                if said := telling(self._node.last_lines(path)):
                    return f"It logged: {said}"
        except (NodeError, AnsibleConnectionFailure) as error:
            return f"Its log cannot be read ({error})"
        return f"It logged nothing in {self._how.pod_logs}"

    def _keep(self, flags: Mapping[str, tuple[str, ...]], version: tuple[int, int]) -> None:
        """Have kubeadm keep the flags, for its next upgrade."""
        before = self._api.kubeadm_configuration()
        if before is None:
            return
        try:
            after, lost = kept_flags(before, flags, version)
        except NodeError as error:
            self.outcome.warnings.append(f"{error}: add the flags to it, or the next upgrade with kubeadm leaves them out")
            return
        self.outcome.warnings += lost
        if after == before:
            return
        self.outcome.diff.append(_diff("ConfigMap kube-system/kubeadm-config, ClusterConfiguration", before, after))
        if not self._check:
            self._api.keep(after)
        self.outcome.kubeadm_config = self.outcome.changed = True


def _carries(process: Sequence[str], words: Sequence[str]) -> bool:
    """Whether a process has a command line. An image's own entry point may come first, and the kubelet fills C($(NAME)) in."""
    if not process or PurePosixPath(process[0]).name != PROGRAM:
        return False
    tail = process[-len(words) :]
    return len(tail) == len(words) and all(one == other or "$(" in other for one, other in zip(tail, words, strict=True))


def _diff(what: str, before: str, after: str) -> dict[str, str]:
    return {"before_header": what, "after_header": what, "before": before, "after": after}


def _major_minor(version: str) -> tuple[int, int]:
    numbers = version.removeprefix("v").split(".")
    return int(numbers[0]), int(numbers[1])
