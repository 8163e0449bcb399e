# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Versions of APIs that are gone."""

from __future__ import annotations

import pytest
from checked import ask, found, thing


@pytest.mark.parametrize(
    ("api", "result", "words"),
    [
        ("v1", "pass", ""),
        ("apps/v1", "pass", ""),
        ("example.com/v1", "pass", ""),
        ("apiextensions.k8s.io/v1beta1", "fail", "made for another Kubernetes: 1.18 to 1.21"),
        ("autoscaling/v2beta2", "fail", "made for another Kubernetes"),
        ("networking.istio.io/v1", "fail", "kubeflow_parts"),
    ],
)
def test_each_version_is_served_or_brought(api: str, result: str, words: str) -> None:
    crd = thing("CustomResourceDefinition", "a.example.com", api="apiextensions.k8s.io/v1", spec={"group": "example.com"})
    answer = found("served_apis", crd, thing("Any", "a", "kubeflow", api=api), oldest="1.18", newest="1.21")
    assert answer.result == result and words in answer.remedy


def test_without_discovery_nobody_knows() -> None:
    assert ask("served_apis", thing("Any", "a", api="x/v1"), groups={}) is None
