# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Plans of any size, of parts that look like Kubeflow's: half of the objects wait for a namespace, a CRD or what a pod mounts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

Thing = dict[str, Any]
OBJECTS_PER_PART = 25


def part(name: str) -> list[Thing]:
    """One part. Its workloads have no replicas: what is measured is applying, not what controllers do afterwards."""

    def made(api_version: str, kind: str, number: int, **rest: Any) -> Thing:
        return {"apiVersion": api_version, "kind": kind, "metadata": {"name": f"{kind.lower()}-{number}", "namespace": name}, **rest}

    group = f"{name}.example.com"
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    crd_spec = {
        "group": group,
        "scope": "Namespaced",
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget", "listKind": "WidgetList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
    }
    rules = [{"apiGroups": [group], "resources": ["widgets"], "verbs": ["get", "list", "watch"]}]
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "role-0"}
    subjects = [{"kind": "ServiceAccount", "name": "serviceaccount-0", "namespace": name}]
    objects: list[Thing] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"part": name}}},
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"widgets.{group}"},
            "spec": crd_spec,
        },
    ]
    objects += [made(f"{group}/v1", "Widget", number, spec={"size": number}) for number in range(3)]
    objects += [made("v1", "ConfigMap", number, data={"settings": "some text that is longer than a line\n" * 40}) for number in range(6)]
    objects += [made("v1", "Secret", number, stringData={"password": "12341234"}) for number in range(2)]
    objects += [made("v1", "ServiceAccount", number) for number in range(3)]
    objects += [made("v1", "Service", number, spec={"selector": {"app": f"{number}"}, "ports": [{"port": 80}]}) for number in range(3)]
    objects += [made("rbac.authorization.k8s.io/v1", "Role", number, rules=rules) for number in range(2)]
    objects += [made("rbac.authorization.k8s.io/v1", "RoleBinding", 0, roleRef=role, subjects=subjects)]
    for number in range(3):
        labels = {"app": str(number)}
        pod = {
            "serviceAccountName": f"serviceaccount-{number}",
            "containers": [
                {"name": "main", "image": "example.com/main:1", "volumeMounts": [{"name": "settings", "mountPath": "/settings"}]}
            ],
            "volumes": [{"name": "settings", "configMap": {"name": f"configmap-{number}"}}],
        }
        spec = {"replicas": 0, "selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
        objects.append(made("apps/v1", "Deployment", number, spec=spec))
    assert len(objects) == OBJECTS_PER_PART
    return objects


def write_plan(folder: Path, parts: int) -> Path:
    """A plan as M(mlplatform.kubeflow.render) writes it."""
    names = [f"part-{number}" for number in range(parts)]
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "objects.json").write_text(json.dumps(part(name)), encoding="utf-8")
    (folder / "plan.json").write_text(json.dumps({"release": "generated", "parts": names}), encoding="utf-8")
    return folder
