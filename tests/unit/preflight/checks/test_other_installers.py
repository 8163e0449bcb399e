# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Other distributions of Kubeflow."""

from __future__ import annotations

import pytest
from checked import found, namespaces, thing

CRDS = "customresourcedefinitions.apiextensions.k8s.io"


@pytest.mark.parametrize(
    ("there", "words"),
    [
        ({CRDS: [thing("CustomResourceDefinition", "kfdefs.kfdef.apps.kubeflow.org")]}, "kfctl"),
        ({CRDS: [thing("CustomResourceDefinition", "datascienceclusters.datasciencecluster.opendatahub.io")]}, "Open Data Hub"),
        ({"namespaces": namespaces("deploykf-dashboard")}, "deployKF"),
        ({"namespaces": namespaces("kubeflow", **{"model.juju.is/name": "kubeflow"})}, "Charmed Kubeflow"),
        ({"namespaces": namespaces("rok")}, "MiniKF"),
    ],
)
def test_each_is_refused_with_advice(there: dict[str, object], words: str) -> None:
    answer = found("other_installers", found=there)
    assert answer.result == "fail" and words in answer.message and answer.remedy


def test_a_namespace_of_ours_is_none() -> None:
    assert found("other_installers", found={"namespaces": namespaces("kubeflow", "default")}).result == "pass"
