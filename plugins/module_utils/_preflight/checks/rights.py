# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the credentials may do."""

from __future__ import annotations

from ..._client.discovery import Resources
from ..._client.rights import denied, may
from ..._common.words import few
from ..check import Answer, Question, check

_RBAC = "rbac.authorization.k8s.io"
# What gates and readiness look at, whether the plan holds such objects or not.
_LOOKED_AT = (
    ("", "namespaces"),
    ("", "pods"),
    ("", "secrets"),
    ("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apps", "replicasets"),
    ("discovery.k8s.io", "endpointslices"),
)
# What every run writes besides the plan: its own namespace, the inventory, the Lease.
_WRITTEN = (
    ("", "namespaces", ("get", "create", "patch")),
    ("", "configmaps", ("list", "create", "patch")),
    ("coordination.k8s.io", "leases", ("get", "create", "update")),
)


@check(
    asks="Whether the credentials may write what the plan holds.",
    unsaid="Check that the credentials are of this cluster and not expired.",
    needs_answer=True,
)
def rights(question: Question) -> Answer:
    client, plan, deadline = question.client, question.plan, question.deadline
    if may(client, "*", "*", "*", deadline):
        return Answer("the credentials may do everything")
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
    missing = denied(client, wanted, deadline)
    if not missing:
        return Answer("the credentials may write every kind of the plan")
    remedy = "Use credentials that are bound to cluster-admin: Kubeflow itself makes ClusterRoles, which only such credentials may give."
    return Answer(f"the credentials may not: {few(missing, 8)}", remedy)
