# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings that change on a running install: only what they are about is written, and only who reads it is started anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from conftest import Cluster, Played, inventory, run_playbook

Thing = dict[str, Any]
# Each with the objects that it changes and, of those, the Deployments whose pods are made anew.
CHANGES: list[tuple[Thing, set[str], set[str]]] = [
    ({"istio_gateway_service_type": "LoadBalancer"}, {"Service istio-system/istio-ingressgateway"}, set()),
    ({"kubeflow_workloads": [{"name": "oauth2-proxy", "replicas": 3}]}, {"Deployment oauth2-proxy/oauth2-proxy"}, set()),
    ({"dex_id_token_lifetime": "8h"}, {"ConfigMap auth/dex", "Deployment auth/dex"}, {"auth/dex"}),
]


def install(hosts: Path, *more: str) -> Played:
    played = run_playbook("-i", hosts, "site.yml", *more)
    assert played.returncode == 0, played.output
    return played


def replica_sets(cluster: Cluster) -> dict[str, int]:
    """How often the pods of each Deployment were made anew."""
    found: dict[str, int] = {}
    for item in (cluster.get("/apis/apps/v1/replicasets") or {})["items"]:
        owner = f"{item['metadata']['namespace']}/{item['metadata']['ownerReferences'][0]['name']}"
        found[owner] = found.get(owner, 0) + 1
    return found


def versions(cluster: Cluster) -> dict[str, str]:
    """resourceVersions of what nobody but us writes."""
    plurals = ("services", "configmaps", "secrets", "serviceaccounts")
    return {
        f"{plural} {item['metadata']['namespace']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
        for plural in plurals
        for namespace in ("auth", "istio-system", "oauth2-proxy")
        for item in (cluster.get(f"/api/v1/namespaces/{namespace}/{plural}") or {})["items"]
    }


def test_a_setting_changes_exactly_its_objects(cluster: Cluster, tmp_path: Path) -> None:
    settings: Thing = {"kubeflow_kubeconfig": str(cluster.kubeconfig), "kubeflow_parts": ["dex", "oauth2_proxy"]}
    install(inventory(tmp_path, "settings", **settings))
    for change, objects, restarted in CHANGES:
        settings |= change
        pods, written = replica_sets(cluster), versions(cluster)
        hosts = inventory(tmp_path, "settings", **settings)
        foreseen = install(hosts, "--check", "--diff")
        played = install(hosts, "--diff")
        for shown in (foreseen, played):
            assert set(re.findall(r"^\+\+\+ after: \w+: (.*)$", shown.output, re.MULTILINE)) == objects, change
        now = versions(cluster)
        moved = {name for name in written if now[name] != written[name]}
        assert {re.sub(r"s (?=\S+$)", " ", name) for name in moved} == {
            re.sub(r"^(\w+)", lambda kind: kind[1].lower(), name) for name in objects if not name.startswith("Deployment")
        }
        again = replica_sets(cluster)
        assert {name for name in again if again[name] != pods[name]} == restarted
    assert install(inventory(tmp_path, "settings", **settings)).recap["changed"] == 0
