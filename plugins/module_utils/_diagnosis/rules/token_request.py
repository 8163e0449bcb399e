# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The API server issues no tokens for pods. Up to Kubernetes 1.19 it needs flags for that; kubelet and istioctl make the same test."""

from __future__ import annotations

from collections.abc import Iterator

from ..evidence import Evidence
from ..looks import TOKEN_REQUEST
from ..rule import Match, rule


def see(evidence: Evidence) -> Iterator[Match]:
    if evidence.api_resources is None or TOKEN_REQUEST.name in evidence.api_resources:
        return
    waiting = [evidence.owner(key) for key, pod in evidence.unwell_pods if _mounts_token(pod.get("spec") or {})]
    if waiting:
        said = [str(event) for event in evidence.current_events if "TokenRequest" in event.message or "fetch token" in event.message]
        lines = [f"GET /api/v1 of Kubernetes {evidence.version} lists no serviceaccounts/token", *said[-2:]]
        yield Match(TOKEN_REQUEST, tuple(lines), tuple(dict.fromkeys(waiting)), words={"version": evidence.version})


def _mounts_token(spec: dict[str, object]) -> bool:
    volumes = spec.get("volumes")
    if not isinstance(volumes, list):
        return False
    sources = [source for volume in volumes for source in (volume.get("projected") or {}).get("sources") or ()]
    return any("serviceAccountToken" in source for source in sources)


rule(
    __name__,
    see,
    cause="The API server issues no tokens for pods: Kubernetes {version} was started without the flags of the TokenRequest API, and "
    "Istio needs such tokens.",
    remedy="Start every kube-apiserver with --service-account-signing-key-file and --service-account-issuer: ansible-playbook -i "
    "<inventory with the machines> mlplatform.kubeflow.nodes --tags apiserver_patch does it (role apiserver_patch). No reinstall is "
    "needed: pods go on by themselves some minutes later.",
    shown="GET /api/v1 does not list serviceaccounts/token; the API server does not have TokenRequest endpoints enabled",
)
