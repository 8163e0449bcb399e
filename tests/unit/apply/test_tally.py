# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is counted while answers come."""

from __future__ import annotations

from unittest.mock import create_autospec

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import Item, Target
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.tally import Tally
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.discovery import Resource
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key

CONFIG_MAPS = Resource("", "v1", "ConfigMap", "configmaps", namespaced=True)
NAMES = [f"name-{number}" for number in range(6)]


@given(st.permutations(NAMES))
def test_changes_are_in_the_order_of_the_plan_however_the_answers_come(answered: list[str]) -> None:
    items = [Item(Key("", "ConfigMap", "here", name), "b" if place < 3 else "a", {}, CONFIG_MAPS) for place, name in enumerate(NAMES)]
    target = create_autospec(Target, instance=True, items={item.key: item for item in items}, orphans=[], unknown=[])
    tally = Tally(["b", "a"], target)
    for name in answered:
        item = items[NAMES.index(name)]
        tally.sent(item)
        tally.applied(item, None, {"metadata": {"name": name}})
    assert [(change.part, change.after["metadata"]["name"]) for change in tally.outcome().changes] == [
        *(("b", name) for name in NAMES[:3]),
        *(("a", name) for name in NAMES[3:]),
    ]
