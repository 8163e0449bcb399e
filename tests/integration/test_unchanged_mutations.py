# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An object is skipped only if a PATCH of it would change nothing: tried with all objects of all releases, changed at random.

The judge is the API server: a C(dryRun=All) PATCH of the changed object gives what is live, managedFields included, or
it does not. A PATCH that would be refused has to be sent too, so that somebody hears of it.

More mutations, or the same ones again:

    KUBEFLOW_TEST_MUTATIONS=2000 KUBEFLOW_TEST_SEED=7 pytest -s tests/integration/test_unchanged_mutations.py

C(KUBEFLOW_TEST_MUTATIONS) is their number for each release, 300 if it is not set. The first half of them is the same every
time; C(KUBEFLOW_TEST_SEED) chooses the others, which are new every time if it is not set. With C(-s) the figures are shown.
"""

from __future__ import annotations

import copy
import json
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from conftest import ReleaseCluster, run_module
from faulty_proxy import FaultyProxy
from mutations import Words, mutate

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.compare import Item, Target, compare
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.graph import check_form
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.runtime_owned import RuntimeOwned, drop_runtime_owned
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apply.unchanged import is_applied
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError, Client
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._inventory.applysets import PART_OF
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of, to_send
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Plan, load_plan

Thing = dict[str, Any]
MANAGER = "mlplatform.kubeflow"
# Between the LIST and the PATCH a controller may have changed the object.
TURNS = 10


@dataclass
class Tried:
    """What became of one mutation."""

    number: str
    key: Key
    done: list[str]
    skipped: bool
    answer: str
    """C(same), C(differs), or the refusal."""

    @property
    def missed(self) -> bool:
        return self.skipped and self.answer != "same"

    @property
    def needless(self) -> bool:
        return not self.skipped and self.answer == "same"


class Installation:
    """A release on its cluster."""

    def __init__(self, cluster: ReleaseCluster) -> None:
        self.client: Client = cluster.client
        self.plan: Plan = load_plan(cluster.plan)
        self.rules = [RuntimeOwned(**entry) for entry in cluster.facts["runtime_owned"]]
        self.target: Target = compare(self.client, self.plan, MANAGER, self.rules, [], Deadline(60))
        self.items = [item for item in self.target.items.values() if item.key in self.target.live]
        self.kinds: dict[tuple[str, str], list[Item]] = {}
        for item in self.items:
            self.kinds.setdefault((item.key.group, item.key.kind), []).append(item)
        self.planned = {key_of(item): item for item in self._planned()}
        self.words = {kind: Words(self._seen(items)) for kind, items in self.kinds.items()}

    def _planned(self) -> Iterator[Thing]:
        """The objects of the plan under the namespace they are sent to."""
        for part in self.plan.parts:
            for item in part.objects:
                resource = self.target.resources.of(item)
                if resource:
                    namespace = to_send(item, namespaced=resource.namespaced)["metadata"].get("namespace")
                    yield {**item, "metadata": {**item["metadata"], "namespace": namespace}}

    def _seen(self, items: list[Item]) -> Iterator[Thing]:
        for item in items:
            yield self.planned[item.key]
            # With what the API server fills in.
            yield {name: value for name, value in self.target.live[item.key].items() if name not in ("metadata", "status")}

    def mutation(self, number: str) -> tuple[Item, Thing, list[str]] | None:
        """An object as it would be sent with its part's label; None when it would not be sent at all, or has not changed."""
        rng = random.Random(number)
        # Half of them by kind, so that rare ones come too.
        item = rng.choice(rng.choice(list(self.kinds.values())) if rng.random() < 0.5 else self.items)
        live = copy.deepcopy(self.target.live[item.key])
        del live["metadata"]["labels"][PART_OF]
        changed, done = mutate(rng, self.planned[item.key], live, self.words[item.key.group, item.key.kind])
        try:
            body = to_send(changed, namespaced=item.resource.namespaced)
            check_form(item.key, body, self.target.resources)
            body["metadata"]["labels"] = {**(body["metadata"].get("labels") or {}), PART_OF: item.body["metadata"]["labels"][PART_OF]}
        except (AttributeError, KeyError, TypeError, ValueError):
            # Refused by name before anything is compared.
            return None
        return (item, body, done) if done else None

    def attempt(self, number: str) -> Tried | None:
        """The rule's verdict on a mutation beside the API server's."""
        found = self.mutation(number)
        if found is None:
            return None
        item, changed, done = found
        live = self.target.live[item.key]
        for _turn in range(TURNS):
            body = copy.deepcopy(changed)
            drop_runtime_owned(body, item.key, live, self.rules, MANAGER)
            tried = Tried(number, item.key, done, is_applied(body, live, MANAGER), self._judged(item, body, live))
            if not tried.missed:
                break
            # Some answers are chance, too: 1.21 converts a pruned object now with, now without its metadata, and refuses it then.
            live = {"apiVersion": body["apiVersion"], "kind": body["kind"], **self.client.get(item.path)}
        return tried

    def _judged(self, item: Item, body: Thing, live: Thing) -> str:
        try:
            answer = self.client.apply(item.path, body, manager=MANAGER, force=True, dry_run=True)
        except ApiError as error:
            return f"refused: {error.message}"
        return "same" if comparable(answer) == comparable(live) else "differs"


