# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each fact of the table of what the API server normalises, tried on the API servers of all releases."""

from __future__ import annotations

import copy
import random
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from conftest import ReleaseCluster

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.unchanged import is_applied
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resources
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.normalised import NORMALISED, Place
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import key_of, to_send
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.quantity import canonical_quantity

Thing = dict[str, Any]
Path = tuple[str | int, ...]

POD = """
hostNetwork: false
hostPID: false
hostIPC: false
nodeSelector: {disk: fast}
tolerations: [{key: a, operator: Exists}]
imagePullSecrets: [{name: a}]
initContainers: [{name: first, image: a}]
containers:
  - name: main
    image: a
    command: [a]
    args: [a]
    stdin: false
    tty: false
    env:
      - {name: A, value: ""}
      - {name: B, valueFrom: {fieldRef: {apiVersion: v1, fieldPath: metadata.name}}}
      - {name: C, valueFrom: {resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: "1"}}}
    envFrom: [{configMapRef: {name: a}}]
    ports: [{containerPort: 80, protocol: TCP}]
    livenessProbe: &probe {tcpSocket: {port: 80}, initialDelaySeconds: 0}
    readinessProbe: *probe
    startupProbe: *probe
    resources: {limits: {cpu: "2", memory: 1Gi}, requests: {cpu: 1, memory: 1Gi}}
    volumeMounts: [{name: a, mountPath: /a, readOnly: false, subPath: ""}]
volumes:
  - {name: a, emptyDir: {sizeLimit: 1Gi}}
  - {name: b, persistentVolumeClaim: {claimName: a, readOnly: false}}
  - name: c
    downwardAPI: &downward
      items:
        - {path: a, fieldRef: {apiVersion: v1, fieldPath: metadata.name}}
        - {path: b, resourceFieldRef: {containerName: main, resource: limits.cpu, divisor: "1"}}
  - {name: d, projected: {sources: [{downwardAPI: *downward}, {serviceAccountToken: {path: a, expirationSeconds: 3600}}]}}
"""
LABELS = {"app": "thing"}
TEMPLATE = {"metadata": {"labels": LABELS, "annotations": LABELS}, "spec": yaml.safe_load(POD)}
ONCE = {**TEMPLATE, "spec": {**TEMPLATE["spec"], "restartPolicy": "Never"}}
CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "volumeMode": "Filesystem",
    "resources": {"limits": {"storage": "2Gi"}, "requests": {"storage": "1Gi"}},
}
CLAIM_TEMPLATE = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "a", "creationTimestamp": None},
    "spec": CLAIM,
    "status": {"phase": "Pending"},
}
SELECTED = {"selector": {"matchLabels": LABELS}, "template": TEMPLATE}
RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
RBAC = "rbac.authorization.k8s.io"
SUBJECTS = [{"kind": "ServiceAccount", "apiGroup": "", "name": "a", "namespace": "default"}]
PEERS = {"ports": [{"port": 80, "protocol": "TCP"}]}
SERVICE = {"kind": "Service", "name": "a"}
METRIC = {"metric": {"name": "a"}}
AVERAGE = {"target": {"type": "AverageValue", "averageValue": "2"}}
METRICS = [
    {"type": "Resource", "resource": {"name": "cpu", **AVERAGE}},
    {"type": "Pods", "pods": {**METRIC, **AVERAGE}},
    {"type": "External", "external": {**METRIC, **AVERAGE}},
    {"type": "Object", "object": {**METRIC, "describedObject": SERVICE, "target": {"type": "Value", "value": "2"}}},
]
OLD_METRICS = [
    {"type": "Resource", "resource": {"name": "cpu", "targetAverageValue": "2"}},
    {"type": "Pods", "pods": {"metricName": "a", "targetAverageValue": "2"}},
    {"type": "External", "external": {"metricName": "a", "targetValue": "2"}},
    {"type": "Object", "object": {"metricName": "a", "target": SERVICE, "averageValue": "2", "targetValue": "2"}},
]


