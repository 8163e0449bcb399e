# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The status of a live object, by the rule of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from .._client.discovery import Resource
from .._objects.objects import is_going
from .fallback import fallback
from .rule import Item, Rule, Seen
from .rules import RULES
from .status import NOT_FOUND, Status, in_progress

OwnRules = Mapping[tuple[str, str], Rule]
"""The user's own, by group and kind."""
# Groups of Kubernetes itself. Of its kinds those that have more to say than that they exist have a rule: a Service has its address when
# it is made, and a HorizontalPodAutoscaler without metrics scales nothing and hurts nobody.
_KUBERNETES = {
    *("", "apps", "autoscaling", "batch", "events.k8s.io", "extensions", "policy"),
    *(
        f"{name}.k8s.io"
        for name in (
            *("admissionregistration", "apiextensions", "apiregistration", "authentication", "authorization", "certificates"),
            *("coordination", "discovery", "flowcontrol.apiserver", "internal.apiserver", "networking", "node", "rbac.authorization"),
            *("resource", "scheduling", "storage", "storagemigration"),
        )
    ),
}


def has_status(group: str, kind: str) -> bool:
    """Whether there is a rule for this kind."""
    return (group, kind) in RULES


def needs_content(resource: Resource, own: OwnRules) -> bool:
    """Whether existing is not enough: it has a rule, or is a custom resource whose controller may tell its status."""
    kind = (resource.group, resource.kind)
    return kind in own or kind in RULES or (resource.has_status and resource.group not in _KUBERNETES)


def status_of(group: str, kind: str, item: Item | None, seen: Seen, own: OwnRules | None = None) -> Status:
    """The status of an object as it is live; None is never ready.

    A rule of the user's own goes before ours; a kind without any is judged by what its controller tells, if anything.
    """
    if item is None:
        return NOT_FOUND
    if is_going(item):
        return in_progress("is being deleted")
    rule = (own or {}).get((group, kind)) or RULES.get((group, kind))
    return rule(item, seen) if rule else fallback(item)
