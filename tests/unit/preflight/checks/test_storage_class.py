# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where volumes come from."""

from __future__ import annotations

from typing import Any

import pytest
from checked import ask, found, node, pod, refused, thing

CLASSES = "storageclasses.storage.k8s.io"
DEFAULT = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}


def claim(storage_class: str | None = None, name: str = "data") -> dict[str, Any]:
    spec = {"resources": {"requests": {"storage": "10Gi"}}, **({} if storage_class is None else {"storageClassName": storage_class})}
    return thing("PersistentVolumeClaim", name, "kubeflow", spec=spec)


def storage(name: str, provisioner: str = "ebs.csi.aws.com", **metadata: Any) -> dict[str, Any]:
    return thing("StorageClass", name, api="storage.k8s.io/v1", provisioner=provisioner, metadata=metadata)


def test_nothing_is_asked_without_claims() -> None:
    assert ask("storage_class") is None


def test_a_default_class_is_enough() -> None:
    answer = found("storage_class", claim(), found={CLASSES: [storage("fast", **DEFAULT)]})
    assert (answer.result, answer.message) == ("pass", "1 claims of 10 GiB together, from StorageClass fast")


def test_no_class_is_the_default_one() -> None:
    answer = found("storage_class", claim(), found={CLASSES: [storage("fast")]})
    assert answer.result == "fail" and "data" in answer.message
    assert "kubectl annotate storageclass fast storageclass.kubernetes.io/is-default-class=true" in answer.remedy


def test_claims_that_are_bound_need_no_class() -> None:
    bound = {**claim(), "status": {"phase": "Bound"}}
    assert found("storage_class", claim(), found={"persistentvolumeclaims": [bound]}).result == "pass"


@pytest.mark.parametrize(("kubernetes", "result"), [("v1.25.0", "fail"), ("v1.26.0", "warn"), ("v1.34.4", "warn")])
def test_of_two_defaults_newer_versions_take_one(kubernetes: str, result: str) -> None:
    answer = found("storage_class", claim(), found={CLASSES: [storage("a", **DEFAULT), storage("b", **DEFAULT)]}, kubernetes=kubernetes)
    assert answer.result == result and "a, b" in answer.message


def test_a_class_that_a_setting_names_has_to_be_there() -> None:
    nothing = {"/api/v1/persistentvolumes": {"items": []}}
    answer = found("storage_class", claim("fsat"), found={CLASSES: [storage("fast")]}, answers=nothing)
    assert answer.result == "fail" and "StorageClass fsat is not there" in answer.message and "fast" in answer.remedy


def test_a_volume_made_by_hand_may_have_a_class_that_is_not_there() -> None:
    volumes = {"/api/v1/persistentvolumes": {"items": [thing("PersistentVolume", "v", spec={"storageClassName": "manual"})]}}
    assert found("storage_class", claim("manual"), answers=volumes).result == "pass"
    assert found("storage_class", claim("manual"), answers={"/api/v1/persistentvolumes": refused()}).result == "warn"


@pytest.mark.parametrize(("pods", "result"), [([], "warn"), (["Pending"], "fail"), (["Running"], "pass")])
def test_the_provisioner_has_to_run(pods: list[str], result: str) -> None:
    running = [pod("p", "local-path-storage", image="rancher/local-path-provisioner:1", phase=phase) for phase in pods]
    there = {CLASSES: [storage("local", "rancher.io/local-path", **DEFAULT)], "pods": running, "nodes": [node()]}
    assert found("storage_class", claim(), found=there).result == result


def test_on_simulated_nodes_no_provisioner_runs() -> None:
    simulated = node(metadata={"annotations": {"kwok.x-k8s.io/node": "fake"}})
    there = {CLASSES: [storage("local", "rancher.io/local-path", **DEFAULT)], "nodes": [simulated]}
    assert found("storage_class", claim(), found=there).result == "pass"


def test_a_class_without_provisioner_is_a_warning() -> None:
    assert found("storage_class", claim(), found={CLASSES: [storage("m", "kubernetes.io/no-provisioner", **DEFAULT)]}).result == "warn"
