# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pod Security of namespaces that are there."""

from __future__ import annotations

from typing import Any

import pytest
from checked import ApiError, namespaces, question, thing, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import CHECKS

LABEL = "pod-security.kubernetes.io/enforce"
PODS = "POST /api/v1/namespaces/kubeflow/pods"
REFUSED = ApiError(403, 'pods "preflight-" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true')


@pytest.mark.parametrize(
    ("level", "planned", "answer", "result", "tries"),
    [
        ("restricted", None, REFUSED, "fail", 1),
        ("restricted", None, {}, "pass", 1),
        ("restricted", None, ApiError(403, "quota"), "pass", 1),
        ("privileged", None, REFUSED, "pass", 0),
        ("restricted", "privileged", REFUSED, "pass", 0),
        # As upstream has it: what runs there was made for it.
        ("restricted", "restricted", REFUSED, "pass", 0),
    ],
)
def test_levels_of_others(level: str, planned: str | None, answer: Any, result: str, tries: int) -> None:
    space = [thing("Namespace", "kubeflow", labels={LABEL: planned})] if planned else []
    one = question(*space, workload("a"), found={"namespaces": namespaces("kubeflow", **{LABEL: level})}, answers={PODS: answer})
    said = CHECKS["pod_security"].run(one)
    assert said is not None and said.result == result
    assert len(one.client.asked) == tries  # type: ignore[attr-defined]
    assert ("runAsNonRoot" in said.message) == (result == "fail")
