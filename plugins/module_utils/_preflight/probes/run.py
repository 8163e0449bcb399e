# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probes, from the first object that is made to the last that is removed."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from ..._client.http import ApiError
from ..._common.deadline import Deadline
from ..._common.naming import option_name
from ..._objects.demand import claims_of
from ..._readiness.pods import NO_IMAGE, container_statuses
from ..._render._patches.change import ChangeError
from ..._render._patches.images import Images
from ..._render._patches.reference import ImageError, read_image, read_registry
from ..check import Finding, Question
from ..look import SIMULATED, Item, name_of
from ..planned import takes
from .images import IMAGES, ask_for_images
from .judge import NODE_ROWS, PROBES, REGISTRIES, VOLUMES, Seen, rows, short_name
from .objects import Thing, claim, node_pod, registry_pod, volume_pod
from .registries import asked_of
from .space import Space

_PAUSE_SECONDS = 0.5
# RFC 1123, and underscores as some have them.
_HOST = re.compile(r"[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)*")
# Nodes of one cluster are of few kinds.
_MOST_NODES = 20
# What a container does not come out of by itself in the time that a probe has.
_STUCK = {*NO_IMAGE, "CreateContainerConfigError", "CreateContainerError", "RunContainerError"}


@dataclass(frozen=True)
class Probing:
    """What is to be probed.

    * C(names): of C(PROBES). C(image): with a shell. C(hosts): names that pods have to resolve besides those of the cluster.
    * C(seconds): for all of it, removal aside. C(plain): registries that are asked for images by HTTP without TLS.
    """

    names: Collection[str]
    image: str
    hosts: Sequence[str]
    seconds: float
    plain: Collection[str] = ()

    @classmethod
    def of(
        cls,
        names: Collection[str],
        image: str,
        registries: Mapping[str, str],
        hosts: Sequence[str],
        seconds: float,
        plain: Iterable[str] = (),
    ) -> Probing:
        """From values of settings.

        :arg names: without their prefix; C(all) for all. C(registries): prefixes in place of registries, applied to the image.
        :raises ProbingError: for what cannot be meant.
        """
        if seconds <= 0:
            raise ProbingError(f"{option_name('probe_timeout')} is {seconds:g}: it is a number of seconds, at least 1")
        given = [one.strip().rstrip(".") for one in hosts if one.strip()]
        for one in given:
            if len(one) > 253 or not _HOST.fullmatch(one):
                raise ProbingError(f"{option_name('probe_hosts')}: {one!r} is no name of a host, as in login.example.com")
        try:
            reference = read_image(image)
            replaced = Images.of(registries, {}).replaced(reference)
        except ImageError as error:
            raise ProbingError(f"{option_name('probe_image')}: {error}") from error
        except ChangeError as error:
            raise ProbingError(str(error)) from error
        try:
            without_tls = {read_registry(one) for one in plain}
        except ImageError as error:
            raise ProbingError(f"{option_name('probe_plain_http_registries')}: {error}") from error
        wanted = [name for name in PROBES if "all" in names or short_name(name) in names]
        return cls(wanted, str(replaced or reference), given, seconds, without_tls)

    @property
    def writes(self) -> bool:
        """Whether anything is made on the cluster."""
        return any(name != IMAGES for name in self.names)

    def without_writes(self) -> Probing | None:
        """What of it makes nothing; None when that is nothing at all."""
        return replace(self, names=[IMAGES]) if IMAGES in self.names else None


class ProbingError(ValueError):
    """Settings of probes that cannot be meant; one line for people."""


def probe(question: Question, probing: Probing) -> list[Finding]:
    """A row for each probe. Nothing of it stays on the cluster; where that went wrong is a row of its own."""
    deadline = Deadline(probing.seconds, option_name("probe_timeout"))
    # Who interrupts the checks interrupts this as well, and what was made is removed all the same.
    with question.deadline.when_cancelled(lambda: deadline.cancel(question.deadline.reason)), ThreadPoolExecutor(1) as beside:
        images = beside.submit(ask_for_images, question, deadline, probing.plain) if IMAGES in probing.names else None
        found = _on_cluster(question, probing, deadline) if probing.writes else []
        return [*found, images.result()] if images else found


def _on_cluster(question: Question, probing: Probing, deadline: Deadline) -> list[Finding]:
    space = Space(question.client, question.look.now or time.time(), deadline)
    run = _Run(question, probing, space, deadline)
    wanted = [name for name in PROBES if name in probing.names and name != IMAGES]
    try:
        with space.made():
            run.make()
            run.wait()
            found = rows(wanted, run.seen)
    except ApiError as error:
        remedy = "Credentials that may create and delete namespaces, pods and persistentvolumeclaims; or leave the probes out."
        found = [Finding(name, "warn", f"nothing could be probed: {error.message}", remedy) for name in wanted]
    if space.left:
        found.append(Finding("probe_removal", "warn", space.left, f"kubectl delete namespace {space.name}"))
    elif space.removed:
        found.append(Finding("probe_removal", "pass", f"removed what an earlier run had left: {', '.join(space.removed)}"))
    return found