def autoscaler(version: str, metrics: list[Thing]) -> Thing:
    scaled = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "a"}
    spec = {"maxReplicas": 3, "scaleTargetRef": scaled, "metrics": metrics}
    return {"apiVersion": f"autoscaling/{version}", "kind": "HorizontalPodAutoscaler", "spec": spec}


def webhooks(kind: str) -> Thing:
    hook = {
        "name": "a.example.com",
        "clientConfig": {"url": "https://example.com"},
        "rules": [
            {"apiGroups": ["example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["things"], "scope": "*"},
        ],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "webhooks": [hook]}


SCHEMA = {"openAPIV3Schema": {"type": "object"}}
CRD = {
    "group": "example.com",
    "scope": "Namespaced",
    "names": {"plural": "things", "kind": "Thing"},
    "preserveUnknownFields": False,
    "versions": [{"name": "v1", "served": True, "storage": True, "schema": SCHEMA}],
}

# Objects that have something at every place of the table.
SAMPLES: list[Thing] = [
    {"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"}, "binaryData": {"b": "eA=="}},
    {"apiVersion": "v1", "kind": "Namespace"},
    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": CLAIM},
    # A token's volume would have another name every time.
    {"apiVersion": "v1", "kind": "Pod", "spec": {**TEMPLATE["spec"], "automountServiceAccountToken": False}},
    {"apiVersion": "v1", "kind": "Secret", "data": {"a": "eA=="}},
    {
        "apiVersion": "v1",
        "kind": "Service",
        "spec": {"publishNotReadyAddresses": False, "clusterIP": "None", "ports": [{"port": 80, "protocol": "TCP"}]},
    },
    {"apiVersion": "v1", "kind": "ServiceAccount", "imagePullSecrets": [{"name": "a"}]},
    webhooks("MutatingWebhookConfiguration"),
    webhooks("ValidatingWebhookConfiguration"),
    {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"}, "spec": CRD},
    {"apiVersion": "apps/v1", "kind": "DaemonSet", "spec": {**SELECTED, "minReadySeconds": 0}},
    {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {**SELECTED, "minReadySeconds": 0, "paused": False}},
    {"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": {**SELECTED, "serviceName": "a", "volumeClaimTemplates": [CLAIM_TEMPLATE]}},
    *(autoscaler(version, METRICS) for version in ("v2", "v2beta2")),
    autoscaler("v2beta1", OLD_METRICS),
    {"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": ONCE}}}},
    {"apiVersion": "batch/v1", "kind": "Job", "spec": {"manualSelector": True, "selector": SELECTED["selector"], "template": ONCE}},
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [PEERS], "egress": [PEERS]},
    },
    {"apiVersion": f"{RBAC}/v1", "kind": "ClusterRole", "rules": [RULE]},
    {
        "apiVersion": f"{RBAC}/v1",
        "kind": "ClusterRoleBinding",
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "a"},
        "subjects": SUBJECTS,
    },
    {"apiVersion": f"{RBAC}/v1", "kind": "Role", "rules": [RULE]},
    {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "a"},
        "subjects": SUBJECTS,
    },
]


def facts(place: Place) -> Iterator[tuple[int, str]]:
    """Every fact of the table below a place, once for each type that it is written in."""
    for name, inner in place.inside.items():
        if inner.nothing or inner.quantity or inner.empty:
            yield id(place.inside), name
        yield from facts(inner)


def found(value: Any, place: Place, path: Path = ()) -> Iterator[tuple[Path, Place, Place]]:
    """What is in an object at places of the table: where, the place and its parent."""
    if isinstance(value, list):
        for index, element in enumerate(value):
            yield from found(element, place, (*path, index))
    elif isinstance(value, dict):
        for name, child in value.items():
            inner = place.at(name)
            yield (*path, name), inner, place
            yield from found(child, inner, (*path, name))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def with_value(item: Thing, path: Path, *values: Any) -> Thing:
    """A copy of an object with another value at a place, or with none."""
    item = copy.deepcopy(item)
    parent = at(item, path[:-1])
    del parent[path[-1]]
    for value in values:
        parent[path[-1]] = value
    return item


