# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of workloads in every part: how many, where, how large, and how their images are pulled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from ..._common.naming import option_name
from ..._objects.objects import pod_template
from ..._objects.quantity import cores, mebibytes, parse_quantity
from .change import Change, ChangeError, Object
from .containers import containers_of, in_template

_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
_SCALABLE = ("Deployment", "StatefulSet")


@dataclass(frozen=True, eq=False)
class WorkloadSetting:
    """One entry of ``workloads``. C(part), C(name) and C(container) choose, may hold wildcards, and choose all by default."""

    part: str = "*"
    name: str = "*"
    container: str = "*"
    replicas: int | None = None
    resources: Mapping[str, Any] = field(default_factory=dict)
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: Sequence[Mapping[str, Any]] = ()
    priority_class: str = ""

    @staticmethod
    def candidates(objects: Iterable[Object]) -> Iterator[Object]:
        """What entries choose from."""
        return (item for item in objects if item["kind"] in _KINDS)

    def changes(self, objects: Sequence[Object]) -> Iterator[Change]:
        """What the entry changes.

        :raises ChangeError: when it asks of a kind what that kind has not.
        """
        for item in self.candidates(objects):
            if not fnmatchcase(item["metadata"]["name"], self.name):
                continue
            if self.replicas is not None and (change := _replicas(item, objects, self)):
                yield change
            if spec := self._spec(item):
                yield Change.on(item, str(self), merge=in_template(item, spec))

    def _spec(self, item: Object) -> Object:
        spec: Object = {}
        if self.node_selector:
            spec["nodeSelector"] = dict(self.node_selector)
        if self.tolerations:
            spec["tolerations"] = [dict(toleration) for toleration in self.tolerations]
        if self.priority_class:
            spec["priorityClassName"] = self.priority_class
        if self.resources:
            names = [container["name"] for container in containers_of(item) if fnmatchcase(container["name"], self.container)]
            if not names and self.name == item["metadata"]["name"]:
                known = ", ".join(container["name"] for container in containers_of(item))
                raise ChangeError(f"{self}: {item['kind']} {self.name} has no such container; it has {known}")
            spec["containers"] = [{"name": name, "resources": dict(self.resources)} for name in names]
        return {name: value for name, value in spec.items() if value}

    def __str__(self) -> str:
        chosen = {name: value for name in ("part", "name", "container") if (value := getattr(self, name)) != "*"}
        return f"{option_name('workloads')} ({', '.join(f'{name}: {value}' for name, value in chosen.items()) or 'all'})"


# Its values say how istiod makes sidecars; without an answer there, Istio 1.9 pulls them always.
_INJECTOR = "istio-sidecar-injector"


@dataclass(frozen=True)
class Pods:
    """What holds for all pods.

    C(resources) is a factor for requests of CPU and memory (1: upstream's), or 0 for none at all.
    """

    resources: Decimal = Decimal(1)
    pull_policy: str = ""
    pull_secrets: Sequence[str] = ()


def changes_of_pods(objects: Iterable[Object], pods: Pods) -> Iterator[Change]:
    """What settings for all pods change."""
    for item in objects:
        if pods.pull_policy and item["kind"] == "ConfigMap" and item["metadata"]["name"] == _INJECTOR:
            of_sidecars = {"key": "values", "merge": {"global": {"imagePullPolicy": pods.pull_policy}}}
            yield Change.on(item, option_name("image_pull_policy"), document=of_sidecars)
        if item["kind"] not in _KINDS:
            continue
        if pods.pull_policy:
            yield Change.on(item, option_name("image_pull_policy"), merge=_each(item, {"imagePullPolicy": pods.pull_policy}))
        if pods.pull_secrets:
            secrets = [{"name": name} for name in pods.pull_secrets]
            yield Change.on(item, option_name("image_pull_secrets"), merge=in_template(item, {"imagePullSecrets": secrets}))
        if pods.resources != 1:
            for container in containers_of(item):
                if scaled := _scaled(container.get("resources") or {}, pods.resources):
                    patch = in_template(item, {"containers": [{"name": container["name"], "resources": scaled}]})
                    yield Change.on(item, option_name("resources"), merge=patch)


def _replicas(item: Object, objects: Iterable[Object], entry: WorkloadSetting) -> Change | None:
    if item["kind"] not in _SCALABLE:
        if entry.name == item["metadata"]["name"]:
            raise ChangeError(f"{entry}: a {item['kind']} has no replicas")
        return None
    scaler = next((other for other in objects if _scales(other, item)), None)
    if scaler:
        # It would undo another number: it is told the least instead.
        most = max(entry.replicas or 0, scaler["spec"].get("maxReplicas") or 0)
        return Change.on(scaler, str(entry), merge={"spec": {"minReplicas": entry.replicas, "maxReplicas": most}})
    return Change.on(item, str(entry), merge={"spec": {"replicas": entry.replicas}})


def _scales(scaler: Object, item: Object) -> bool:
    if scaler["kind"] != "HorizontalPodAutoscaler":
        return False
    target = scaler["spec"].get("scaleTargetRef") or {}
    same_namespace = scaler["metadata"].get("namespace") == item["metadata"].get("namespace")
    return same_namespace and (target.get("kind"), target.get("name")) == (item["kind"], item["metadata"]["name"])


def _each(item: Object, fields: Mapping[str, Any]) -> Object:
    spec = (pod_template(item) or {}).get("spec") or {}
    lists = {name: [{"name": entry["name"], **fields} for entry in spec.get(name) or ()] for name in ("initContainers", "containers")}
    return in_template(item, {name: entries for name, entries in lists.items() if entries})


def _scaled(resources: Mapping[str, Any], factor: Decimal) -> Object | None:
    if not resources.get("requests") and not (factor == 0 and resources.get("limits")):
        return None
    if factor == 0:
        # Without requests, limits would count as such.
        return {"requests": None, "limits": None}
    scaled = {}
    for name, value in resources["requests"].items():
        quantity = parse_quantity(value) if name in ("cpu", "memory") else None
        if quantity is not None:
            scaled[name] = cores(quantity * factor) if name == "cpu" else mebibytes(quantity * factor)
    return {"requests": scaled} if scaled else None
