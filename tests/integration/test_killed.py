# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Uninstall, reinstall and prune, killed at random points: the next run ends the work, and the one after finds nothing to do."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cluster_snapshot import settles_as, snapshot
from conftest import ROOT, Played, SpareCluster, embedded_cluster, environment, run_playbook, write_plan
from killing import drawn, run_modules
from test_apply import config_map, crd, deployment, service, space, thing, webhook
from uninstalling import GROUP, claim, leave, toy, toy_kind, toys, uninstall, users_toy
from waiting import until

from bench.measure import end

Thing = dict[str, Any]
REQUIRES = {"b": ["a"]}
# How many points in all: they are others each time, so a few of each kind in a run come to many. KUBEFLOW_TEST_KILLS=20 tries more at once.
KILLS = int(os.environ.get("KUBEFLOW_TEST_KILLS", "6"))
KEPT = ["Namespace lab", "PersistentVolumeClaim lab/data", "Secret lab/password"]
# As a snapshot has them, with what Kubernetes puts into every namespace.
DATA = ("Namespace. /lab", "PersistentVolumeClaim. lab/data", "Secret. lab/password", "ServiceAccount. lab/default")
BOOKS = (
    "Namespace. /mlplatform-kubeflow",
    "ServiceAccount. mlplatform-kubeflow/default",
    "ConfigMap. mlplatform-kubeflow/install",
    "ConfigMap. mlplatform-kubeflow/part-a",
)


def of_twenty(share: int) -> range:
    """As many of the points as of twenty would be this many, at least one."""
    return range(max(1, round(share * KILLS / 20)))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SpareCluster]:
    """A cluster of this module alone."""
    with embedded_cluster(tmp_path_factory.mktemp("killed"), f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, state):
        yield SpareCluster(kubeconfig, hosts, state)


def stays() -> list[Thing]:
    """What is wanted throughout, with data in it."""
    password = thing("v1", "Secret", "password", "lab", stringData={"password": "same"})
    role = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "toys", rules=[])
    return [space("lab"), toy_kind(), claim("lab", "data"), password, role, deployment("lab", "controller"), service("lab", "controller")]


def left_out() -> list[Thing]:
    """What is not wanted any more once it is pruned."""
    return [crd(f"other.{GROUP}", "Toy", "v1"), *(config_map("lab", f"goes-{number}") for number in range(4))]


def part_b() -> list[Thing]:
    """One of a kind of the other's, a webhook about nothing, a workload, and a ClusterRole that a controller fills."""
    rules = {"clusterRoleSelectors": [{"matchLabels": {"for": "toys"}}]}
    aggregated = thing("rbac.authorization.k8s.io/v1", "ClusterRole", "all-toys", aggregationRule=rules, rules=[])
    ours = {**toy("ours"), "metadata": {"name": "ours", "namespace": "lab"}}
    return [ours, webhook("lab", never="never"), deployment("lab", "worker"), aggregated, config_map("lab", "of-b")]


@dataclass
class Installed:
    """A cluster on which all is installed, with what a user has made."""

    cluster: SpareCluster
    folder: Path

    def __post_init__(self) -> None:
        self.plan = write_plan(self.folder / "full", a=[*stays(), *left_out()], b=part_b())
        self.wanted = write_plan(self.folder / "wanted", a=stays())
        self.apply = {"plan": self.plan, "requires": REQUIRES}
        self.prune = {"plan": self.wanted, "remove": True, "whole": True}

    def users_claim(self) -> str:
        """It lasts; the path."""
        claims = "/api/v1/namespaces/user/persistentvolumeclaims"
        if self.cluster.get(f"{claims}/mine") is None:
            self.cluster.create(claims, claim("user", "mine"))
        return f"{claims}/mine"

    def begin(self, *, owned: bool = True) -> dict[str, str]:
        """All of it is there; C(owned): the user's claim belongs to an object that goes. UIDs by name."""
        cluster = self.cluster
        ran = cluster.apply(self.plan, requires=REQUIRES)
        assert not ran.failed, ran["msg"]
        uid = (cluster.get(f"{toys('user')}/mine") or cluster.get(users_toy(cluster)) or {})["metadata"]["uid"]
        owner = {"apiVersion": f"{GROUP}/v1", "kind": "Toy", "name": "mine", "uid": uid}
        cluster.patch(self.users_claim(), {"metadata": {"ownerReferences": [owner] if owned else None}})
        return snapshot(cluster)


