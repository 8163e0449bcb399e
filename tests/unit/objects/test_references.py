# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pod mounts or names."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.references import references


def core(kind: str, name: str) -> Key:
    return Key("", kind, "n", name)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, set()),
        ({"serviceAccountName": "a"}, {core("ServiceAccount", "a")}),
        ({"serviceAccount": "old"}, {core("ServiceAccount", "old")}),
        ({"priorityClassName": "high"}, {Key("scheduling.k8s.io", "PriorityClass", "", "high")}),
        ({"volumes": [{"configMap": {"name": "c"}}]}, {core("ConfigMap", "c")}),
        ({"volumes": [{"configMap": {"name": "c", "optional": True}}]}, set()),
        ({"volumes": [{"secret": {"secretName": "s"}}]}, {core("Secret", "s")}),
        ({"volumes": [{"emptyDir": {}}, {"persistentVolumeClaim": {"claimName": "p"}}]}, {core("PersistentVolumeClaim", "p")}),
        (
            {
                "volumes": [
                    {"projected": {"sources": [{"secret": {"name": "s"}}, {"configMap": {"name": "c"}}, {"serviceAccountToken": {}}]}}
                ]
            },
            {core("Secret", "s"), core("ConfigMap", "c")},
        ),
        ({"containers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]}, {core("ConfigMap", "c")}),
        ({"initContainers": [{"envFrom": [{"secretRef": {"name": "s"}}]}]}, {core("Secret", "s")}),
        ({"containers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "s", "optional": True}}}, {"value": "x"}]}]}, set()),
        ({"containers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "c"}}}]}]}, {core("ConfigMap", "c")}),
        ({"volumes": None, "containers": None}, set()),
    ],
)
def test_references(spec: dict[str, Any], expected: set[Key]) -> None:
    assert set(references(spec, "n")) == expected
