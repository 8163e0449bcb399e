# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module preflight on a real API server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, Ran, run_module, write_plan
from waiting import sooner_than

Thing = dict[str, Any]


def findings(ran: Ran) -> dict[str, Thing]:
    return {entry["check"]: entry for entry in ran["findings"]}


@pytest.fixture
def plan(tmp_path: Path) -> str:
    return write_plan(tmp_path / "plan", a=[{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}}])


def test_a_good_cluster_passes(cluster: Cluster, plan: str) -> None:
    ran = cluster.module("preflight", {"plan": plan, "kubernetes_min": "1.33"})
    assert not ran.failed
    assert not ran["changed"]
    assert [entry for entry in ran["findings"] if entry["result"] != "pass"] == []
    assert {"api_reachable", "kubernetes_version", "rights", "served_apis"} <= set(findings(ran))
    assert ran["text"].splitlines()[-1].startswith("0 failed, 0 warn, ")
    assert "v1.34" in findings(ran)["kubernetes_version"]["message"]


@pytest.mark.parametrize(("window", "words"), [({"kubernetes_min": "1.99"}, "1.99 or newer"), ({"kubernetes_max": "1.9"}, "to 1.9")])
def test_a_version_outside_the_window_fails_and_can_be_overridden(cluster: Cluster, plan: str, window: Thing, words: str) -> None:
    ran = cluster.module("preflight", {"plan": plan, "kubernetes_min": "1.2", **window})
    assert ran.failed
    assert findings(ran)["kubernetes_version"]["result"] == "fail"
    assert words in ran["msg"]
    assert "overrides: [kubernetes_version]" in ran["msg"]
    overridden = cluster.module("preflight", {"plan": plan, "kubernetes_min": "1.2", **window, "overrides": ["kubernetes_version"]})
    assert not overridden.failed
    assert findings(overridden)["kubernetes_version"]["result"] == "warn"
    assert words in str(overridden["warnings"])


def test_missing_rights_are_named(cluster: Cluster, namespace: str, plan: str) -> None:
    """As a ServiceAccount that may write ConfigMaps, and look at nothing else: named by host and token, without a kubeconfig."""
    cluster.create("/api/v1/namespaces", {"metadata": {"name": namespace}})
    cluster.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": "limited"}})
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}
    cluster.create("/apis/rbac.authorization.k8s.io/v1/clusterroles", {"metadata": {"name": namespace}, "rules": [rule]})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": namespace}
    subject = {"kind": "ServiceAccount", "name": "limited", "namespace": namespace}
    binding = {"metadata": {"name": namespace}, "roleRef": reference, "subjects": [subject]}
    cluster.create("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding)
    answer = cluster.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/limited/token", {"spec": {"expirationSeconds": 3600}})
    token = answer["status"]["token"]

    options = {"plan": plan, "host": cluster.client.host, "validate_certs": False, "api_key": token}
    ran = run_module("preflight", options)
    assert ran.failed
    message = findings(ran)["rights"]["message"]
    assert "list/watch secrets" in message and "list/watch customresourcedefinitions.apiextensions.k8s.io" in message
    assert "configmaps" not in message
    assert token not in ran.stdout + ran.stderr
    # By environment, as a playbook passes it.
    by_environment = {
        "K8S_AUTH_HOST": cluster.client.host,
        "K8S_AUTH_VERIFY_SSL": "false",
        "K8S_AUTH_API_KEY": token,
    }
    overridden = run_module("preflight", {"plan": plan, "overrides": ["rights"]}, env=by_environment)
    assert not overridden.failed
    assert findings(overridden)["rights"]["result"] == "warn"
    # What these credentials may not look at is a warning, and so is a certificate that is not checked.
    assert {"verified_tls", "webhooks", "being_deleted"} <= {
        name for name, entry in findings(overridden).items() if entry["result"] == "warn"
    }


def test_credentials_of_another_cluster(cluster: Cluster, plan: str) -> None:
    ran = run_module("preflight", {"plan": plan, "host": cluster.client.host, "validate_certs": False, "api_key": "wrong"})
    assert ran.failed
    assert "Unauthorized" in ran["msg"]
    assert "The cluster was not touched" in ran["msg"]


def test_a_certificate_that_is_not_trusted(cluster: Cluster, plan: str) -> None:
    ran = run_module("preflight", {"plan": plan, "host": cluster.client.host, "timeout": 1})
    assert ran.failed
    assert "certificate verify failed" in ran["msg"]


def test_an_api_server_that_does_not_answer(plan: str) -> None:
    with sooner_than(15):
        ran = run_module("preflight", {"plan": plan, "host": "https://127.0.0.1:9", "timeout": 2})
    assert [(entry["check"], entry["result"]) for entry in ran["findings"]] == [("api_reachable", "fail")]
    assert "https://127.0.0.1:9" in ran["msg"]
    assert "Check that the cluster runs" in ran["msg"]