def sample(item: Thing) -> Thing:
    metadata = {"name": f"thing-{secrets.token_hex(4)}", "namespace": "default", "labels": LABELS, "annotations": LABELS}
    return {**copy.deepcopy(item), "metadata": {**metadata, **item.get("metadata", {})}}


class Server:
    """Asks an API server what it would store."""

    def __init__(self, cluster: ReleaseCluster) -> None:
        self.client = cluster.client
        self.resources = Resources.discover(self.client, map(sample, SAMPLES), Deadline(30))

    @property
    def samples(self) -> list[Thing]:
        """Those whose version it serves."""
        return [to_send(item, namespaced=resource.namespaced) for item in map(sample, SAMPLES) if (resource := self.resources.of(item))]

    def _path(self, item: Thing) -> str:
        resource = self.resources.of(item)
        assert resource
        return resource.path(item["metadata"].get("namespace", ""), item["metadata"]["name"])

    def apply(self, item: Thing, manager: str = "ours", *, dry_run: bool = False) -> Thing:
        answer: Thing = self.client.apply(self._path(item), item, manager=manager, force=True, dry_run=dry_run)
        return answer

    def delete(self, item: Thing) -> None:
        self.client.request("DELETE", self._path(item))

    def stored(self, item: Thing) -> Thing:
        """An object as it would be created."""
        answer = self.apply(item, dry_run=True)
        for name in ("uid", "creationTimestamp", "selfLink"):
            answer["metadata"].pop(name, None)
        for entry in answer["metadata"]["managedFields"]:
            del entry["time"]
        return answer


def content(item: Thing) -> Thing:
    return {
        **item,
        "metadata": {name: value for name, value in item["metadata"].items() if name not in ("managedFields", "resourceVersion")},
    }


@pytest.fixture(scope="module")
def server(release_cluster: ReleaseCluster) -> Server:
    return Server(release_cluster)


def test_every_fact_of_the_table_is_tried() -> None:
    kinds = {key_of(item)[:2] for item in map(sample, SAMPLES)}
    assert kinds == set(NORMALISED)
    tried = {
        (id(parent.inside), path[-1] if path[-1] in parent.inside else "*")
        for item in map(sample, SAMPLES)
        for path, _place, parent in found(item, NORMALISED[key_of(item)[:2]])
    }
    assert {fact for place in NORMALISED.values() for fact in facts(place)} <= tried


def test_what_is_the_same_as_none_is_stored_like_none(server: Server) -> None:
    tried = 0
    for item in server.samples:
        for path, place, _parent in found(item, NORMALISED[key_of(item)[:2]]):
            if place.nothing:
                without = content(server.stored(with_value(item, path)))
                for value in place.nothing:
                    assert content(server.stored(with_value(item, path, value))) == without, (item["kind"], path, value)
                    tried += 1
    assert tried > 100


def test_a_quantity_is_stored_in_its_canonical_form(server: Server) -> None:
    respelt = {"1": "1000m", "2": "2000m", "1Gi": "1024Mi", "2Gi": "2048Mi"}
    tried = 0
    for item in server.samples:
        for path, place, _parent in found(item, NORMALISED[key_of(item)[:2]]):
            if place.quantity:
                plain = str(at(item, path))
                stored = at(server.stored(with_value(item, path, respelt[plain])), path)
                assert stored == plain == canonical_quantity(respelt[plain]), (item["kind"], path)
                tried += 1
    assert tried > 50


