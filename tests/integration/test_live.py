# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is shown while apply and ready work, and what is left when ansible-playbook ends in the middle."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Cluster, environment, inventory, run_playbook, write_plan
from faulty_proxy import Cut, Do, FaultyProxy, Refuse
from test_apply import config_map, deployment, space
from test_interrupted import OBJECTS, converges, holder, live_maps, of_the_plan, plan_of
from waiting import until

Thing = dict[str, Any]


@pytest.fixture
def name() -> str:
    """Of a namespace, and of the parts."""
    return f"live-{secrets.token_hex(3)}"


@pytest.fixture
def proxy(cluster: Cluster) -> Iterator[FaultyProxy]:
    with FaultyProxy(cluster.client) as made:
        yield made


def play_of(folder: Path, *tasks: Thing, **keywords: Any) -> Path:
    path = folder / "play.yml"
    path.write_text(yaml.safe_dump([{"hosts": "kubeflow", "gather_facts": False, "tasks": list(tasks), **keywords}]))
    return path


def task(module: str, **arguments: Any) -> Thing:
    return {"name": f"The task {module}", f"mlplatform.kubeflow.{module}": arguments}


class Processes:
    """A process and all that it has started, by process id and start: ids are used again."""

    def __init__(self, root: int) -> None:
        known = {root: _stat(root)}
        while more := {pid: stat for pid, stat in _all().items() if pid not in known and stat and int(stat[1]) in known}:
            known.update(more)
        self._known = {pid: stat[19] for pid, stat in known.items() if stat}

    def __len__(self) -> int:
        return len(self._known)

    def named(self, word: str) -> list[int]:
        return [pid for pid in self._known if word in Path(f"/proc/{pid}/cmdline").read_text()]

    def left(self) -> list[int]:
        """Those that still run; who has nobody that reaps it stays a zombie (proc(5))."""
        return [pid for pid, start in self._known.items() if (stat := _stat(pid)) and stat[19] == start and stat[0] != "Z"]


def _stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third on: state, parent, ...; the name before may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _all() -> dict[int, list[str] | None]:
    return {int(path.name): _stat(int(path.name)) for path in Path("/proc").iterdir() if path.name.isdigit()}


def ctrl_c(playing: subprocess.Popen[str], _processes: Processes) -> None:
    """A terminal sends it to all of its foreground process group."""
    os.killpg(playing.pid, signal.SIGINT)


def sigterm(playing: subprocess.Popen[str], _processes: Processes) -> None:
    playing.send_signal(signal.SIGTERM)


def sigkill(playing: subprocess.Popen[str], _processes: Processes) -> None:
    """As AWX cancels a job that has no container of its own: the group has no worker in it, since each is one of its own (ansible-core 2.19)."""
    playing.kill()


def sigkill_to_all_of_ansible(_playing: subprocess.Popen[str], processes: Processes) -> None:
    """As pkill does: the worker that waits for the module, too."""
    for pid in processes.named("ansible-playbook"):
        os.kill(pid, signal.SIGKILL)


class Ended:
    """A playbook that was ended in the middle of its work."""

    def __init__(self, folder: Path, play: Path, proxy: FaultyProxy, end: Callable[[subprocess.Popen[str], Processes], None]) -> None:
        self._end, self.over, self.at = end, threading.Event(), 0.0
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory(folder, "mine")), str(play)]
        self._playing = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def now(self) -> None:
        """From the proxy, at a request."""
        self.processes = Processes(self._playing.pid)
        self.at = time.monotonic()
        self._end(self._playing, self.processes)
        self.over.set()

    def output(self) -> str:
        """After all of its processes have ended: one of them may hold the pipe."""
        text = self._playing.communicate(timeout=60)[0]
        # ansible-playbook, a worker of it, a shell, and the module, which is one more for what unpacks it.
        assert len(self.processes) >= 4
        until(lambda: not self.processes.left())
        self.took = time.monotonic() - self.at
        print(f"{self._end.__name__}: all had ended after {self.took:.1f} s")
        return text


