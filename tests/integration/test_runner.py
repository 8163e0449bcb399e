# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Runs as AWX makes them: a copy of the checkout without .git in a private data dir, ansible-runner, answers as unsafe text, events."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROOT, Cluster, embedded_cluster, environment, run_playbook, token_of
from waiting import until

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root, make_once

Thing = dict[str, Any]
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
# What AWX's job page shows of one event without trouble, and of a whole job (its limit is 1048576).
EVENT_BYTES, STDOUT_BYTES = 256 * 1024, 1024 * 1024
OLDEST = "ansible-core==2.18.19"


def bin_of(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


@dataclass
class Job:
    """A job that has run."""

    status: str
    events: list[Thing]
    stdout: str

    @property
    def artifacts(self) -> Thing:
        (stats,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return dict(stats.get("artifact_data") or {})

    @property
    def changed(self) -> int:
        (stats,) = [event["event_data"] for event in self.events if event["event"] == "playbook_on_stats"]
        return sum(stats["changed"].values())

    @property
    def largest(self) -> int:
        return max(len(json.dumps(event)) for event in self.events)


class Awx:
    """One host in group kubeflow, with nothing said of how it is reached, and the credential's environment."""

    def __init__(self, folder: Path, cluster: Cluster) -> None:
        self.folder, self.cluster, self.token = folder, cluster, token_of(cluster, f"awx-{secrets.token_hex(3)}", EVERYTHING)
        self._count, self._programs = 0, str(Path(sys.executable).parent)
        self._env = environment(
            ANSIBLE_FORCE_COLOR="True",
            MAX_EVENT_RES="700000",
            K8S_AUTH_HOST=cluster.client.host,
            K8S_AUTH_API_KEY=self.token,
            K8S_AUTH_VERIFY_SSL="False",
            XDG_STATE_HOME=str(folder / "state"),
        )
        for name in ("ANSIBLE_CONFIG", "ANSIBLE_NOCOLOR"):
            self._env.pop(name)

    def _prepared(self, answers: str, *options: str) -> tuple[list[str], dict[str, str], Path]:
        """The command of a job (transmit | worker | process, as on an execution node), its environment, and the folder of what comes back."""
        self._count += 1
        private, worker, back = (self.folder / f"{name}{self._count}" for name in ("sent", "work", "back"))
        (private / "inventory").mkdir(parents=True)
        (private / "env").mkdir()
        (private / "inventory/hosts").write_text(yaml.safe_dump({"kubeflow": {"hosts": {"mycluster": {"remote_tower_enabled": "true"}}}}))
        (private / "env/extravars").write_text(answers or "{}\n")
        (private / "env/cmdline").write_text(" ".join(options))
        files = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for name in (name for name in files.splitlines() if not name.startswith(("tests/", "docs/", "molecule/", "bench/"))):
            (private / "project" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, private / "project" / name, follow_symlinks=False)
        runner = bin_of("ansible-runner")
        env = {**self._env, "PATH": f"{self._programs}:{self._env['PATH']}"}
        command = f"'{runner}' transmit '{private}' -p playbooks/site.yml | '{runner}' worker --private-data-dir '{worker}' | '{runner}' process '{back}'"
        return ["bash", "-c", command], env, back

    def use(self, python: Path) -> None:
        """From now on, the ansible-core of this Python."""
        programs = self.folder / "programs"
        programs.mkdir()
        program = programs / "ansible-playbook"
        program.write_text(f"#!/bin/sh\nexec '{python}' -m ansible playbook \"$@\"\n")
        program.chmod(0o755)
        self._programs = str(programs)

    def cancel(self, answers: str, begun: Callable[[], Any]) -> None:
        """Launch a job, and end it as a container ends: all of its processes are killed, whatever session they are in."""
        command, env, _back = self._prepared(answers)
        job = subprocess.Popen(command, env=env, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until(begun)
        finally:
            # Whoever could start another one is stopped first.
            stopped: set[int] = set()
            while found := descendants(job.pid) - stopped:
                for pid in found:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGSTOP)
                stopped |= found
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            job.wait(10)

    def launch(self, answers: str = "", *options: str) -> Job:
        command, env, back = self._prepared(answers, *options)
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, text=True, check=False, timeout=900)
        (folder,) = (back / "artifacts").rglob("job_events")
        events = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"), key=_place)]
        job = Job((folder.parent / "status").read_text(), events, "".join(event["stdout"] + "\n" for event in events if event["stdout"]))
        everything = json.dumps(events) + done.stdout + done.stderr + job.stdout
        assert self.token not in everything
        assert "Traceback" not in job.stdout
        return job


def descendants(ancestor: int) -> set[int]:
    """A process, its children and theirs."""
    parents = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError):
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
    found, size = {ancestor}, 0
    while size < len(found):
        size = len(found)
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found


def _place(path: Path) -> int:
    return int(path.name.partition("-")[0])


def small(job: Job) -> None:
    print(f"{len(job.events)} events, the largest of {job.largest} bytes; {len(job.stdout.encode())} bytes of output")
    assert job.largest < EVENT_BYTES
    assert len(job.stdout.encode()) < STDOUT_BYTES


@pytest.fixture(scope="session")
def oldest_python() -> Path:
    """The Python of an environment with the oldest ansible-core that is supported."""

    def make(folder: Path) -> None:
        # Its scripts name the folder in which it was made, so it is reached by python -m.
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin/python"), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
        subprocess.run([*pip, OLDEST, "-r", str(ROOT / "meta/ee-requirements.txt")], check=True, timeout=600)

    target = cache_root() / "tests" / OLDEST
    make_once(target, make)
    return target / "bin/python"


