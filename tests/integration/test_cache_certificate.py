# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pipelines of Kubeflow 1.4 whose cache has its certificate from cert-manager: nothing of cache-deployer, and a second run writes nothing."""

from __future__ import annotations

import base64
import secrets
from pathlib import Path

from conftest import Cluster, embedded_cluster, inventory, run_playbook
from cryptography import x509
from waiting import until

VARIABLES = {
    "kubeflow_release": "v1.4.0",
    "kubeflow_parts": ["cert_manager", "pipelines"],
    "pipelines_cache_certificate": "cert-manager",
}
CACHE = "/api/v1/namespaces/kubeflow"
CONFIGURATION = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/cache-webhook-kubeflow"


def test_the_cache_runs_with_a_certificate_of_cert_manager(tmp_path: Path) -> None:
    with embedded_cluster(tmp_path, f"pytest-{secrets.token_hex(4)}", **VARIABLES) as (kubeconfig, hosts, state):
        installed = run_playbook("-i", hosts, "site.yml", env=state)
        assert installed.returncode == 0, installed.output
        cluster = Cluster(kubeconfig, hosts)

        pods = [
            pod for pod in (cluster.get(f"{CACHE}/pods") or {})["items"] if pod["metadata"]["labels"].get("app", "").startswith("cache-")
        ]
        assert [(pod["metadata"]["labels"]["app"], pod["status"]["phase"]) for pod in pods] == [("cache-server", "Running")]
        (volume,) = [volume for volume in pods[0]["spec"]["volumes"] if volume["name"] == "webhook-tls-certs"]
        assert {item["key"]: item["path"] for item in volume["secret"]["items"]} == {"tls.crt": "cert.pem", "tls.key": "key.pem"}

        secret = cluster.get(f"{CACHE}/secrets/webhook-server-tls") or {}
        assert secret["metadata"]["annotations"]["cert-manager.io/certificate-name"] == "kfp-cache-cert"
        certificate = x509.load_pem_x509_certificate(base64.b64decode(secret["data"]["tls.crt"]))
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        assert "cache-server.kubeflow.svc" in names

        def bundle() -> str:
            return str((cluster.get(CONFIGURATION) or {})["webhooks"][0]["clientConfig"].get("caBundle", ""))

        assert until(bundle) == secret["data"]["ca.crt"]
        again = run_playbook("-i", hosts, "site.yml", env=state)
        assert again.returncode == 0 and again.recap["changed"] == 0, again.output

        # It fails open. Made to fail closed, a pod that is let in proves that the API server trusts the certificate.
        cluster.patch(CONFIGURATION, {"webhooks": [{**(cluster.get(CONFIGURATION) or {})["webhooks"][0], "failurePolicy": "Fail"}]})
        labels = {"pipelines.kubeflow.org/cache_enabled": "true", "sidecar.istio.io/inject": "false"}
        step = {"metadata": {"name": "step", "labels": labels}, "spec": {"containers": [{"name": "main", "image": "a"}]}}
        cluster.create("/api/v1/namespaces", {"metadata": {"name": "user"}})
        until(lambda: cluster.get("/api/v1/namespaces/user/serviceaccounts/default"))
        assert cluster.create("/api/v1/namespaces/user/pods", step)["metadata"]["name"] == "step"


def test_a_release_without_cache_deployer_has_nothing_to_change(tmp_path: Path) -> None:
    hosts = inventory(
        tmp_path, "render", kubeflow_release="26.03", kubeflow_parts=["pipelines"], pipelines_cache_certificate="cert-manager"
    )
    played = run_playbook("-i", hosts, "site.yml", "--tags", "render")
    assert played.returncode != 0
    assert "pipelines_cache_certificate: release 26.03 has nothing that it could change; v1.4.0 has" in played.words
