# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings for all parts, rendered as a user renders them, in each release."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import RELEASES, Played, inventory, run_playbook

Thing = dict[str, Any]
# Their CRDs alone take kustomize longer than all the rest of a release.
SLOW = {"kserve", "trainer", "spark_operator"}


def quick(release: str) -> list[str]:
    """Parts to choose: all of the default where it has no slow one, else the others, and what is installed elsewhere than upstream says."""
    parts = RELEASES[release]["parts"]
    default = [name for name, part in parts.items() if not part.get("optional")]
    if not SLOW & set(default):
        return []
    return [name for name in parts if (name in default and name not in SLOW) or "namespace" in parts[name]]


PARTS = {release: quick(release) for release in RELEASES}
SETTINGS = {
    # As people write them.
    "kubeflow_image_registries": {"docker.io/": "https://registry.example.com/hub/", "*": " registry.example.com/others"},
    "kubeflow_images": {"index.docker.io/mysql": "registry.example.com/own/mysql:8.4 "},
    "kubeflow_image_pull_policy": "IfNotPresent",
    "kubeflow_image_pull_secrets": ["registry"],
    "kubeflow_resources": "none",
    "kubeflow_labels": {"team": "ml", "answer": "yes"},
    "kubeflow_annotations": {"example.com/owner": "me"},
    "kubeflow_workloads": [{"node_selector": {"pool": "kubeflow"}}, {"name": "katib-controller", "replicas": 2, "priority_class": "high"}],
    "kubeflow_volumes": [{"storage_class": "fast"}, {"name": "mysql-pv-claim", "size": "50Gi"}],
}
WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
Objects = dict[tuple[str, str, str], Thing]

INJECTOR = ("ConfigMap", "istio-system", "istio-sidecar-injector")
ISTIOD = ("Deployment", "istio-system", "istiod")


def render(folder: Path, release: str, **settings: Any) -> tuple[Played, Objects]:
    hosts = inventory(folder, "settings", kubeflow_release=release, kubeflow_parts=PARTS[release], **settings)
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render,report")
    items = [item for path in (folder / "work/plan").glob("*/objects.json") for item in json.loads(path.read_text())]
    return played, {(item["kind"], item["metadata"].get("namespace") or "", item["metadata"]["name"]): item for item in items}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Played, Objects]]:
    @functools.cache
    def once(release: str) -> tuple[Played, Objects]:
        played, objects = render(tmp_path_factory.mktemp(release), release, **SETTINGS)
        assert played.returncode == 0, played.output
        assert objects
        return played, objects

    return once


def pods(objects: Objects) -> Iterator[Thing]:
    return (item["spec"]["template"]["spec"] for item in objects.values() if item["kind"] in WORKLOADS)


def containers(objects: Objects) -> Iterator[Thing]:
    for spec in pods(objects):
        yield from (*spec.get("initContainers", ()), *spec["containers"])


@pytest.mark.parametrize("release", PARTS)
def test_every_container_pulls_from_the_new_registries(rendered: Callable[[str], tuple[Played, Objects]], release: str) -> None:
    played, objects = rendered(release)
    images = {container["image"] for container in containers(objects)}
    assert len(images) > 10
    # istiod fills in what stands here.
    assert {image for image in images if not image.startswith("registry.example.com/")} <= {"auto"}
    assert "registry.example.com/own/mysql:8.4" in images
    assert {container["imagePullPolicy"] for container in containers(objects)} == {"IfNotPresent"}
    assert json.loads(objects[INJECTOR]["data"]["values"])["global"]["imagePullPolicy"] == "IfNotPresent"
    assert all({"name": "registry"} in spec["imagePullSecrets"] for spec in pods(objects))
    # What kustomize does not see is told.
    assert "Not replaced, since they stand in arguments, ConfigMaps or custom resources" in played.words


@pytest.mark.parametrize(
    ("settings", "images"),
    [
        ({}, {"docker.io/kubeflowmanifestswg/oidc-authservice:28c59ef", "docker.io/minio/minio:RELEASE.2019-08-14T20-37-41Z"}),
        (
            {"kubeflow_image_map": "upstream"},
            {
                "gcr.io/arrikto/kubeflow/oidc-authservice:28c59ef",
                "gcr.io/ml-pipeline/minio:RELEASE.2019-08-14T20-37-41Z-license-compliance",
            },
        ),
        (
            {
                "kubeflow_images": {"gcr.io/arrikto/kubeflow/oidc-authservice": "example.com/own:1"},
                "kubeflow_image_registries": {"docker.io": "example.com/hub"},
            },
            {"example.com/own:1", "example.com/hub/minio/minio:RELEASE.2019-08-14T20-37-41Z"},
        ),
    ],
)
def test_images_that_are_gone_come_from_where_they_live_unless_somebody_says_otherwise(
    tmp_path: Path, settings: Thing, images: set[str]
) -> None:
    hosts = inventory(tmp_path, "gone", kubeflow_release="v1.4.0", kubeflow_parts=["oidc_authservice", "pipelines"], **settings)
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render,report")
    assert played.returncode == 0, played.output
    items = [item for path in (tmp_path / "work/plan").glob("*/objects.json") for item in json.loads(path.read_text())]
    objects = {(item["kind"], item["metadata"].get("namespace") or "", item["metadata"]["name"]): item for item in items}
    assert images <= {container["image"] for container in containers(objects)}


