# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A fresh embedded cluster, made by the playbook that users run."""

from __future__ import annotations

import contextlib
import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok import processes
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.cluster import Cluster as Embedded
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kwok.layout import Layout

from .paths import ANSIBLE_PLAYBOOK, ROOT, environment


class BenchError(Exception):
    """Something that is to be measured did not work; the message holds its output."""


@dataclass(frozen=True)
class Cluster:
    """C(server) is the pid of its API server."""

    name: str
    folder: Path
    kubeconfig: Path
    inventory: Path
    server: int
    environment: dict[str, str] = field(default_factory=dict)


def play(inventory: Path, *arguments: str, **more: str) -> str:
    """Run ansible-playbook in the checkout; its output."""
    done = subprocess.run(
        [str(ANSIBLE_PLAYBOOK), "-i", str(inventory), *arguments],
        cwd=ROOT,
        env=environment(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BenchError(f"ansible-playbook {' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def write_inventory(path: Path, names: list[str], release: str, **variables: Any) -> Path:
    """Hosts are clusters, with a folder each beside the inventory; JSON is YAML."""
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "kubeflow_release": release,
        "kubeflow_cluster_provider": "kwok",
        "kubeflow_kubeconfig": f"{path.parent}/{{{{ inventory_hostname }}}}/kubeconfig",
        "kubeflow_work_directory": f"{path.parent}/{{{{ inventory_hostname }}}}/work",
        **variables,
    }
    path.write_text(json.dumps({"kubeflow": {"hosts": dict.fromkeys(names), "vars": shared}}), encoding="utf-8")
    return path


def server_of(layout: Layout) -> int:
    """Pid of a cluster's API server."""
    found = processes.running(Embedded(layout).recognise).get("kube-apiserver", [])
    if len(found) != 1:
        raise BenchError(f"cluster {layout.name} has {len(found)} API servers")
    return found[0]


@contextlib.contextmanager
def fresh_clusters(folder: Path, release: str, count: int = 1, **variables: Any) -> Iterator[list[Cluster]]:
    """Embedded clusters of the Kubernetes version that the release is tested with; removed at the end.

    :arg variables: more of the inventory, as in C(cluster_kwok_pull_seconds).
    """
    names = [f"bench-{secrets.token_hex(4)}" for _number in range(count)]
    for name in names:
        (folder / name).mkdir(parents=True)
    inventory = write_inventory(folder / "hosts.yml", names, release, **variables)
    state = {"XDG_STATE_HOME": str(folder / "state")}
    try:
        play(inventory, "playbooks/cluster.yml", **state)
        root = folder / "state/mlplatform.kubeflow"
        yield [
            Cluster(name, folder / name, folder / name / "kubeconfig", inventory, server_of(Layout(root, name)), state) for name in names
        ]
    finally:
        play(inventory, "playbooks/cluster.yml", "-e", "kubeflow_cluster_state=absent", **state)


@contextlib.contextmanager
def fresh_cluster(folder: Path, release: str, **variables: Any) -> Iterator[Cluster]:
    """One of them."""
    with fresh_clusters(folder, release, **variables) as (cluster,):
        yield cluster
