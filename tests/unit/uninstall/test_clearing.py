# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which finalizers may be taken away."""

from __future__ import annotations

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.clearing import foreign


def test_what_is_kubernetes_own_is_not_foreign() -> None:
    own = [
        "foregroundDeletion",
        "orphan",
        "kubernetes.io/pvc-protection",
        "batch.kubernetes.io/job-tracking",
        "service.kubernetes.io/load-balancer-cleanup",
        "customresourcecleanup.apiextensions.k8s.io",
    ]
    others = ["profile-finalizer", "inferenceservice.finalizers", "notkubernetes.io/a", "example.com/kubernetes.io"]
    assert foreign([*own, *others]) == others
