# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects that playbook awx makes in AWX, on a stand-in of its API, and the survey by AWX's own rules."""

from __future__ import annotations

import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import DEFAULT_RELEASE, RELEASES, ROOT, Played, run_playbook
from controller import Controller, RefusedError, answered, check_survey

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root, make_once
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.values import coerce

# Holds awx.awx 24.6.1. It is not installed: the collections in it would hide what this one forgets to declare.
WHEEL = "ansible==12.3.0"
TEMPLATES = ["Kubeflow check", "Kubeflow diagnose", "Kubeflow install", "Kubeflow preflight", "Kubeflow uninstall"]
PLAYBOOKS = {str(path.relative_to(ROOT)) for path in (ROOT / "playbooks").glob("*.yml")}
CLUSTER = {"awx_cluster_host": "https://203.0.113.7:6443", "awx_execution_environment_image": "registry.example.com/ee:1"}


@pytest.fixture(scope="session")
def awx_collection() -> Path:
    """A folder with the collection awx.awx, from the package index."""

    def make(folder: Path) -> None:
        download = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*download, "--dest", f"{folder}.wheel", WHEEL], check=True)
        (wheel,) = Path(f"{folder}.wheel").glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder, [name for name in archive.namelist() if name.startswith("ansible_collections/awx/awx/")])
        wheel.unlink()
        wheel.parent.rmdir()

    target = cache_root() / "tests" / WHEEL
    make_once(target, make)
    return target


@pytest.fixture
def controller() -> Iterator[Controller]:
    with Controller(secrets.token_hex(20), PLAYBOOKS) as made:
        yield made


class Admin:
    """Runs the playbook as an admin of AWX does."""

    def __init__(self, controller: Controller, collection: Path, folder: Path) -> None:
        self.controller, self.collection, self.folder = controller, collection, folder
        self.cluster_token = secrets.token_hex(20)

    def play(self, *arguments: str, **variables: Any) -> Played:
        path = self.folder / "variables.yml"
        path.write_text(yaml.safe_dump(variables))
        env = {
            "CONTROLLER_HOST": self.controller.url,
            "CONTROLLER_OAUTH_TOKEN": self.controller.token,
            # A busy machine took longer than the 10 seconds that awx.awx gives a request.
            "CONTROLLER_REQUEST_TIMEOUT": "120",
            "K8S_AUTH_API_KEY": self.cluster_token,
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/.collections:{self.collection}",
        }
        played = run_playbook("-i", ROOT / "inventories/existing", "playbooks/awx.yml", "-vvv", "-e", f"@{path}", *arguments, env=env)
        for secret in (self.controller.token, self.cluster_token):
            assert secret not in played.output
        return played


@pytest.fixture
def admin(controller: Controller, awx_collection: Path, tmp_path: Path) -> Admin:
    return Admin(controller, awx_collection, tmp_path)


def test_everything_is_made_once_and_removed_once(admin: Admin) -> None:
    controller = admin.controller
    looked = admin.play("--check", **CLUSTER)
    assert looked.returncode == 0, looked.output
    assert looked.recap["changed"] > 0
    assert "could not be looked at, and would be made" in looked.words
    assert controller.written == []

    made = admin.play(**CLUSTER)
    assert made.returncode == 0, made.output
    assert made.recap["changed"] > 0
    assert sorted(item["name"] for item in controller.kept["job_templates"].values()) == TEMPLATES
    install = controller.named("job_templates", "Kubeflow install")
    project = controller.named("projects", "Kubeflow collection")
    assert (install["playbook"], install["job_type"], install["project"]) == ("playbooks/site.yml", "run", project["id"])
    assert install["execution_environment"] == project["default_environment"] != None  # noqa: E711
    check = controller.named("job_templates", "Kubeflow check")
    assert (check["job_type"], check["diff_mode"], check["survey_enabled"]) == ("check", True, True)
    # What has no survey could be told nothing else: AWX ignores variables that a launch does not ask for.
    for template in TEMPLATES:
        made_so = controller.named("job_templates", template)
        asked = {made_so["ask_variables_on_launch"], made_so["ask_job_type_on_launch"]}
        assert asked == {template in ("Kubeflow diagnose", "Kubeflow uninstall")} == {not made_so["survey_enabled"]}, template
        assert controller.associated("job_templates", template, "credentials") == ["Kubeflow cluster mycluster"]
    credential = controller.named("credentials", "Kubeflow cluster mycluster")
    assert credential["inputs"] == {"host": CLUSTER["awx_cluster_host"], "bearer_token": admin.cluster_token, "verify_ssl": False}
    assert controller.associated("groups", "kubeflow", "hosts") == ["mycluster"]
    injectors = controller.named("credential_types", "Kubeconfig")["injectors"]
    assert injectors["file"] == {"template": "{{ kubeconfig }}"}
    assert injectors["env"] == {"K8S_AUTH_KUBECONFIG": "{{ tower.filename }}", "K8S_AUTH_CONTEXT": "{{ context }}"}
    nodes = "workflow_job_template_nodes"
    assert controller.associated(nodes, "check", "success_nodes") == ["approve"]
    assert controller.associated(nodes, "approve", "success_nodes") == ["install"]
    approval = controller.kept["workflow_approval_templates"][controller.named(nodes, "approve")["unified_job_template"]]
    assert approval["timeout"] == 86400
    schedule = controller.named("schedules", "Kubeflow drift")
    assert (schedule["enabled"], schedule["unified_job_template"]) == (False, check["id"])
    for collection, name in (("job_templates", "Kubeflow install"), ("workflow_job_templates", "Kubeflow check, approve, install")):
        assert answered(controller.named(collection, name)["survey_spec"], {})["kubeflow_release"] == DEFAULT_RELEASE

    controller.written.clear()
    for arguments in ((), ("--check",)):
        again = admin.play(*arguments, **CLUSTER)
        assert again.returncode == 0, again.output
        assert again.recap["changed"] == 0, controller.written
    assert controller.written == []

    changed = admin.play("--check", **{**CLUSTER, "awx_job_timeout": 600})
    assert changed.returncode == 0, changed.output
    assert changed.recap["changed"] == 1
    assert controller.written == []

    gone = admin.play("--check", awx_state="absent")
    assert gone.returncode == 0, gone.output
    assert gone.recap["changed"] > 0
    assert controller.written == []
    assert admin.play(awx_state="absent").returncode == 0
    left = {name: len(kept) for name, kept in controller.kept.items() if kept and name != "workflow_approval_templates"}
    assert left == {"organizations": 1, "credential_types": 1}
    controller.written.clear()
    again = admin.play(awx_state="absent")
    assert (again.returncode, again.recap["changed"], controller.written) == (0, 0, []), again.output