@dataclass
class _Run:
    question: Question
    probing: Probing
    space: Space
    deadline: Deadline
    seen: Seen = field(default_factory=Seen)

    def make(self) -> None:
        """All pods and claims at once. What is refused is said in its own row, and the others go on.

        :raises ApiError: when the API server does not answer any more.
        """
        wanted, look, seen = self.probing.names, self.question.look, self.seen
        seen.simulated, seen.hosts, seen.began = look.simulated, list(self.probing.hosts), time.monotonic()
        seconds = int(self.deadline.remaining) + 30
        nodes = [
            name_of(node) for node in look.of("nodes") if takes(node, {}) and SIMULATED not in (node["metadata"].get("annotations") or {})
        ]
        seen.left_out = max(0, len(nodes) - _MOST_NODES)
        for number, node in enumerate([] if seen.simulated else nodes[:_MOST_NODES]):
            if set(wanted) & set(NODE_ROWS):
                name = f"node-{number}"
                seen.nodes[name] = node
                self._post("pods", node_pod(name, node, self.probing.image, seconds, [*seen.names]))
            if REGISTRIES in wanted:
                name = f"registries-{number}"
                seen.asked[name] = asked_of(self.question.objects(), self.space.name)
                seen.nodes[name] = node
                if seen.asked[name]:
                    images = {container: image for container, (_registry, image) in seen.asked[name].items()}
                    self._post("pods", registry_pod(name, node, images, seconds))
        if VOLUMES in wanted:
            classes = {one.storage_class for one in claims_of(self.question.objects(), 1) if one.count and one.storage_class != ""}
            for number, storage_class in enumerate(sorted(classes, key=lambda one: one or "")):
                name = f"volume-{number}"
                seen.classes[name] = storage_class
                if self._post("persistentvolumeclaims", claim(name, storage_class)):
                    self._post("pods", volume_pod(name, self.probing.image, seconds))

    def _post(self, plural: str, body: Thing) -> bool:
        try:
            self.space.post(self.space.path(plural), body)
        except ApiError as error:
            # Whoever refuses one may take the next.
            if error.status not in (400, 403, 404, 422, 500):
                raise
            self.seen.refused[body["metadata"]["name"]] = error.message
            return False
        return True

    def wait(self) -> None:
        """Until all is told, or the time is over."""
        while not self._look():
            if not self.deadline.wait(_PAUSE_SECONDS):
                break
        self.seen.why_over = self.deadline.reason if self.deadline.expired else ""
        # An event says more than a status, and a status more than nothing. The run's own time may be over.
        try:
            events = self.question.client.get(self.space.path("events"), deadline=Deadline(5))["items"]
        except ApiError:
            events = []
        told: dict[str, list[str]] = defaultdict(list)
        # A claim says why it is not bound, its pod of the same name only that it waits for it: the last one is shown.
        for event in sorted(events, key=lambda one: (one.get("involvedObject") or {}).get("kind") == "PersistentVolumeClaim"):
            if event.get("type") == "Warning" or event.get("reason") in ("ExternalProvisioning", "FailedBinding", "WaitForFirstConsumer"):
                told[(event.get("involvedObject") or {}).get("name") or ""].append(f"{event.get('reason')}: {event.get('message')}")
        self.seen.events = {name: list(dict.fromkeys(lines)) for name, lines in told.items()}

    def _look(self) -> bool:
        client, deadline, seen = self.question.client, self.deadline, self.seen
        try:
            pods = client.get(self.space.path("pods"), deadline=deadline)["items"]
            claims = client.get(self.space.path("persistentvolumeclaims"), deadline=deadline)["items"] if seen.classes else ()
        except ApiError:
            if deadline.expired:
                return True
            raise
        now = time.monotonic() - seen.began
        seen.pods = {name_of(pod): pod for pod in pods}
        seen.claims = {name_of(item): item for item in claims}
        for name, item in seen.claims.items():
            if (item.get("status") or {}).get("phase") == "Bound":
                seen.bound.setdefault(name, now)
        for name in seen.asked:
            for status in container_statuses(seen.pods.get(name, {})):
                message = ((status.get("state") or {}).get("waiting") or {}).get("message") or ""
                # While a kubelet backs off, an old one does not say why.
                if message and not (message.startswith("Back-off") and "Err" not in message):
                    seen.pulls.setdefault((name, status["name"]), message)
        return all(self._told(name) for name in self._expected())

    def _expected(self) -> Iterator[str]:
        names = {*self.seen.nodes, *self.seen.classes} - {name for name, asked in self.seen.asked.items() if not asked}
        yield from sorted(names - set(self.seen.refused))

    def _told(self, name: str) -> bool:
        pod = self.seen.pods.get(name)
        if pod is None:
            return False
        if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
            return True
        reasons = [((status.get("state") or {}).get("waiting") or {}).get("reason") for status in container_statuses(pod)]
        if name in self.seen.asked:
            return len(reasons) == len(self.seen.asked[name]) and all(reason in NO_IMAGE for reason in reasons)
        if any(reason in _STUCK for reason in reasons):
            return True
        if name in self.seen.classes:
            if self.seen.simulated and name in self.seen.bound:
                return True
            return self._is_hopeless(self.seen.claims.get(name))
        return False

    def _is_hopeless(self, item: Item | None) -> bool:
        """A claim that no controller looks at: of no class, or of one that is not there."""
        if item is None:
            return False
        named = (item.get("spec") or {}).get("storageClassName")
        return not named or named not in map(name_of, self.question.look.found.get("storageclasses.storage.k8s.io", ()))