@pytest.mark.parametrize("release", PARTS)
def test_every_pod_goes_where_it_is_told_and_asks_for_nothing(rendered: Callable[[str], tuple[Played, Objects]], release: str) -> None:
    _played, objects = rendered(release)
    assert all(spec["nodeSelector"]["pool"] == "kubeflow" for spec in pods(objects))
    for spec in pods(objects):
        assert not any((container.get("resources") or {}).get("requests") for container in spec["containers"])
    controller = next(item for (kind, _namespace, name), item in objects.items() if (kind, name) == ("Deployment", "katib-controller"))
    assert controller["spec"]["replicas"] == 2
    assert controller["spec"]["template"]["spec"]["priorityClassName"] == "high"


@pytest.mark.parametrize("release", PARTS)
def test_every_object_carries_the_labels_and_selectors_stay(
    rendered: Callable[[str], tuple[Played, Objects]], release: str, tmp_path: Path
) -> None:
    _played, objects = rendered(release)
    assert all(item["metadata"]["labels"].items() >= SETTINGS["kubeflow_labels"].items() for item in objects.values())
    assert all(item["metadata"]["annotations"]["example.com/owner"] == "me" for item in objects.values())
    played, upstream = render(tmp_path, release)
    assert played.returncode == 0, played.output
    assert upstream.keys() == objects.keys()
    # How sidecars are pulled stands in the values of their injector.
    values = json.loads(upstream[INJECTOR]["data"]["values"])
    values["global"]["imagePullPolicy"] = SETTINGS["kubeflow_image_pull_policy"]
    assert json.loads(objects[INJECTOR]["data"]["values"]) == values
    upstream[INJECTOR]["data"]["values"] = objects[INJECTOR]["data"]["values"]
    for key, item in upstream.items():
        if item["kind"] in WORKLOADS:
            assert objects[key]["spec"].get("selector") == item["spec"].get("selector")
            metadata = objects[key]["spec"]["template"].get("metadata")
            if key == ISTIOD:
                # It reads the injector's values when it starts.
                metadata["annotations"].pop("mlplatform.kubeflow/config-checksum", None)
            assert metadata == item["spec"]["template"].get("metadata")
        elif item["kind"] != "PersistentVolumeClaim" and item["kind"] != "HorizontalPodAutoscaler":
            # Nothing else is touched.
            assert {**objects[key], "metadata": None} == {**item, "metadata": None}, key


@pytest.mark.parametrize("release", PARTS)
def test_every_volume_is_of_the_class_and_one_of_its_own_size(rendered: Callable[[str], tuple[Played, Objects]], release: str) -> None:
    _played, objects = rendered(release)
    claims = {item["metadata"]["name"]: item["spec"] for item in objects.values() if item["kind"] == "PersistentVolumeClaim"}
    templates = [
        template["spec"]
        for item in objects.values()
        if item["kind"] == "StatefulSet"
        for template in item["spec"].get("volumeClaimTemplates", ())
    ]
    assert all(spec["storageClassName"] == "fast" for spec in (*claims.values(), *templates))
    assert claims["mysql-pv-claim"]["resources"]["requests"]["storage"] == "50Gi"
    assert len(claims) >= 2


def test_a_name_that_no_part_has_stops_the_run_with_the_nearest(tmp_path: Path) -> None:
    wrong = {
        "kubeflow_workloads": [{"name": "katib-controler", "replicas": 2}],
        "kubeflow_images": {"gcr.io/arrikto/kubeflow/oidc-authservise": "x"},
    }
    played, _objects = render(tmp_path, "v1.4.0", **wrong)
    assert played.returncode != 0
    assert "kubeflow_workloads (name: katib-controler): no part has one of this name; nearest is katib-controller" in played.words
    assert "no container runs gcr.io/arrikto/kubeflow/oidc-authservise; nearest is gcr.io/arrikto/kubeflow/oidc-authservice" in played.words
    assert "the cluster was not touched" in played.words
    assert not (tmp_path / "work/plan/plan.json").exists()


def test_in_a_partial_run_it_may_be_of_another_part(tmp_path: Path) -> None:
    hosts = inventory(
        tmp_path,
        "settings",
        kubeflow_release="v1.4.0",
        kubeflow_parts=["dex"],
        kubeflow_workloads=[{"name": "katib-controller", "replicas": 2}],
    )
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render")
    assert played.returncode == 0, played.output
    assert "kubeflow_workloads (name: katib-controller): no part has one of this name" in played.words


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"kubeflow_volums": []}, "'kubeflow_volums' is not a setting; did you mean 'kubeflow_volumes'?"),
        ({"istio_gateway_servce_type": "NodePort"}, "did you mean 'istio_gateway_service_type'?"),
        ({"istio_gateway_service_type": "NodeProt"}, "value of istio_gateway_service_type must be one of"),
        ({"kubeflow_workloads": [{"nmae": "x"}]}, "nmae"),
        ({"kubeflow_resources": "half"}, "kubeflow_resources is half: it is upstream, none, or a factor like 0.5"),
        ({"kubeflow_images": {"mysql": ""}}, "kubeflow_images: mysql: '' is empty"),
        ({"kubeflow_images": {"mysql": "x/Y:1"}}, "kubeflow_images: mysql: 'x/Y:1' holds capital letters, which no repository has"),
        ({"kubeflow_image_registries": {"docker.io": "hub"}}, "kubeflow_image_registries: docker.io: 'hub' begins with no host"),
        ({"kubeflow_image_registries": {"ghcr.io": "x.io"}}, "kubeflow_image_registries: no image comes from ghcr.io; nearest is gcr.io"),
    ],
)
def test_what_is_misspelt_is_refused(tmp_path: Path, variables: Thing, words: str) -> None:
    played, _objects = render(tmp_path, "v1.4.0", **variables)
    assert played.returncode != 0
    assert words in played.words
    assert "Traceback" not in played.output
