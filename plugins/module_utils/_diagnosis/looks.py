# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What several rules look for that no single text of the cluster tells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from .._objects.objects import Key
from .._objects.references import references
from .._readiness.pods import container_statuses
from .evidence import Evidence, Item, has_begun
from .rule import Match, PointsTo, Signal
from .signals import short

TOKEN_REQUEST = Key("", "API", "", "serviceaccounts/token")
"""The API server's own: what C(GET /api/v1) lists when it issues tokens for pods."""
_CALL = re.compile(r'failed calling webhook "(?P<webhook>[^"]+)"')
_URL = re.compile(r"https?://(?P<service>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)\.svc")


def webhook_call(pattern: str, answering: bool | None = None) -> Signal:
    """An admission webhook that could not be asked, as controllers and the phase apply were told. About its Service.

    :arg answering: whether the Service has a ready endpoint now; None for both.
    """
    wanted = re.compile(pattern)

    def see(evidence: Evidence) -> Iterator[Match]:
        for said_of, line, message, age in _refused(evidence):
            called = _CALL.search(message)
            if not called or not wanted.search(message):
                continue
            service = _service_of(evidence, called["webhook"], message)
            if service is None or (answering is not None and ((service.namespace, service.name) in evidence.answering) != answering):
                continue
            words = {"webhook": called["webhook"], **words_of_service(evidence, service)}
            yield Match(service, (short(line),), (said_of,), age=age, words=words, group=words["service"])

    return see


def _refused(evidence: Evidence) -> Iterator[tuple[Key, str, str, float]]:
    for event in evidence.current_events:
        if event.warning:
            yield evidence.owner(event.about), str(event), event.message, evidence.now - event.first
    for refusal in evidence.refusals:
        yield refusal.about, f"{refusal.about} was not applied: {refusal.message}", refusal.message, float("inf")


def _service_of(evidence: Evidence, webhook: str, message: str) -> Key | None:
    if found := _URL.search(message):
        return Key("", "Service", found["namespace"], found["service"])
    return next((Key("", "Service", *one.service) for one in evidence.webhooks if one.name == webhook), None)


def words_of_service(evidence: Evidence, service: Key) -> dict[str, str]:
    """Of a webhook's Service: its name, and the configurations that call it, as kubectl takes them."""
    found = {f"{one.config_kind}/{one.config}": None for one in evidence.webhooks if one.service == (service.namespace, service.name)}
    return {"service": f"{service.namespace}/{service.name}", "config": " ".join(found) or "<the configuration that has it>"}


def itself(_evidence: Evidence, match: Match) -> Iterable[Key]:
    """What a run could not make is not there because it was refused."""
    return (match.about,)


def behind_the_service(evidence: Evidence, match: Match) -> Iterable[Key]:
    return evidence.behind((match.about.namespace, match.about.name))


def lacking(choose: Callable[[Evidence, Key], bool]) -> Signal:
    """An object that pods mount or name and that is not there, so that they do not start. About that object.

    :arg choose: whether the rule is about this one.
    """

    def see(evidence: Evidence) -> Iterator[Match]:
        for key, pod in evidence.unwell_pods:
            spec = pod.get("spec") or {}
            if not spec.get("nodeName") or _all_begun(pod):
                continue
            for wanted in references(spec, key.namespace):
                if not evidence.is_missing(wanted) or not choose(evidence, wanted):
                    continue
                said = [str(event) for event in evidence.current_events if event.about == key and f'"{wanted.name}"' in event.message]
                said += _of_containers(key, pod, wanted.name)
                # Once a pod has an address its volumes are there, also those that nobody told a word about.
                if not said and (pod.get("status") or {}).get("podIP"):
                    continue
                lines = said or [f"{key} needs {wanted}, which is not there"]
                words = {"kind": wanted.kind, "name": wanted.name, "namespace": wanted.namespace}
                age = evidence.now - min(
                    (event.first for event in evidence.current_events if event.about == key and str(event) in said),
                    default=evidence.now - evidence.age(pod),
                )
                yield Match(wanted, (short(lines[-1]),), (evidence.owner(key),), age=age, words=words)

    return see


def held_by(kind: str, name: str = "", pattern: str = "") -> Signal:
    """An object that another one waited for in vain when it was to be applied. About the one that was waited for.

    :arg name: of any name when it is empty. C(pattern) is searched for in what was said.
    """

    def see(evidence: Evidence) -> Iterator[Match]:
        for refusal, keys in evidence.held:
            if not re.search(pattern, refusal.message):
                continue
            for key in keys:
                if (key.group, key.kind) == ("", kind) and name in ("", key.name):
                    words = {"name": key.name, "namespace": key.namespace, "service": f"{key.namespace}/{key.name}"}
                    hook = re.search(r"webhook (\S+)", refusal.message)
                    words |= {"webhook": hook[1]} if hook else {}
                    group = words["service"] if kind == "Service" else ""
                    yield Match(key, (short(f"{refusal.about}: {refusal.message}"),), (refusal.about,), words=words, group=group)

    return see


def _of_containers(key: Key, pod: Item, name: str) -> list[str]:
    """What containers wait for that take a variable from it."""
    waiting = ((status["name"], (status.get("state") or {}).get("waiting") or {}) for status in container_statuses(pod))
    return [
        f"{key}: container {container}: {found['reason']}: {found['message']}"
        for container, found in waiting
        if f'"{name}"' in (found.get("message") or "")
    ]


def _all_begun(pod: Item) -> bool:
    """A pod whose containers all run has what it mounts, whatever became of that later."""
    if not has_begun(pod):
        return False
    status = pod.get("status") or {}
    return all("waiting" not in (entry.get("state") or {}) for entry in status.get("containerStatuses") or ())


def the_maker(evidence: Evidence, match: Match) -> Iterable[Key]:
    maker = evidence.maker(match.about)
    return () if maker is None else (maker,)


def to(*objects: Key) -> PointsTo:
    """These objects, as far as they are there or the plan has them."""

    def look(evidence: Evidence, _match: Match) -> Iterable[Key]:
        return [key for key in objects if key in evidence.objects or key in (evidence.planned or {})]

    return look


def deployment(namespace: str, name: str) -> Key:
    return Key("apps", "Deployment", namespace, name)


ISTIOD = deployment("istio-system", "istiod")
DEX = deployment("auth", "dex")
DATABASES = (
    deployment("kubeflow", "mysql"),
    deployment("kubeflow", "katib-mysql"),
    deployment("kubeflow", "metadata-mysql"),
    deployment("kubeflow", "metadata-db"),
)
OBJECT_STORES = (deployment("kubeflow", "minio"), deployment("kubeflow", "seaweedfs"))
COREDNS = deployment("kube-system", "coredns")
