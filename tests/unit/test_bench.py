# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The bench's own parts: what it reads, computes and writes. Nothing here measures time."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, key_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import load_plan
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release_file import read_release, release_names
from bench import generated, report, table, uninstall, waterfall
from bench.__main__ import ALL, Results, parser
from bench.contenders import blind, kubernetes_core
from bench.contenders.kubectl import BUILD, loop
from bench.ideal import Pod, longest_chain, pods_of, schedule
from bench.machine import machine, words
from bench.measure import Command, measure
from bench.paths import RELEASE_FILES, environment
from bench.plan import Prepared, change_image, in_order
from bench.pulls import LONGEST, SHORTEST, images_of, pull_seconds
from bench.report import BEGIN, END, replace_section

Thing = dict[str, Any]


def key(name: str) -> Key:
    return Key("apps", "Deployment", "space", name)


def test_everything_is_measured_by_default() -> None:
    options = parser().parse_args([])
    assert options.what == ALL and options.release is None
    assert parser().parse_args(["install", "--release", "26.03", "--contender", "ours"]).contender == ["ours"]


def test_results_replace_what_is_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "new/results.json"
    first = Results(path, lambda _record: True)
    first.keep({"release": "a", "seconds": 1})
    first.keep({"release": "b", "seconds": 2})
    Results(path, lambda record: bool(record["release"] == "a")).keep({"release": "a", "seconds": 3})
    found = json.loads(path.read_text())
    assert [record["seconds"] for record in found["records"]] == [2, 3]
    assert words(found["machine"]) and os.uname().nodename not in json.dumps(machine())


def test_a_command_is_measured_with_its_children() -> None:
    program = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'sum(range(30_000_000))']); print(sys.stdin.read()); sys.exit(3)"
    )
    found = measure(Command([sys.executable, "-c", program], dict(os.environ), b"given"), [os.getpid()])
    assert (found.exit_code, found.output.strip()) == (3, "given")
    assert found.client_cpu > 0 and found.memory > 1 and found.seconds > 0


def test_memory_is_the_programs_and_not_the_benchs() -> None:
    ballast = bytearray(os.urandom(1024) * 300_000)
    program = "import time; held = bytearray(50 * 2**20); end = time.monotonic() + 1; exec('while time.monotonic() < end: pass')"
    found = measure(Command([sys.executable, "-c", program], dict(os.environ)), [])
    assert len(ballast) > 250 * 2**20
    assert 50 < found.memory < 100


def test_a_command_that_hangs_is_ended() -> None:
    found = measure(Command(["sleep", "60"], dict(os.environ)), [], timeout=0.1)
    assert found.exit_code == -9 and found.seconds < 30


def test_upstream_order_decides() -> None:
    objects = [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}} for name in ("stranger", "b", "a")]
    order = [Key("", "ConfigMap", "", name) for name in ("a", "b")]
    assert [item["metadata"]["name"] for item in in_order(objects, order)] == ["a", "b", "stranger"]


@pytest.mark.parametrize(
    ("image", "changed"),
    [("host:5000/a", "host:5000/a:bench"), ("a/b:1@sha256:00", "a/b:bench"), ("a:1", "a:bench"), ("a@sha256:00", "a:bench")],
)
def test_one_image_is_changed(image: str, changed: str) -> None:
    container = {"name": "main", "image": image}
    item: Thing = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {"template": {"spec": {"containers": [container]}}},
    }
    change_image([{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}, item])
    assert container["image"] == changed


@pytest.mark.parametrize("release", release_names(RELEASE_FILES))
def test_the_loop_of_every_release_is_known(release: str) -> None:
    example = read_release(RELEASE_FILES, release)["example"]
    prepared = Prepared(release, "1.30.0", {}, "example", example["apply"], example["pause"], [], [])
    assert re.fullmatch(rf'while ! {BUILD} \| kubectl apply [^|]*-f -; do echo "Retrying[^"]*"; sleep \d+; done', loop(prepared))


def test_a_release_that_has_a_file_can_be_measured() -> None:
    assert all(parser().parse_args(["install", "--release", release]).release == [release] for release in release_names(RELEASE_FILES))


def test_kubernetes_core_tells_what_was_refused() -> None:
    results = [{"changed": True}, {"error": {"msg": "no"}}]
    assert kubernetes_core.refused(json.dumps({"result": {"results": results}})) == ["no"]
    assert kubernetes_core.refused(json.dumps({"failed": True, "msg": "none"})) == ["none"]
    assert kubernetes_core.refused(json.dumps({"result": {"results": results[:1]}})) == []