@pytest.mark.parametrize("end", [ctrl_c, sigterm, sigkill, sigkill_to_all_of_ansible], ids=lambda end: end.__name__)
def test_with_ansible_playbook_all_of_its_processes_end(
    cluster: Cluster, proxy: FaultyProxy, name: str, tmp_path: Path, end: Callable[[subprocess.Popen[str], Processes], None]
) -> None:
    plan = plan_of(tmp_path / "plan", name)
    ended = Ended(tmp_path, play_of(tmp_path, task("apply", plan=plan, host=proxy.url)), proxy, end)
    proxy.add(lambda request: ended.over.is_set() and of_the_plan(name)(request), Cut(), forever=True)
    proxy.add(of_the_plan(name), *[None] * 20, Do(ended.now))
    output = ended.output()
    # Long before the module's own limits.
    assert ended.took < 60
    until(lambda: not holder(cluster))
    assert "Traceback" not in output
    if end in (ctrl_c, sigterm):
        said = re.search(r"The task apply, interrupted.*: (\d+) objects are applied, (\d+) are not:\n", output)
        assert said, output
        assert int(said[1]) + int(said[2]) == OBJECTS
        assert f"interrupted by {'SIGINT' if end is ctrl_c else 'SIGTERM'}" in output
    assert (end is ctrl_c) == ("User interrupted execution" in output)
    proxy.rules.clear()
    assert 0 < live_maps(cluster, name) < OBJECTS - 1
    assert "warnings" not in converges(cluster, name, plan)


@pytest.mark.parametrize("end", [ctrl_c, sigterm, sigkill], ids=lambda end: end.__name__)
def test_a_wait_ends_with_ansible_playbook_and_says_what_is_not_ready(
    cluster: Cluster, proxy: FaultyProxy, name: str, tmp_path: Path, end: Callable[[subprocess.Popen[str], Processes], None]
) -> None:
    cluster.create("/api/v1/namespaces", {"metadata": {"name": name}})
    plan = write_plan(tmp_path / "plan", a=[space(name), config_map(name, "never")])
    ended = Ended(tmp_path, play_of(tmp_path, task("ready", plan=plan, host=proxy.url)), proxy, end)

    # Those of the plan, and two that it looks at besides: before all are listed there is nothing to say.
    watched = {
        "/api/v1/namespaces",
        "/api/v1/configmaps",
        "/apis/discovery.k8s.io/v1/endpointslices",
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    }

    def everything_is_watched(request: Any) -> bool:
        return request.watch and watched <= {asked.path for asked in proxy.asked(lambda asked: asked.watch)}

    proxy.add(everything_is_watched, Do(ended.now))
    output = ended.output()
    assert ended.took < 60
    assert "Traceback" not in output
    if end in (ctrl_c, sigterm):
        assert f"ConfigMap {name}/never: is not there" in output
        assert "The task ready, interrupted" in output


def task_named(name: str, module: str, arguments: Thing, **keywords: Any) -> Thing:
    return {**task(module, **arguments), "name": name, **keywords}


def on_a_terminal(folder: Path, play: Path, hosts: tuple[str, ...]) -> str:
    """What ansible-playbook shows somebody who looks on."""
    path = folder / "hosts.yml"
    known = yaml.safe_load(inventory(folder, hosts[0]).read_text())
    known["kubeflow"]["hosts"] = dict.fromkeys(hosts)
    path.write_text(yaml.safe_dump(known))
    ours, its = pty.openpty()
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(path), str(play)]
    playing = subprocess.Popen(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=its, stderr=its)
    os.close(its)
    text = b""
    with contextlib.suppress(OSError):
        # EIO: nobody has the other end any more (pty(7)).
        while some := os.read(ours, 65536):
            text += some
    os.close(ours)
    assert playing.wait(30) == 2, text
    return text.decode().replace("\r\n", "\n")


