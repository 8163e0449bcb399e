# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Questions to a cluster before anything is written to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

from .._client.discovery import Resources
from .._client.http import ApiError, Client
from .._client.identity import AnotherClusterError, ClusterIdentity, kubernetes_version, same_cluster
from .._common.deadline import Deadline
from .._render.plan import Plan
from .provided import missing_of_provided

_RBAC = "rbac.authorization.k8s.io"
_AUTHORIZATION = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
# What gates and readiness look at, whether the plan holds such objects or not.
_LOOKED_AT = (
    ("", "namespaces"),
    ("", "secrets"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("discovery.k8s.io", "endpointslices"),
)
# What every run writes besides the plan: its own namespace, the inventory, the Lease.
_WRITTEN = (
    ("", "namespaces", ("get", "create", "patch")),
    ("", "configmaps", ("list", "create", "patch")),
    ("coordination.k8s.io", "leases", ("get", "create", "update")),
)
UNREACHABLE = "Check that the cluster runs, and the host, proxy and credentials that name it."
"""What to do when an API server does not answer."""


@dataclass
class Finding:
    """The result of one check; C(remedy) says what to do when it did not pass."""

    check: str
    result: Literal["pass", "warn", "fail"]
    message: str
    remedy: str = ""


def preflight(
    client: Client,
    plan: Plan,
    *,
    kubernetes_min: str,
    kubernetes_max: str,
    overridden: Iterable[str],
    deadline: Deadline,
    expected: Mapping[str, str] | None = None,
) -> tuple[ClusterIdentity, list[Finding]]:
    """Who the cluster is, and all checks; a failed one that is overridden by name becomes a warning.

    :arg expected: C(host) and C(uid) of the cluster that it has to be; None for any.
    """
    nobody = ClusterIdentity(client.host, "")
    try:
        version = kubernetes_version(client, deadline)
        cluster = same_cluster(client, expected, deadline)
    except ApiError as error:
        # Without an answer there is nothing else to ask.
        return nobody, [Finding("api_reachable", "fail", f"{client.host} does not answer as it should: {error.message}", UNREACHABLE)]
    except AnotherClusterError as error:
        return nobody, [Finding("same_cluster", "fail", str(error))]
    findings = [
        Finding("api_reachable", "pass", f"{client.host} answers, Kubernetes {version}"),
        _version(version, kubernetes_min, kubernetes_max, plan.release),
    ]
    try:
        findings.append(_rights(client, plan, deadline))
    except ApiError as error:
        remedy = "Check that the credentials are of this cluster and not expired."
        findings.append(Finding("rights", "fail", f"{client.host} does not say what the credentials may do: {error.message}", remedy))
    if plan.provided:
        findings.append(_provided(client, plan, deadline))
    for finding in findings:
        if finding.result == "fail" and finding.check in set(overridden):
            finding.result = "warn"
            finding.message += " (overridden)"
    return cluster, findings


def _minor(version: str) -> tuple[int, int]:
    match = re.match(r"v?(\d+)\.(\d+)", version)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _version(version: str, oldest: str, newest: str, release: str) -> Finding:
    window = f"{oldest} to {newest}" if newest else f"{oldest} or newer"
    if (oldest and _minor(version) < _minor(oldest)) or (newest and _minor(version) > _minor(newest)):
        remedy = f"Use a cluster of Kubernetes {window}, or another release. To try it all the same: kubeflow_preflight_overrides: [kubernetes_version]"
        return Finding("kubernetes_version", "fail", f"Kubernetes is {version}, and Kubeflow {release} needs {window}", remedy)
    return Finding("kubernetes_version", "pass", f"Kubernetes {version} is inside {window}")


def _rights(client: Client, plan: Plan, deadline: Deadline) -> Finding:
    if _allowed(client, {"verb": "*", "group": "*", "resource": "*"}, deadline):
        return Finding("rights", "pass", "the credentials may do everything")
    objects = [item for part in plan.parts for item in part.objects]
    resources = Resources.discover(client, objects, deadline)
    used = {resource for item in objects if (resource := resources.of(item))}
    needed = {(resource.group, resource.plural, verb) for resource in used for verb in ("list", "watch", "create", "patch")}
    needed |= {(group, plural, verb) for group, plural, verbs in _WRITTEN for verb in verbs}
    # Without them one gives only what one has oneself, and Kubeflow's roles give nearly everything.
    needed |= {
        (_RBAC, plural, verb) for group, plural, _verb in needed if group == _RBAC for verb in ("escalate", "bind") if "roles" in plural
    }
    wanted = sorted(needed | {(group, plural, verb) for group, plural in _LOOKED_AT for verb in ("list", "watch")})
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = pool.map(lambda entry: _allowed(client, {"group": entry[0], "resource": entry[1], "verb": entry[2]}, deadline), wanted)
        missing: dict[str, list[str]] = {}
        for (group, plural, verb), allowed in zip(wanted, answers, strict=True):
            if not allowed:
                missing.setdefault(f"{plural}.{group}" if group else plural, []).append(verb)
    if not missing:
        return Finding("rights", "pass", "the credentials may write every kind of the plan")
    lines = [f"{'/'.join(verbs)} {resource}" for resource, verbs in missing.items()]
    shown = ", ".join(lines[:8]) + (f" and {len(missing) - 8} more" if len(missing) > 8 else "")
    remedy = "Use credentials that are bound to cluster-admin: Kubeflow itself makes ClusterRoles, which only such credentials may give."
    return Finding("rights", "fail", f"the credentials may not: {shown}", remedy)


def _provided(client: Client, plan: Plan, deadline: Deadline) -> Finding:
    names = ", ".join(part.name for part in plan.provided)
    remedy = "Install what is missing, or take the part out of kubeflow_provided_parts. To go on all the same: kubeflow_preflight_overrides: [provided_parts]"
    try:
        missing = missing_of_provided(client, plan, deadline)
    except ApiError as error:
        return Finding("provided_parts", "fail", f"{client.host} does not say whether {names} is there: {error.message}", remedy)
    if not missing:
        return Finding("provided_parts", "pass", f"what others need of {names} is there")
    shown = "; ".join(
        f"{part}: {', '.join(some[:4])}{f' and {len(some) - 4} more' if len(some) > 4 else ''}" for part, some in missing.items()
    )
    return Finding("provided_parts", "fail", f"parts that are given as provided are not there as a whole: {shown}", remedy)


def _allowed(client: Client, attributes: dict[str, Any], deadline: Deadline) -> bool:
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": attributes}}
    answer = client.request("POST", _AUTHORIZATION, body=body, deadline=deadline)
    return bool(answer["status"]["allowed"])
