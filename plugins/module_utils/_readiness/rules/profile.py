# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Profile: it has no status when all is well, so its namespace tells, and the RoleBinding that lets its owner in.

kubeflow/components/profile-controller/controllers/profile_controller.go: the namespace has the Profile's name and annotation
C(owner); one that is another's is left alone, with a condition Failed that is never taken back. The RoleBinding C(namespaceAdmin) is
made after it.
"""

from __future__ import annotations

from ..._objects.objects import is_going
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status, failed, in_progress

_OWNERS_BINDING = "namespaceAdmin"


@rule(("kubeflow.org", "Profile"))
def status(item: Item, seen: Seen) -> Status:
    name, owner = item["metadata"]["name"], ((item.get("spec") or {}).get("owner") or {}).get("name")
    namespace = seen.namespaces.get(("", name))
    if not namespace:
        return in_progress(f"its Namespace {name} is not there")
    if is_going(namespace):
        return in_progress(f"its Namespace {name} is being deleted")
    has = (namespace["metadata"].get("annotations") or {}).get("owner")
    if has == owner:
        if seen.role_bindings is not None and (name, _OWNERS_BINDING) not in seen.role_bindings:
            return in_progress(f"its RoleBinding {name}/{_OWNERS_BINDING} is not there", 1)
        return CURRENT
    told = [condition for condition in (item.get("status") or {}).get("conditions") or () if condition["type"] == "Failed"]
    words = told[-1].get("message", "") if told else f"its annotation owner is {has or 'missing'}, not {owner}"
    why = f"its Namespace {name} belongs to somebody else ({words}): delete it, or give it the annotation owner: {owner}"
    return failed(why, "NamespaceTaken") if told else in_progress(why)