@pytest.fixture(scope="session")
def oldest(oldest_python: Path) -> Callable[..., Any]:
    """Its ansible-playbook."""

    def play(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = [str(oldest_python), "-m", "ansible", "playbook", *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=300)

    return play


@pytest.fixture(scope="module")
def awx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Awx]:
    """Its cluster is its own: empty at first, and a whole release is on it afterwards."""
    folder = tmp_path_factory.mktemp("awx")
    with embedded_cluster(folder, f"pytest-{secrets.token_hex(4)}") as (kubeconfig, hosts, _state):
        yield Awx(folder, Cluster(kubeconfig, hosts))


def test_a_check_can_be_read_and_a_cancelled_install_goes_on_and_is_made_once(awx: Awx, oldest_python: Path) -> None:
    """Answers are those of a survey that nobody filled in."""
    answers = "kubeflow_release: !unsafe '26.03'\nkubeflow_force_conflicts: !unsafe 'false'\nkubeflow_timeout: 1800\nkubeflow_mirror: !unsafe ''\n"
    looked = awx.launch(answers, "--check", "--diff")
    assert looked.status == "successful", looked.stdout[-3000:]
    small(looked)
    assert "+ Namespace kubeflow\n" in looked.stdout.replace("\r", "")
    assert looked.stdout.count("differences.diff") >= 1
    assert looked.artifacts["kubeflow_outcome"]["verdict"] == "not_ready"

    def some_are_made() -> bool:
        crds = awx.cluster.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
        return bool(crds and len(crds["items"]) > 20)

    awx.cancel(answers, some_are_made)
    lease = awx.cluster.get("/apis/coordination.k8s.io/v1/namespaces/mlplatform-kubeflow/leases/run")
    assert lease and lease["spec"]["holderIdentity"]
    installed = awx.launch(answers)
    assert installed.status == "successful", installed.stdout[-3000:]
    small(installed)
    assert installed.artifacts["kubeflow_outcome"]["verdict"] == "ready"
    assert installed.artifacts["kubeflow_outcome"]["changed"] is True
    again = awx.launch(answers)
    assert (again.status, again.changed) == ("successful", 0)
    assert again.artifacts["kubeflow_outcome"]["changed"] is False
    awx.use(oldest_python)
    on_the_oldest = awx.launch(answers)
    assert (on_the_oldest.status, on_the_oldest.changed) == ("successful", 0), on_the_oldest.stdout[-3000:]
    labelled = awx.launch(answers + "kubeflow_labels: !unsafe 'team: ml'\n", "--check", "--diff")
    assert labelled.status == "successful", labelled.stdout[-3000:]
    small(labelled)
    assert "team added: ml" in labelled.stdout


# As AWX writes answers, and what the run makes of them.
ANSWERS = {
    "release": ("kubeflow_release: !unsafe '26.03'", "Kubeflow 26.03: 2 parts asked for"),
    "old-release": ("kubeflow_release: !unsafe 'v1.4.0'", "Kubeflow v1.4.0: 2 parts asked for"),
    "trap": ("kubeflow_release: !unsafe '26.10'", "there are 26.03, v1.4.0"),
    "lines": ('kubeflow_parts: !unsafe "katib\\nvolumes_web_app"', "(katib, volumes_web_app)"),
    "choices": ("kubeflow_parts: [!unsafe 'katib', !unsafe 'volumes_web_app']", "(katib, volumes_web_app)"),
    "empty": (
        "".join(
            f"{name}: !unsafe ''\n"
            for name in (
                *("kubeflow_labels", "kubeflow_workloads", "kubeflow_force_conflicts", "kubeflow_image_registries", "kubeflow_images"),
                *(
                    "kubeflow_image_pull_secrets",
                    "kubeflow_preflight_overrides",
                    "kubeflow_resources",
                    "kubeflow_release",
                    "kubeflow_mirror",
                ),
                *("kubeflow_timeout", "kubeflow_settings", "kubeflow_provided_parts", "kubeflow_context", "kubeflow_image_pull_policy"),
            )
        ),
        "Kubeflow 26.03: 2 parts asked for",
    ),
    "bools": ("kubeflow_force_conflicts: !unsafe 'no'\nkubeflow_network_policies: !unsafe 'true'", "2 parts asked for"),
    "structures": (
        'kubeflow_labels: !unsafe \'team: ml\'\nkubeflow_workloads: !unsafe \'[{"name": "katib*", "replicas": 2}]\'',
        "2 parts asked for",
    ),
    "bundle": ('kubeflow_settings: !unsafe "kubeflow_labels: {team: ml}\\nkubeflow_timeout: 900"', "2 parts asked for"),
}


@pytest.mark.parametrize("core", ["2.18", "newest"])
@pytest.mark.parametrize("case", ANSWERS)
def test_answers_mean_the_same_on_every_ansible_core(oldest: Callable[..., Any], tmp_path: Path, core: str, case: str) -> None:
    answers, words = ANSWERS[case]
    hosts = tmp_path / "hosts"
    variables = {"kubeflow_parts": ["katib", "volumes_web_app"], "kubeflow_work_directory": str(tmp_path / "work")}
    hosts.write_text(yaml.safe_dump({"kubeflow": {"hosts": {"mycluster": None}, "vars": variables}}))
    (tmp_path / "answers").write_text(answers + "\n")
    arguments = ("-i", hosts, "site.yml", "--tags", "release", "-e", f"@{tmp_path}/answers")
    if core == "newest":
        played = run_playbook(*arguments)
        output, status = played.output, played.returncode
    else:
        done = oldest(*arguments)
        output, status = done.stdout + done.stderr, done.returncode
    assert words in " ".join(output.split()), output
    assert (status == 0) == (case != "trap")
    assert "Traceback" not in output
