# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is being deleted."""

from __future__ import annotations

import pytest
from checked import found, thing, workload

GOING = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
CRD = thing("CustomResourceDefinition", "a.example.com", api="apiextensions.k8s.io/v1")
CRDS = "customresourcedefinitions.apiextensions.k8s.io"


@pytest.mark.parametrize(
    ("there", "result", "words"),
    [
        ({"namespaces": [thing("Namespace", "kubeflow", **GOING)]}, "fail", "Namespace kubeflow is being deleted"),
        ({"namespaces": [thing("Namespace", "shop", **GOING)]}, "pass", ""),
        ({CRDS: [thing("CustomResourceDefinition", "a.example.com", **GOING)]}, "fail", "a.example.com is being deleted"),
        ({CRDS: [CRD], "namespaces": [thing("Namespace", "kubeflow")]}, "pass", ""),
    ],
)
def test_it_is_said(there: dict[str, object], result: str, words: str) -> None:
    answer = found("being_deleted", CRD, workload("a"), found=there)
    assert answer.result == result and words in answer.message