def test_the_blind_applier_sends_namespaces_first() -> None:
    kinds = ["Deployment", "CustomResourceDefinition", "Namespace", "ConfigMap"]
    assert [blind.stage_of({"kind": kind}) for kind in kinds] == [2, 1, 0, 2]


def test_generated_plans_are_plans(tmp_path: Path) -> None:
    plan = load_plan(generated.write_plan(tmp_path / "plan", 3))
    assert [len(part.objects) for part in plan.parts] == [generated.OBJECTS_PER_PART] * 3
    assert len(plan.owners()) == 3 * generated.OBJECTS_PER_PART
    assert all(key_of(item).kind for part in plan.parts for item in part.objects)


def test_requests_are_counted_beside_what_the_module_says(tmp_path: Path) -> None:
    """The module's name must not be taken for its arguments, which come by standard input."""
    plan = generated.write_plan(tmp_path / "plan", 1)
    given = {"plan": str(plan), "host": "http://127.0.0.1:9", "timeout": 1, "_ansible_remote_tmp": str(tmp_path)}
    command = Command([sys.executable, "-m", "bench.counted", "apply"], environment(), json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
    found = measure(command, [])
    assert json.loads(found.output)["msg"].startswith("Nothing was applied: no answer from http://127.0.0.1:9")
    assert json.loads(found.errors.splitlines()[-1])["GET"] >= 1


def test_pull_times_are_the_same_every_time() -> None:
    images = images_of([{"spec": {"containers": [{"image": "a"}, {"image": "b"}], "other": {"image": {"not": "text"}}}}])
    assert images == {"a", "b"}
    assert all(SHORTEST <= pull_seconds(f"{number}") <= LONGEST for number in range(100))
    assert pull_seconds("a") == pull_seconds("a")


def test_pods_are_found_by_the_labels_of_their_workload() -> None:
    workload = {"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"metadata": {"labels": {"app": "a"}}}}}
    spec = {"nodeName": "n", "initContainers": [{"image": "i"}], "containers": [{"image": "c"}]}
    live = [{"metadata": {"namespace": space, "labels": {"app": "a", "hash": "1"}}, "spec": spec} for space in ("space", "elsewhere")]
    assert pods_of({key("a"): workload}, live) == {key("a"): [Pod("n", ("i", "c"))]}


def test_the_longest_chain_counts_what_a_node_has() -> None:
    """b and c wait for a; a's second image is on the node when c wants it, on another node it is not."""
    needs = {key("a"): set(), key("b"): {key("a")}, key("c"): {key("a")}, key("quick"): {key("c")}}
    pods = {key("a"): [Pod("n", ("long", "proxy"))], key("b"): [Pod("m", ("proxy", "short"))], key("c"): [Pod("n", ("proxy", "short"))]}
    times = {"long": 60.0, "proxy": 30.0, "short": 20.0}
    links = schedule(needs, pods, times.__getitem__)
    assert {link.key.name: link.seconds for link in links.values()} == {"a": 90, "b": 140, "c": 110, "quick": 110}
    assert [link.key.name for link in longest_chain(links)] == ["a", "b"]


def test_medians_are_shown() -> None:
    same = {"release": "26.03", "contender": "ours", "scenario": "first install"}
    records = [{**same, "seconds": seconds} for seconds in (5.0, 1.0, 3.0)]
    assert table.median(records, "seconds") == 3.0
    assert table.brief(records).splitlines()[-1] == "| module `apply` | 3.0 | – | – |"
    records.append({**same, "contender": "kubectl", "seconds": 12.0})
    assert table.brief(records).splitlines()[-1] == "| `kubectl apply`, upstream's loop | 12.0 (4.0 ×) | – | – |"
    assert table.shown(123.4) == "123"


def test_a_section_is_replaced() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter"
    assert replace_section(text, "new") == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter"
    with pytest.raises(ValueError, match="are not in the text"):
        replace_section("nothing", "new")


def test_the_waterfall_shows_rooms_and_parts() -> None:
    def task(action: str, start: float, end: float, **result: Any) -> Thing:
        return {"host": "h", "task": action, "action": f"mlplatform.kubeflow.{action}", "start": start, "end": end, "result": result}

    waited = [{"gate": "Namespace a", "seconds": 1.0, "objects": 1}, {"gate": "CRD b", "seconds": 3.0, "objects": 1}]
    part = {"name": "one", "started": 0.5, "seconds": 4.0, "waited": waited}
    timeline = [
        {"host": "h", "task": "set", "action": "ansible.builtin.set_fact", "start": 1.0, "end": 1.1},
        task("source", 2.0, 3.0),
        task("render", 3.0, 8.0),
        task("apply", 10.0, 20.0, parts=[part], seconds=9.0),
        task("ready", 20.0, 25.0, parts=[{"name": "one", "seconds": 4.0}]),
    ]
    assert [(bar.label, bar.start, bar.end) for bar in waterfall.phases(timeline)] == [
        ("release", 0.0, 2.0),
        ("render", 2.0, 8.0),
        ("apply", 8.0, 20.0),
        ("ready", 20.0, 25.0),
        ("report", 25.0, 25.0),
    ]
    assert waterfall.parts(timeline) == [waterfall.PartBar("one", 11.5, 15.5, 24.0, "CRD b", 14.0)]


def test_an_install_with_a_kubelets_pace_has_a_section_of_its_own() -> None:
    nothing: Thing = {"machine": machine(), "records": []}
    record = {"release": "26.03", "refresh_seconds": 60, "seconds": 111.0, "ready_seconds": 134.1, "client_cpu": 2.5}
    text = report._document(nothing, nothing, {"machine": machine(), "records": [record]}, nothing, nothing)
    assert "| 26.03, 60 s | 111 | 134 | 2.5 |" in text
    assert "after a minute" not in report._document(nothing, nothing, nothing, nothing, nothing)


def test_what_kubectl_asks_is_read_from_its_log_of_either_kind() -> None:
    log = (
        "I1128 23:59:59.500000    1 loader.go:402] Config loaded from file:  x\n"
        'I1128 23:59:59.750000    1 round_trippers.go:632] "Response" verb="GET" url="https://h/api?timeout=32s" status="200 OK" milliseconds=3\n'
        'namespace "a" deleted\n'
        "I1129 00:00:01.250000    1 round_trippers.go:560] DELETE https://h/api/v1/namespaces/a 200 OK in 4 milliseconds\n"
        'I1129 00:00:02.000000    1 round_trippers.go:632] "Response" verb="GET" url="https://h/api/v1/a?watch=true" status="200 OK" milliseconds=3\n'
    )
    assert uninstall.sent_by_kubectl(log) == [(0.0, "GET"), (1.5, "DELETE"), (2.25, "WATCH")]


def test_waiting_is_where_nothing_is_deleted() -> None:
    def sent(*seconds: float, verb: str = "GET") -> list[tuple[float, str]]:
        return [(second, verb) for second in seconds]

    assert uninstall.while_waiting(sent(0.1, 0.2)) is None
    deletions = sent(0.5, 4.1, verb="DELETE")
    assert uninstall.while_waiting([*sent(0.1, 0.2), *deletions, *sent(1.0, 1.5, 3.9, 9.0)]) == 1
    assert uninstall.while_waiting(sent(0.5, 1.1, verb="DELETE")) is None


def test_what_an_uninstall_leaves_is_told() -> None:
    nothing: Thing = {"machine": machine(), "records": []}
    same = {"release": "26.03", "client_cpu": 2.0, "server_cpu": 3.0, "load": 1.5, "exit_code": 0, "left": 0, "while_waiting": 0.5}
    ours = {**same, "what": uninstall.ALL, "seconds": 21.04, "requests": {"GET": 90, "DELETE": 10}}
    kubectl = {**same, "what": uninstall.KUBECTL, "seconds": 301.0, "requests": {"GET": 900}, "exit_code": 1, "left": 12}
    again = {**same, "what": uninstall.REINSTALL, "seconds": 55.0, "requests": {}, "left": None, "while_waiting": None}
    records = [again, kubectl, ours]
    text = report._document(nothing, nothing, nothing, {"machine": machine(), "records": records}, nothing)
    assert "| module `uninstall`, all deleted | 21.0 | 0 | 2.0 | 3.0 | 100 | 0.5 |\n" in text
    assert "| `kubectl delete -f --wait` | 301, then gives up | 12 | 2.0 | 3.0 | 900 | 0.5 |\n" in text
    assert "| `playbooks/reinstall.yml`, data kept | 55.0 | – | 2.0 | 3.0 | – | – |\n" in text
    assert set(table.UNINSTALLS) == {uninstall.KEPT, uninstall.ALL, uninstall.REINSTALL, uninstall.KUBECTL}
    assert "brought back" not in report._document(nothing, nothing, nothing, nothing, nothing)