def comparable(item: Thing) -> str:
    """All of an object, to the letter, but for the time of managedFields, which tells when somebody asked."""
    item = copy.deepcopy(item)
    for entry in item["metadata"]["managedFields"]:
        entry.pop("time", None)
    return json.dumps(item, sort_keys=True)


@pytest.fixture(scope="module")
def installation(release_cluster: ReleaseCluster) -> Installation:
    return Installation(release_cluster)


def test_of_an_installed_release_nothing_is_sent_again(installation: Installation, release_cluster: ReleaseCluster) -> None:
    assert set(installation.target.items) - installation.target.settled == set()
    arguments = {"plan": str(release_cluster.plan), "runtime_owned": release_cluster.facts["runtime_owned"], "timeout": 60}
    with FaultyProxy(release_cluster.client) as proxy:
        ran = run_module("apply", {**arguments, "host": proxy.url})
        assert not ran.failed, ran.stdout
        assert {request.method for request in proxy.asked(lambda request: True)} == {"GET"}
    started = time.monotonic()
    again = release_cluster.module("apply", arguments)
    assert (again.failed, again["changed"]) == (False, False)
    print(f"{release_cluster.release}, second apply: {time.monotonic() - started:.2f} s, with the start of Python")


def test_what_is_skipped_would_change_nothing(installation: Installation, release_cluster: ReleaseCluster) -> None:
    count = int(os.environ.get("KUBEFLOW_TEST_MUTATIONS") or 300)
    seed = os.environ.get("KUBEFLOW_TEST_SEED") or str(random.randrange(10**6))
    numbers = [f"{'always' if number < count / 2 else seed}/{number}" for number in range(count)]
    with ThreadPoolExecutor(16) as pool:
        tried = [attempt for attempt in pool.map(installation.attempt, numbers) if attempt]
    missed, needless = [entry for entry in tried if entry.missed], [entry for entry in tried if entry.needless]
    answers = Counter(entry.answer.partition(":")[0] for entry in tried)
    figures = (
        f"{release_cluster.release}, KUBEFLOW_TEST_SEED={seed}: {len(tried)} mutations ({dict(answers)}), {len(missed)} wrongly skipped, "
        f"{len(needless)} PATCHes that change nothing ({len(needless) / len(tried):.1%} of all, {len(needless) / answers['same']:.0%} of those "
        "that change nothing)"
    )
    print(figures)
    assert not missed, "\n".join([figures, *map(str, missed)])
    assert len(needless) < 0.05 * len(tried), "\n".join([figures, *map(str, needless)])
    # Neither the rule nor the mutations are trivial.
    assert len(tried) > 0.9 * count
    assert answers["differs"] > 0.3 * len(tried)
    assert sum(entry.skipped for entry in tried) > 0