def test_any_quantity_that_is_rewritten_here_is_rewritten_so_by_the_api_server(server: Server) -> None:
    seed = random.randrange(10**6)
    rng = random.Random(seed)

    def number() -> str:
        whole = rng.choice(
            (str(rng.randrange(10)), str(rng.randrange(10**6)), str(rng.randrange(1, 99) * 1000), str(2 ** rng.randrange(40)))
        )
        digits = rng.choice(("", "", "", ".0", ".5", ".25", ".50", ".500", ".125", ".1", f".{rng.randrange(10**4)}"))
        return (
            rng.choice(("", "", "", "0"))
            + whole
            + digits
            + rng.choice(("", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3"))
        )

    def pod(quantities: list[Any]) -> Thing:
        volumes = [{"name": f"v{index}", "emptyDir": {"sizeLimit": quantity}} for index, quantity in enumerate(quantities)]
        containers = [
            {"name": f"c{index}", "image": "a", "resources": {"limits": {"cpu": quantity}}} for index, quantity in enumerate(quantities)
        ]
        return {"metadata": {"labels": LABELS}, "spec": {"containers": containers, "volumes": volumes}}

    sent: list[Any] = [*(number() for _index in range(500)), 0, 1, 1000, 1024, 0.5, 1.0, 1.25, 100.125]
    (item,) = (item for item in server.samples if item["kind"] == "Deployment")
    spec = server.stored({**item, "spec": {**item["spec"], "template": pod(sent)}})["spec"]["template"]["spec"]
    rewritten = 0
    for quantity, volume, container in zip(sent, spec["volumes"], spec["containers"], strict=True):
        known = canonical_quantity(quantity)
        if known is not None:
            assert volume["emptyDir"]["sizeLimit"] == known, (seed, quantity)
            assert container["resources"]["limits"]["cpu"] == known, (seed, quantity)
            rewritten += known != quantity
    assert rewritten > 50


def test_what_declares_nothing_changes_nothing(server: Server) -> None:
    """Nor does it take anything from those who fill it: that it is not sent is no loss."""
    tried = 0
    for item in server.samples:
        for path, place, _parent in found(item, NORMALISED[key_of(item)[:2]]):
            # A selector wants the labels of its pods, a mount its volume.
            if place.empty and not (path[-1] == "labels" and "selector" in item.get("spec", {})):
                part = item
                if path[-1] == "volumes":
                    part = copy.deepcopy(item)
                    del at(part, (*path[:-1], "containers"))[0]["volumeMounts"]
                without = content(server.stored(with_value(part, path)))
                for value in place.empty:
                    assert content(server.stored(with_value(part, path, value))) == without, (item["kind"], path, value)
                    tried += 1
    assert tried > 100


def test_what_declares_nothing_leaves_what_others_put_there(server: Server) -> None:
    container = {"name": "main", "image": "a", "env": [], "ports": [], "volumeMounts": []}
    pod = {"restartPolicy": "Never", "containers": [container], "imagePullSecrets": [], "initContainers": [], "volumes": []}
    emptied: dict[str, Thing] = {
        "ConfigMap": {"data": {}, "binaryData": {}},
        "Secret": {"data": {}},
        # Nothing comes of a suspended one, so that no controller writes into it meanwhile.
        "CronJob": {"spec": {"schedule": "@daily", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": pod}}}}},
    }
    for item in server.samples:
        if item["kind"] in emptied:
            if item["kind"] == "CronJob":
                item["spec"]["suspend"] = True
            before = server.apply(item, "somebody")
            metadata = {**{name: item["metadata"][name] for name in ("name", "namespace")}, "labels": {}, "annotations": {}}
            ours = {"apiVersion": item["apiVersion"], "kind": item["kind"], "metadata": metadata, **emptied[item["kind"]]}
            assert content(server.apply(ours)) == content(before)
            sent = to_send(ours, namespaced=True)
            assert not {"labels", "annotations"} & sent["metadata"].keys()
            assert content(live := server.apply(sent)) == content(before)
            assert is_applied(sent, live, "ours")
            server.delete(item)
