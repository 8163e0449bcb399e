# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a pod has the sidecar that it must have.

A pod that was made before Istio's injector could be called runs without one, nobody refuses it, and it stays so: what talks to it by
the mesh is told C(RBAC: access denied). Which pods must carry one is what the injector's live webhooks select, without what istiod
leaves alone by itself (pkg/kube/inject/inject.go, C(injectRequired); pkg/kube/inject/webhook.go, C(IgnoredNamespaces)).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .._objects.webhooks import Subject, Webhook, webhooks_of
from .failure import Failure
from .pods import Pod, spec_containers

_PROXY = "istio-proxy"
_INJECT = "sidecar.istio.io/inject"
_IGNORED = {"kube-system", "kube-public", "kube-node-lease", "local-path-storage"}
# A rollout, or somebody, may be about to replace it.
_GRACE = 20.0


def injectors(configurations: Iterable[Mapping[str, Any]]) -> list[Webhook]:
    """The webhooks of Istio's injectors, which Istio's charts label C(app: sidecar-injector) in all releases."""
    found = []
    for item in configurations:
        if (item["metadata"].get("labels") or {}).get("app") == "sidecar-injector":
            # An item of a list has neither of its own.
            whole = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", **item}
            found += webhooks_of(whole)
    return found


def missing_sidecar(pod: Pod, namespace: Mapping[str, Any] | None, webhooks: Iterable[Webhook]) -> Failure | None:
    """The failure of a pod that runs, or is about to, without the sidecar that it must have.

    :arg namespace: its Namespace as it is live.
    """
    metadata, spec = pod["metadata"], pod.get("spec") or {}
    if namespace is None or any(container["name"] == _PROXY for container in spec_containers(pod)):
        return None
    annotated = str((metadata.get("annotations") or {}).get(_INJECT, "")).lower()
    if spec.get("hostNetwork") or metadata.get("namespace") in _IGNORED or annotated in ("false", "no", "off", "n", "0"):
        return None
    subject = Subject("", "v1", "pods", True, metadata.get("labels") or {}, namespace["metadata"].get("labels") or {})
    if not any(webhook.matches(subject) for webhook in webhooks):
        return None
    text = f"pod {metadata['name']} was made without the sidecar {_PROXY} that it must have, and does not get it any more: start it anew"
    return Failure("SidecarMissing", text, _GRACE)