def test_many_clusters_by_a_kubeconfig_and_hosts_that_others_have_put_there_stay(admin: Admin) -> None:
    controller, text = admin.controller, f"apiVersion: v1\nkind: Config\nusers: [{{name: u, user: {{token: {admin.cluster_token}}}}}]\n"
    clusters = {
        "awx_kubeconfig": text,
        "awx_clusters": [{"name": "east", "context": "admin@east"}, {"name": "west", "context": "admin@west"}],
    }
    assert admin.play(**clusters).returncode == 0
    assert controller.named("hosts", "west")["variables"] == '{"kubeflow_context": "admin@west"}'
    assert controller.named("credentials", "Kubeflow clusters")["inputs"] == {"kubeconfig": text}
    inventory = controller.named("inventories", "Kubeflow clusters")["id"]
    other = controller._add("hosts", {"name": "north", "inventory": inventory})
    controller.associations[("groups", controller.named("groups", "kubeflow")["id"], "hosts")].append(other["id"])
    again = admin.play(**clusters)
    assert again.recap["changed"] == 0, again.output
    assert set(controller.associated("groups", "kubeflow", "hosts")) == {"east", "west", "north"}
    # A secret that is not told is written when that is asked for.
    renewed = admin.play(awx_update_secrets=True, **{**clusters, "awx_kubeconfig": f"{text}# new\n"})
    assert renewed.returncode == 0, renewed.output
    assert controller.named("credentials", "Kubeflow clusters")["inputs"]["kubeconfig"].endswith("# new\n")


def test_what_is_missing_is_said_before_anything_is_asked(admin: Admin) -> None:
    played = admin.play()
    assert played.returncode == 2
    assert "No cluster is named. Set awx_cluster_host and awx_cluster_token" in played.words
    admin.collection = Path("/nonexistent")
    played = admin.play(**CLUSTER)
    assert played.returncode == 2
    assert "The collection awx.awx is not there. Get it by" in played.words
    assert admin.controller.written == []


def test_a_wrong_token_is_refused_and_not_shown(admin: Admin) -> None:
    right, admin.controller.token = admin.controller.token, secrets.token_hex(20)
    told, admin.controller.token = admin.controller.token, right
    played = run_playbook(
        *("-i", ROOT / "inventories/existing", "playbooks/awx.yml", "-vvv", "-e", "awx_cluster_host=https://203.0.113.7:6443"),
        env={
            "CONTROLLER_HOST": admin.controller.url,
            "CONTROLLER_OAUTH_TOKEN": told,
            "K8S_AUTH_API_KEY": admin.cluster_token,
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT}/.collections:{admin.collection}",
        },
    )
    assert played.returncode == 2
    assert "Invalid authentication credentials" in played.words
    assert told not in played.output


@pytest.fixture(scope="module")
def survey() -> dict[str, Any]:
    """As the role makes it."""
    from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.survey import survey as made

    options = yaml.safe_load((ROOT / "roles/kubeflow/meta/argument_specs.yml").read_text())["argument_specs"]["release"]["options"]
    return made({name: list(release["parts"]) for name, release in RELEASES.items()}, options)


def test_the_survey_is_one_by_awxs_rules_and_asks_for_nothing(survey: dict[str, Any]) -> None:
    check_survey(survey)
    questions = {question["variable"]: question for question in survey["spec"]}
    assert not any(question["required"] for question in questions.values())
    assert questions["kubeflow_release"]["choices"] == list(RELEASES)
    assert questions["kubeflow_parts"]["type"] == "multiselect"
    assert "default" not in questions["kubeflow_parts"]
    assert questions["kubeflow_settings"]["type"] == "textarea"
    assert set(questions["kubeflow_parts"]["choices"]) == {part for release in RELEASES.values() for part in release["parts"]}


def test_unanswered_and_answered_its_variables_are_settings(survey: dict[str, Any]) -> None:
    options = yaml.safe_load((ROOT / "roles/kubeflow/meta/argument_specs.yml").read_text())["argument_specs"]["release"]["options"]
    unanswered = answered(survey, {})
    assert coerce(unanswered, {name: options[name] for name in unanswered}) == {name: options[name]["default"] for name in unanswered}
    answers = {"kubeflow_release": "v1.4.0", "kubeflow_parts": ["katib"], "kubeflow_force_conflicts": "true", "kubeflow_settings": "a: 1"}
    given = answered(survey, answers)
    assert coerce(given, {name: options[name] for name in given})["kubeflow_force_conflicts"] is True
    for wrong in ({"kubeflow_release": 26.03}, {"kubeflow_release": "27.01"}, {"kubeflow_parts": "katib"}, {"kubeflow_timeout": "900"}):
        with pytest.raises(RefusedError):
            answered(survey, wrong)
