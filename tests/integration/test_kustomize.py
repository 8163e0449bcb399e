# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan asks of kustomize is what the kustomize of each release does, and the table of merge keys is the API server's."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from conftest import RELEASES, Cluster
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from test_merge import MAPS, PORTS, SPECS, TEXTS, unordered

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.manifests import dump, load_manifests
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.images import Images
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.merge import difference
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.merge_keys import Keyed, fields_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.reference import Reference

Thing = dict[str, Any]


def _object(kind: str, content: Thing, *, api_version: str = "v1") -> Thing:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x", "namespace": "n"}, **content}


def _of(contents: st.SearchStrategy[Any], make: Callable[[Any], Thing]) -> st.SearchStrategy[tuple[Thing, Thing]]:
    """An object before and after."""
    return st.tuples(contents.map(make), contents.map(make))


PAIRS = st.one_of(
    _of(SPECS, lambda spec: _object("Deployment", {"spec": {"template": {"spec": spec}}}, api_version="apps/v1")),
    _of(PORTS, lambda ports: _object("Service", {"spec": {"ports": ports}})),
    _of(TEXTS, lambda data: _object("ConfigMap", {"data": data})),
    _of(MAPS, lambda spec: _object("Example", {"spec": spec}, api_version="example.com/v1")),
    # Named things, which no schema knows.
    _of(SPECS, lambda spec: _object("Example", {"spec": spec}, api_version="example.com/v1")),
)


