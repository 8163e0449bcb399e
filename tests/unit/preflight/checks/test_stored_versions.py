# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions in which objects are stored."""

from __future__ import annotations

from typing import Any

import pytest
from checked import GROUPS, OURS, question, thing

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import CHECKS

NAME = "experiments.kubeflow.org"
PATH = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{NAME}"
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


def crd(*versions: str, **more: Any) -> dict[str, Any]:
    spec = {"group": "kubeflow.org", "versions": [{"name": version} for version in versions]}
    return thing("CustomResourceDefinition", NAME, api="apiextensions.k8s.io/v1", spec=spec, **more)


@pytest.mark.parametrize(
    ("ours", "served", "stored", "result", "reads"),
    [
        (False, ["v1"], ["v1"], "pass", 1),
        (False, ["v1", "v2"], ["v1", "v2"], "fail", 1),
        (False, ["v1"], ["v1beta1", "v1"], "fail", 1),
        (True, ["v1"], ["v1"], "pass", 0),
        (True, ["v2", "v1"], ["v2"], "fail", 1),
    ],
)
def test_a_stored_version_stays(ours: bool, served: list[str], stored: list[str], result: str, reads: int) -> None:
    there = thing("CustomResourceDefinition", NAME, labels=OURS if ours else None)
    answers = {PATH: crd(*served, status={"storedVersions": stored})}
    groups = {**GROUPS, "kubeflow.org": tuple(served)}
    one = question(crd("v1"), found={CRDS: [there]}, answers=answers, groups=groups)
    answer = CHECKS["stored_versions"].run(one)
    assert answer is not None and answer.result == result
    assert len(one.client.asked) == reads  # type: ignore[attr-defined]
