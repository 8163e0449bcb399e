# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What others installed, and what a plan wants of the same objects."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from conftest import Cluster

Thing = dict[str, Any]
KUBECTL_VERSION = "1.34.4"


def kubectl_of(cluster: Cluster, binary: Callable[[str, str], str], tmp_path: Path) -> Callable[..., str]:
    """Runs kubectl as its users do; gives what it says."""

    def run(*arguments: str, given: Any = None, **env: str) -> str:
        command = [
            binary("kubectl", KUBECTL_VERSION),
            "--kubeconfig",
            str(cluster.kubeconfig),
            "--cache-dir",
            str(tmp_path / "cache"),
            *arguments,
        ]
        text = yaml.safe_dump_all(given) if isinstance(given, list) else given
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **env})
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def metadata(namespace: str, name: str) -> Thing:
    return {"name": name, "namespace": namespace}


def deployment(namespace: str, *containers: Thing, **spec: Any) -> Thing:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": list(containers)}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(namespace, "web"),
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def config_map(namespace: str, name: str = "conf", **data: str) -> Thing:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(namespace, name), "data": data}


def service(namespace: str, *ports: int) -> Thing:
    spec = {"selector": {"app": "web"}, "ports": [{"name": f"p{port}", "port": port} for port in ports]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata(namespace, "web"), "spec": spec}


def claim(namespace: str) -> Thing:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata(namespace, "data"), "spec": spec}


def secret(namespace: str, **data: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata(namespace, "key"), "stringData": data}


def space(namespace: str) -> Thing:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}


def older(namespace: str) -> list[Thing]:
    """An older version of C(wanted): a container has been renamed since, others went."""
    return [
        space(namespace),
        deployment(
            namespace,
            {"name": "main", "image": "example.com/web:1", "env": [{"name": "OLD", "value": "1"}, {"name": "SAME", "value": "1"}]},
            {"name": "helper-old", "image": "example.com/helper:1"},
        ),
        config_map(namespace, old="1", same="1"),
        service(namespace, 80, 90),
        claim(namespace),
        secret(namespace, old="x", same="x"),
    ]


def wanted(namespace: str) -> list[Thing]:
    return [
        space(namespace),
        deployment(
            namespace,
            {"name": "main", "image": "example.com/web:2", "env": [{"name": "SAME", "value": "2"}]},
            {"name": "helper", "image": "example.com/helper:2"},
        ),
        config_map(namespace, same="2"),
        service(namespace, 80),
        claim(namespace),
        secret(namespace, same="z"),
    ]


def live(cluster: Cluster, item: Thing) -> Thing:
    kinds = {"Deployment": "/apis/apps/v1", "Namespace": "/api/v1"}
    plural = item["kind"].lower() + "s"
    namespace = item["metadata"].get("namespace")
    scope = f"/namespaces/{namespace}" if namespace else ""
    found = cluster.get(f"{kinds.get(item['kind'], '/api/v1')}{scope}/{plural}/{item['metadata']['name']}")
    assert found, item
    return found