def test_parts_are_shown_as_they_come_and_a_second_run_shows_nothing(cluster: Cluster, name: str, tmp_path: Path) -> None:
    arguments = {"plan": plan_of(tmp_path / "plan", name), "kubeconfig": str(cluster.kubeconfig)}
    played = run_playbook(
        "-i",
        inventory(tmp_path, "mine"),
        play_of(
            tmp_path,
            task_named("Look", "apply", arguments, check_mode=True),
            task_named("Install", "apply", arguments),
            task_named("Wait", "ready", arguments),
            task_named("Install again", "apply", arguments),
            task_named("Wait again", "ready", arguments),
        ),
    )
    assert played.returncode == 0, played.output
    lines = played.output.rpartition("ignored=0")[2].strip().splitlines()
    words = f"{name}_a: applied: 31 created".replace("-", "_"), f"{name}_b: applied: 31 created".replace("-", "_")
    # Whether the Deployment is ready by then is the cluster's matter.
    shown = [line for line in lines[: lines.index("Wait") if "Wait" in lines else None] if line]
    assert shown[0] == "Install"
    assert set(words) <= set(shown)
    assert not {"Look", "Install again", "Wait again"} & set(lines)


def test_what_is_waited_for_is_said_on_a_terminal_every_few_seconds_with_the_host_where_there_are_several(
    cluster: Cluster, name: str, tmp_path: Path
) -> None:
    waits = deployment(name, "d")
    waits["spec"]["template"]["spec"]["nodeSelector"] = {"nowhere": "at-all"}
    arguments = {"plan": write_plan(tmp_path / "plan", a=[space(name), waits]), "kubeconfig": str(cluster.kubeconfig)}
    wait = task_named("Wait", "ready", {**arguments, "timeout": 7})
    output = on_a_terminal(tmp_path, play_of(tmp_path, task_named("Install", "apply", arguments, run_once=True), wait), ("one", "two"))
    for host in ("one", "two"):
        assert f"\n[{host}] Wait\n" in output
        assert f"\n[{host}] a: waiting: Deployment {name}/d: " in output
        assert re.search(rf"\n\[{host}\] 0 of 1 workloads ready; waiting for \d s for a: Deployment {name}/d: ", output)
    assert output.index("[one] Wait") < output.index("fatal: [one]")
    # No colour is asked for, and no cursor is moved.
    assert not re.search(r"[\x1b\r\b]", output)


def test_it_can_be_silenced(cluster: Cluster, name: str, tmp_path: Path) -> None:
    how: list[tuple[Thing, Thing]] = [
        ({"show_progress": "no"}, {}),
        ({"show_progress": False}, {}),
        ({}, {"no_log": True}),
        ({}, {"async": 60, "poll": 1}),
    ]
    tasks = []
    for number, (arguments, keywords) in enumerate(how):
        plan = write_plan(tmp_path / f"plan{number}", a=[space(f"{name}-{number}"), config_map(f"{name}-{number}", "m")])
        tasks.append({**task("apply", plan=plan, kubeconfig=str(cluster.kubeconfig), **arguments), **keywords})
    played = run_playbook("-i", inventory(tmp_path, "mine"), play_of(tmp_path, *tasks))
    assert played.recap["changed"] == len(how), played.output
    assert "a: appl" not in played.output


def test_lines_come_while_the_module_works_also_through_a_pipe(cluster: Cluster, proxy: FaultyProxy, name: str, tmp_path: Path) -> None:
    """And nothing is left of the pipe that they came through."""
    plan = write_plan(tmp_path / "plan", a=[space(name)], b=[config_map(name, "m")])
    held = threading.Event()
    proxy.add(lambda request: request.method == "PATCH" and request.path.endswith("/configmaps/m"), Do(lambda: held.wait(30), Refuse(403)))
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(inventory(tmp_path, "mine"))]
    playing = subprocess.Popen(
        [*command, str(play_of(tmp_path, task("apply", plan=plan, host=proxy.url)))],
        cwd=ROOT,
        env=environment(ANSIBLE_LOCAL_TEMP=str(tmp_path / "local")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert playing.stdout
    lines = []
    for line in playing.stdout:
        lines.append(line)
        if line == "a: applied: 1 created\n":
            assert len(list((tmp_path / "local").glob("*/progress-*/pipe"))) == 1
            held.set()
    assert held.is_set(), lines
    assert playing.wait(30) == 2
    text = "".join(lines)
    assert text.index("PLAY [") < text.index("The task apply\n") < text.index("fatal: [mine]")
    assert "b: failed: 1 of 1 objects not as the plan wants them\n" in lines
    assert not list((tmp_path / "local").glob("*/progress-*"))
