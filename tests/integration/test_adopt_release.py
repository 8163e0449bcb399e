# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Parts of a release that upstream's commands installed are taken over by the playbook, left out again, and pruned."""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from conftest import DEFAULT_RELEASE, RELEASES, Played, SpareCluster, embedded_cluster, run_playbook
from waiting import until

POLICIES = "/apis/networking.k8s.io/v1/namespaces/kubeflow/networkpolicies"
CONTROLLER = "/apis/apps/v1/namespaces/cert-manager/deployments/cert-manager"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareCluster]:
    with embedded_cluster(tmp_path_factory.mktemp("adopt"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        yield SpareCluster(kubeconfig, hosts, state)


def run(cluster: SpareCluster, parts: str, *arguments: str) -> Played:
    """Settings as text, as by -e."""
    return run_playbook("-i", cluster.hosts, "site.yml", "-e", f"kubeflow_parts={parts}", *arguments, env=cluster.state)


def containers(cluster: SpareCluster) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (cluster.get(CONTROLLER) or {})["spec"]["template"]["spec"]["containers"]
    return found


def test_a_part_that_was_installed_with_kustomize_and_kubectl_is_taken_over_and_can_be_left_out_again(
    own: SpareCluster, binary: Callable[[str, str], str]
) -> None:
    rendered = run(own, "cert_manager,kubeflow_roles", "--tags", "render")
    assert rendered.returncode == 0, rendered.output
    tree = own.hosts.parent / "work/plan/cert_manager"
    kustomize = [
        binary("kustomize", RELEASES[DEFAULT_RELEASE]["kustomize"]),
        "build",
        "--load-restrictor",
        "LoadRestrictionsNone",
        str(tree),
    ]
    built = subprocess.run(kustomize, capture_output=True, text=True, check=True, timeout=60).stdout
    # As an older version may have had it.
    older = built.replace("name: cert-manager-controller\n", "name: older-name\n")
    assert older != built
    kubectl = [binary("kubectl", "1.34.4"), "--kubeconfig", str(own.kubeconfig), "--cache-dir", str(own.hosts.parent / "cache")]

    def applied() -> bool:
        """Upstream's loop: what a webhook that does not run yet refuses is applied again."""
        command = [*kubectl, "apply", "-f", "-"]
        return not subprocess.run(
            command, input=older, text=True, capture_output=True, check=False, timeout=120, env={**os.environ}
        ).returncode

    until(applied, 120)
    subprocess.run(
        [*kubectl, "-n", "cert-manager", "set", "env", "deployment/cert-manager", "OLD=1"], check=True, capture_output=True, timeout=60
    )

    refused = run(own, "cert_manager,kubeflow_roles")
    assert refused.returncode != 0
    assert "objects of the plan are on the cluster already and not of this collection" in refused.words
    assert "kubeflow_adopt: true" in refused.words and "of kubectl apply in part cert_manager" in refused.words
    assert [one["name"] for one in containers(own)] == ["older-name"]
    assert own.get("/api/v1/namespaces/mlplatform-kubeflow") is None

    shown = run(own, "cert_manager,kubeflow_roles", "-e", "kubeflow_adopt=yes", "--check", "--diff")
    assert shown.returncode == 0, shown.output
    assert "spec.template.spec.containers[name=older-name]" in shown.words
    assert [one["name"] for one in containers(own)] == ["older-name"]

    taken = run(own, "cert_manager,kubeflow_roles", "-e", "kubeflow_adopt=yes")
    assert taken.returncode == 0, taken.output
    assert "Taken over from kubectl apply" in taken.words
    assert [one["name"] for one in containers(own)] == ["cert-manager-controller"]
    assert "OLD" not in [env["name"] for env in containers(own)[0].get("env") or ()]
    for more in (["-e", "kubeflow_adopt=yes"], ["--check", "--diff"]):
        again = run(own, "cert_manager,kubeflow_roles", *more)
        assert again.returncode == 0, again.output
        assert again.recap["changed"] == 0

    # A run by tags is about that part. A list is all that is wanted.
    tagged = run(own, "cert_manager,kubeflow_roles", "--tags", "kubeflow_roles", "-e", "kubeflow_prune=yes")
    assert tagged.returncode == 0 and tagged.recap["changed"] == 0, tagged.output
    said = run(own, "kubeflow_roles")
    assert said.returncode == 0 and said.recap["changed"] == 0
    assert "to remove: kubeflow_prune: true, or playbook mlplatform.kubeflow.uninstall --tags cert_manager" in said.words
    listed = run(own, "kubeflow_roles", "-e", "kubeflow_prune=yes", "--check")
    assert listed.returncode == 0
    assert "to be removed (not in this selection)" in listed.words
    assert own.get(CONTROLLER)
    pruned = run(own, "kubeflow_roles", "-e", "kubeflow_prune=yes")
    assert pruned.returncode == 0, pruned.output
    assert own.get(CONTROLLER) is None
    assert own.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/issuers.cert-manager.io") is None
    assert own.get("/api/v1/namespaces/cert-manager")
    quiet = run(own, "kubeflow_roles", "-e", "kubeflow_prune=yes", "-e", "kubeflow_prune_kinds=Namespace")
    assert quiet.returncode == 0, quiet.output
    assert own.get("/api/v1/namespaces/cert-manager") is None


def test_policies_that_are_switched_off_are_pruned_by_a_run_of_their_part(own: SpareCluster) -> None:
    installed = run(own, "kubeflow_roles,kubeflow_namespace")
    assert installed.returncode == 0 and "On the cluster, and in no plan" not in installed.words
    policies = len(own.client.get(POLICIES)["items"])
    assert policies > 3
    off = run(own, "kubeflow_namespace", "-e", "kubeflow_network_policies=no")
    assert off.returncode == 0 and "in no plan any more" in off.words
    pruned = run(own, "", "--tags", "kubeflow_namespace", "-e", "kubeflow_network_policies=no", "-e", "kubeflow_prune=1")
    assert pruned.returncode == 0, pruned.output
    assert own.client.get(POLICIES)["items"] == []
    again = run(own, "", "--tags", "kubeflow_namespace", "-e", "kubeflow_network_policies=no", "-e", "kubeflow_prune=1")
    assert again.returncode == 0 and again.recap["changed"] == 0, again.output
