# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which API groups the pods of a workload may read, by the RBAC objects of a plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from .._objects.objects import Key

_RBAC = "rbac.authorization.k8s.io"
_ALL = "*"


class Readers:
    """What a plan's bindings give to ServiceAccounts.

    A role that is not in the plan, or that is aggregated from others, may hold anything, so it counts as all groups.
    """

    def __init__(self, objects: Mapping[Key, dict[str, Any]]) -> None:
        self._groups: dict[str, set[str]] = defaultdict(set)
        """By the names that the API server knows who asks by."""
        rbac = {key: item for key, item in objects.items() if key.group == _RBAC}
        roles = {key: _groups_of(item) for key, item in rbac.items() if key.kind in ("ClusterRole", "Role")}
        for key, item in rbac.items():
            if key.kind in ("ClusterRoleBinding", "RoleBinding"):
                try:
                    self._bind(key, item, roles)
                except (AttributeError, KeyError, TypeError):
                    # No binding, whatever it calls itself; the API server will say so.
                    continue

    def _bind(self, key: Key, item: Mapping[str, Any], roles: Mapping[Key, set[str]]) -> None:
        reference = item["roleRef"]
        namespace = key.namespace if reference["kind"] == "Role" else ""
        groups = roles.get(Key(_RBAC, reference["kind"], namespace, reference["name"]), {_ALL})
        for subject in item.get("subjects") or ():
            self._groups[_name_of(subject, key.namespace)].update(groups)

    def may_read(self, namespace: str, pod_spec: Mapping[str, Any], group: str) -> bool:
        """Whether pods of C(pod_spec) may be allowed to read something of the API group C(group)."""
        account = pod_spec.get("serviceAccountName") or pod_spec.get("serviceAccount") or "default"
        # https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
        names = (
            f"system:serviceaccount:{namespace}:{account}",
            f"system:serviceaccounts:{namespace}",
            "system:serviceaccounts",
            "system:authenticated",
        )
        return any(given in self._groups[name] for name in names if name in self._groups for given in (group, _ALL))


def _groups_of(role: Mapping[str, Any]) -> set[str]:
    if role.get("aggregationRule"):
        return {_ALL}
    try:
        return {group for rule in role.get("rules") or () for group in rule.get("apiGroups") or ()}
    except (AttributeError, TypeError):
        # Rules that are none give nothing; the API server will say so.
        return set()


def _name_of(subject: Mapping[str, Any], namespace: str) -> str:
    if subject["kind"] != "ServiceAccount":
        return str(subject["name"])
    return f"system:serviceaccount:{subject.get('namespace') or namespace}:{subject['name']}"
