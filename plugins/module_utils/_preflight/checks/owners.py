# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose the objects of the plan are that are on the cluster already. An apply over them would leave beside ours what their owner declared."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator

from ..._client.discovery import Resource, Resources, list_metadata
from ..._client.parallel import in_parallel
from ..._common.naming import option_name
from ..._inventory.applysets import applyset_id, part_of_parent
from ..._inventory.installed import CONFIG_MAPS
from ..._inventory.owners import stranger_of
from ..._inventory.strangers import ADOPT, Found, beside_us, refusal_of
from ..._objects.objects import Key, is_going, split_version
from ..check import Answer, Question, check
from ..look import Item


@check(
    asks="Whose the objects of the plan are that are on the cluster already: of kubectl, Helm, Argo CD and other installers.",
    unsaid="Look by hand: kubectl get <kind> <name> -o yaml --show-managed-fields",
)
def owners(question: Question) -> Answer:
    found = list(_found(question))
    if refusal := refusal_of(found, question.foreign):
        return Answer(refusal.message, refusal.remedy)
    if question.foreign == ADOPT and found:
        return Answer(f"objects of the plan that are there and somebody else's are taken over: {len(found)}")
    if beside := beside_us(found):
        return Answer(beside, f"To remove that: {option_name('adopt')}: true.", blocks=False)
    return Answer("what is there of the plan is of this collection, or of controllers")


def _found(question: Question) -> Iterator[Found]:
    objects = [item for part in question.plan.parts for item in part.objects]
    served = [item for item in objects if (group := split_version(item["apiVersion"])[0]) in question.look.groups or not group]
    resources = Resources.discover(question.client, served, question.deadline)
    kinds = {resource for item in objects if (resource := resources.of(item)) and not resource.planned}
    parts = {resources.live_key(item): part.name for part in question.plan.parts for item in part.objects}
    if not kinds:
        return
    parents = question.client.get(CONFIG_MAPS, deadline=question.deadline).get("items") or ()
    sets = {applyset_id(part.name) for part in question.plan.parts} | {
        applyset_id(name) for item in parents if (name := part_of_parent(item))
    }

    def strangers(resource: Resource) -> list[Found]:
        some = []
        for item in _listed(question, resource):
            key = Key(resource.group, resource.kind, item["metadata"].get("namespace") or "", item["metadata"]["name"])
            if key not in parts or is_going(item):
                continue
            if stranger := stranger_of(item, key.kind, question.manager, applysets=sets, also=question.adopt_managers):
                some.append(Found(parts[key], key, stranger))
        return some

    for some in in_parallel([functools.partial(strangers, resource) for resource in kinds], question.deadline):
        yield from some


def _listed(question: Question, resource: Resource) -> Iterable[Item]:
    if resource.name in question.look.found:
        return question.look.of(resource.name)
    _used, listed = list_metadata(question.client, resource, question.deadline)
    return listed