@pytest.fixture(scope="module")
def installed(own: SpareCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    own.create("/api/v1/namespaces", space("user"))
    until(lambda: own.get("/api/v1/namespaces/user/serviceaccounts/default"))
    yield Installed(own, tmp_path_factory.mktemp("plans"))
    ended = uninstall(own, delete_data=True)
    assert not ended.failed, ended["msg"]
    leave(own)


def named(found: dict[str, str]) -> set[str]:
    """Without what is made anew under other names: pods, and addresses of Services."""
    return {name for name in found if not name.startswith(("Pod.", "IPAddress."))}


def settled(cluster: SpareCluster) -> set[str]:
    """Names, when controllers have made what they make: the same in two looks."""
    before: set[str] = set()

    def same() -> bool:
        nonlocal before
        last, before = before, named(snapshot(cluster))
        return last == before

    until(same, 30)
    return before


@dataclass(frozen=True)
class Undisturbed:
    """How often runs write that nobody kills, what there was before, and what there is after."""

    uninstall: int
    deletion: int
    reinstall: int
    prune: int
    before: dict[str, str]
    pruned: set[str]
    reinstalled: set[str]


@pytest.fixture(scope="module")
def undisturbed(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    cluster, folder = installed.cluster, tmp_path_factory.mktemp("undisturbed")
    installed.users_claim()
    before = snapshot(cluster)
    # As if nothing more had ever been wanted.
    assert not cluster.apply(installed.wanted).failed
    users_toy(cluster)
    pruned = settled(cluster)
    installed.begin()
    reinstalled = settled(cluster) - {f"Toy.{GROUP} user/mine"}
    assert not cluster.apply(installed.wanted).failed
    prune = run_modules(cluster, folder, {"prune": installed.prune})
    installed.begin()
    reinstall = run_modules(cluster, folder, {"uninstall": {}, "apply": installed.apply})
    installed.begin()
    some = run_modules(cluster, folder, {"uninstall": {}})
    installed.begin(owned=False)
    deletion = run_modules(cluster, folder, {"uninstall": {"delete_data": True}})
    settles_as(cluster, before)
    return Undisturbed(some, deletion, reinstall, prune, before, pruned, reinstalled)


def settles_with(cluster: SpareCluster, names: set[str], before: dict[str, str], same: Callable[[str], bool]) -> None:
    """Objects with these names are there, and of those that were there before the C(same) ones are."""
    settles_as(cluster, dict.fromkeys(names, ""), lambda found: dict.fromkeys(named(found), ""))
    after = snapshot(cluster)
    assert {name for name in before if same(name) and after.get(name) != before[name]} == set()


def is_kept(name: str) -> bool:
    """What an uninstall leaves of ours, by name."""
    return name in (*DATA, *BOOKS)


@pytest.mark.parametrize("number", of_twenty(7))
def test_an_uninstall(installed: Installed, undisturbed: Undisturbed, tmp_path: Path, number: int) -> None:
    cluster, begun = installed.cluster, installed.begin()
    run_modules(cluster, tmp_path, {"uninstall": {}}, drawn(f"uninstall {number}", undisturbed.uninstall))
    ran = uninstall(cluster)
    assert not ran.failed, ran["msg"]
    assert ran["left"] == [] and [entry["object"] for entry in ran["kept"]] == KEPT
    settles_as(cluster, {name: uid for name, uid in begun.items() if is_kept(name) or name in undisturbed.before})
    assert not uninstall(cluster)["changed"]


@pytest.mark.parametrize("number", of_twenty(2))
def test_an_uninstall_of_all_data(installed: Installed, undisturbed: Undisturbed, tmp_path: Path, number: int) -> None:
    cluster, _begun = installed.cluster, installed.begin(owned=False)
    moment = drawn(f"deletion {number}", undisturbed.deletion)
    run_modules(cluster, tmp_path, {"uninstall": {"delete_data": True}}, moment)
    ran = uninstall(cluster, delete_data=True)
    assert not ran.failed, ran["msg"]
    assert ran["empty"] and ran["kept"] == []
    settles_as(cluster, undisturbed.before)
    assert not uninstall(cluster, delete_data=True)["changed"]


@pytest.mark.parametrize("number", of_twenty(5))
def test_a_reinstall(installed: Installed, undisturbed: Undisturbed, tmp_path: Path, number: int) -> None:
    cluster, begun = installed.cluster, installed.begin()
    modules = {"uninstall": {}, "apply": installed.apply}
    run_modules(cluster, tmp_path, modules, drawn(f"reinstall {number}", undisturbed.reinstall))
    run_modules(cluster, tmp_path, modules)
    settles_with(cluster, undisturbed.reinstalled, begun, is_kept)
    assert not cluster.apply(installed.plan, requires=REQUIRES)["changed"]


@pytest.mark.parametrize("number", of_twenty(6))
def test_a_prune(installed: Installed, undisturbed: Undisturbed, tmp_path: Path, number: int) -> None:
    cluster, begun = installed.cluster, installed.begin()
    assert not cluster.apply(installed.wanted).failed
    run_modules(cluster, tmp_path, {"prune": installed.prune}, drawn(f"prune {number}", undisturbed.prune))
    ran = cluster.module("prune", installed.prune)
    assert not ran.failed, ran["msg"]
    settles_with(cluster, undisturbed.pruned, begun, lambda name: name in undisturbed.pruned)
    assert not cluster.module("prune", installed.prune)["changed"]
    assert not cluster.apply(installed.wanted)["changed"]


PARTS = ("-e", json.dumps({"kubeflow_parts": ["kubeflow_namespace", "kubeflow_roles"]}))
VOLUME = "/api/v1/namespaces/kubeflow/persistentvolumeclaims/data"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-admin"


def test_a_reinstall_goes_on_where_its_uninstall_got_stuck(own: SpareCluster) -> None:
    """Also in its preflight, which refuses what is being deleted before an install."""
    cluster = own

    def play(playbook: str, **variables: Any) -> Played:
        given = {"kubeflow_delete_data": True, "kubeflow_confirm": cluster.name, **variables}
        return run_playbook("-i", cluster.hosts, f"playbooks/{playbook}.yml", *PARTS, "-e", json.dumps(given), env=cluster.state)

    installed = play("site")
    assert installed.returncode == 0, installed.output
    held = config_map("kubeflow", "held")
    held["metadata"]["finalizers"] = ["example.com/hold"]
    cluster.create("/api/v1/namespaces/kubeflow/configmaps", held)
    stuck = play("reinstall", kubeflow_uninstall_stall_timeout=9)
    assert stuck.returncode != 0 and "kubeflow_clear_finalizers" in stuck.words, stuck.output
    assert (cluster.get("/api/v1/namespaces/kubeflow") or {})["metadata"]["deletionTimestamp"]
    back = play("reinstall", kubeflow_clear_finalizers=True, kubeflow_uninstall_stall_timeout=9)
    assert back.returncode == 0, back.output
    assert cluster.get(ROLE) and cluster.get("/api/v1/namespaces/kubeflow/configmaps/held") is None


@pytest.mark.parametrize("following", ["reinstall", "site"])
def test_a_playbook_between_uninstall_and_install(own: SpareCluster, following: str) -> None:
    cluster = own

    def play(playbook: str) -> dict[str, int]:
        played = run_playbook("-i", cluster.hosts, f"playbooks/{playbook}.yml", *PARTS, env=cluster.state)
        assert played.returncode == 0, played.output
        return played.recap

    play("site")
    if cluster.get(VOLUME) is None:
        cluster.create(VOLUME.rpartition("/")[0], claim("kubeflow", "data"))
    data = (cluster.get(VOLUME) or {})["metadata"]["uid"]
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(cluster.hosts), "playbooks/reinstall.yml", *PARTS]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(**cluster.state), stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        assert running.stdout
        for line in running.stdout:
            if "Say what is left" in line:
                # Workers and modules have sessions of their own.
                end(running.pid)
                break
    assert running.returncode < 0
    assert cluster.get(ROLE) is None and cluster.get(VOLUME)
    play(following)
    assert cluster.get(ROLE) and (cluster.get(VOLUME) or {})["metadata"]["uid"] == data
    assert play("site")["changed"] == 0