def built(kustomize: str, folder: Path, pairs: list[tuple[Thing, Thing]]) -> list[Thing]:
    """What kustomize makes of the first of each pair and the patch that should make it the second."""
    fields: Thing = {"resources": ["objects.yaml"], "patches": []}
    objects = []
    for number, (before, after) in enumerate(pairs):
        metadata = {**before["metadata"], "name": f"x{number}"}
        objects.append({**before, "metadata": metadata})
        if patch := difference(before, after, fields_of(before)):
            identity = {"apiVersion": before["apiVersion"], "kind": before["kind"], "metadata": metadata}
            (folder / f"{number}.yaml").write_text(dump({**identity, **patch}))
            fields["patches"].append({"path": f"{number}.yaml"})
    (folder / "objects.yaml").write_text(
        "# Begins like no JSON, which kustomize 3 would read as that.\n" + "---\n".join(json.dumps(item) + "\n" for item in objects)
    )
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(fields))
    done = subprocess.run([kustomize, "build", str(folder)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {item["metadata"]["name"]: item for item in load_manifests(done.stdout, by_go_yaml_2_2="/3." in kustomize)}
    return [{**found[f"x{number}"], "metadata": before["metadata"]} for number, (before, _after) in enumerate(pairs)]


@pytest.mark.parametrize("release", RELEASES)
def test_kustomize_makes_of_a_patch_what_is_meant(binary: Callable[[str, str], str], release: str) -> None:
    kustomize = binary("kustomize", RELEASES[release]["kustomize"])

    # Many at once, since most of the time kustomize starts; not made smaller, which would take it minutes.
    @settings(max_examples=20, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(PAIRS, min_size=30, max_size=30))
    def check(pairs: list[tuple[Thing, Thing]]) -> None:
        with TemporaryDirectory() as folder:
            for (before, after), found in zip(pairs, built(kustomize, Path(folder), pairs), strict=True):
                assert unordered(found) == unordered(after), (before, difference(before, after, fields_of(before)))

    check()


DIGEST, OTHER = "sha256:" + "0" * 64, "sha256:" + "1" * 64
RUN = (
    "mysql:8.0",
    "mysql:8.4",
    f"quay.io/a/b@{DIGEST}",
    "kserve/server:v1",
    "kserve/server:v1-gpu",
    "localhost:5000/x",
    "gcr.io/y/z:1.10",
    "gcr.io/y/z:1x10",
    "gcrxio/y/z:1",
)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize(
    ("registries", "overrides"),
    [
        ({"*": "registry.example.com:5000/all"}, {"mysql": "own/mysql:8.4", "kserve/server:v1-gpu": "own/gpu:2"}),
        ({"docker.io": "quay.io", "quay.io": "registry.example.com"}, {"mysql:8.0": "own/old", "mysql": "own/new"}),
        ({}, {"mysql": f"own/mysql@{DIGEST}", "quay.io/a/b": f"own/b@{OTHER}", "localhost:5000/x": "own/x:1"}),
        ({}, {"quay.io/a/b": "own/b:2", "gcr.io/y/z:1.10": "own/z:1", "kserve/server": "mysql:8.0", "mysql": "other/mysql"}),
    ],
)
def test_kustomize_replaces_images_as_it_is_meant(
    binary: Callable[[str, str], str], tmp_path: Path, release: str, registries: Thing, overrides: Thing
) -> None:
    images = Images.of(registries, overrides)
    spec = {"containers": [{"name": f"c{number}", "image": image} for number, image in enumerate(RUN)]}
    item = _object("Pod", {"spec": spec})
    (tmp_path / "objects.yaml").write_text(yaml.safe_dump(item))
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump({"resources": ["objects.yaml"], "images": images.transformer([item])}))
    command = [binary("kustomize", RELEASES[release]["kustomize"]), "build", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = load_manifests(done.stdout)
    parsed = [image for text in RUN if (image := Reference.parse(text))]
    assert [container["image"] for container in found["spec"]["containers"]] == [str(images.replaced(one) or one) for one in parsed]


def _lists(definitions: Thing, schema: Thing, seen: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Paths of lists with a merge key, and the key, in an OpenAPI schema."""
    reference = (schema.get("$ref") or schema.get("items", {}).get("$ref") or "").rpartition("/")[2]
    if reference in seen:
        return
    for name, field in definitions.get(reference, schema).get("properties", {}).items():
        # No setting is about them.
        if name in ("status", "ownerReferences"):
            continue
        if key := field.get("x-kubernetes-patch-merge-key"):
            yield (name,), key
        for path, key in _lists(definitions, field, (*seen, reference)):
            yield (name, *path), key


def _table(fields: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, inside in fields.items():
        if isinstance(inside, Keyed):
            yield (name,), inside.key
        for path, key in _table(inside.fields if isinstance(inside, Keyed) else inside):
            yield (name, *path), key


# Built-in kinds that settings can be about.
KINDS = [
    "v1/ConfigMap",
    "v1/Namespace",
    "v1/PersistentVolumeClaim",
    "v1/Pod",
    "v1/Secret",
    "v1/Service",
    "v1/ServiceAccount",
    "v1/ResourceQuota",
    "v1/LimitRange",
    "apps/v1/Deployment",
    "apps/v1/StatefulSet",
    "apps/v1/DaemonSet",
    "apps/v1/ReplicaSet",
    "batch/v1/Job",
    "batch/v1/CronJob",
    "autoscaling/v2/HorizontalPodAutoscaler",
    "policy/v1/PodDisruptionBudget",
    "networking.k8s.io/v1/NetworkPolicy",
    "networking.k8s.io/v1/Ingress",
    "rbac.authorization.k8s.io/v1/ClusterRole",
    "rbac.authorization.k8s.io/v1/RoleBinding",
    "scheduling.k8s.io/v1/PriorityClass",
    "storage.k8s.io/v1/StorageClass",
    "apiregistration.k8s.io/v1/APIService",
    "admissionregistration.k8s.io/v1/MutatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
]


def test_merge_keys_are_those_of_the_api_server(cluster: Cluster) -> None:
    definitions = cluster.client.get("/openapi/v2")["definitions"]
    by_kind = {
        (known["group"], known["version"], known["kind"]): schema
        for schema in definitions.values()
        for known in schema.get("x-kubernetes-group-version-kind", ())
    }
    for text in KINDS:
        api_version, _slash, kind = text.rpartition("/")
        group, _slash, version = api_version.rpartition("/")
        served = set(_lists(definitions, by_kind[group, version, kind]))
        ours = set(_table(fields_of(_object(kind, {}, api_version=api_version))))
        assert ours == served, text
