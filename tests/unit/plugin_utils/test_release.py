# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first phase: what is said of settings, by who set them and of which part they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.release import choose, release_name
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.roles import SHARED, Roles
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.settings import Variables, unknown_settings
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.values import SettingsError

ROLES = Roles(Path(__file__).parents[3] / "roles")
PHASES = ["release", "render", "preflight", "apply", "ready", "report"]
# As the import of all parts' roles has them: the defaults of every one.
DEFAULTS = {name: option.get("default") for role in ROLES.names() for name, option in ROLES.options(role).items()}


def template(_name: str, value: Any, before: Mapping[str, Any]) -> Any:
    """What Ansible does with the only templates in defaults and in these tests."""
    return before.get("dex_issuer", "") if isinstance(value, str) and "{{" in value else value


def run(*, run_tags: tuple[str, ...] = ("all",), of_host: tuple[str, ...] = (), **given: Any) -> dict[str, Any]:
    variables = Variables({**DEFAULTS, **given}, set(of_host), template)
    return choose(ROLES, variables, DEFAULTS, run_tags=run_tags, skip_tags=[], phases=PHASES)


def refusal(**given: Any) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        run(**given)
    return refused.value.lines


def test_by_default_everything_is_chosen_and_nothing_more_is_said() -> None:
    chosen = run()
    assert chosen["lines"] == ["Kubeflow 26.03: 24 parts asked for"]
    assert chosen["settings"]["kubeflow_timeout"] == 1800
    assert chosen["settings"].keys() == ROLES.options(SHARED).keys()


def test_parts_come_as_a_list_or_as_text() -> None:
    for parts in (["katib", "dex"], "katib,dex", "katib\ndex\n", '["katib", "dex"]', "- katib\n- dex"):
        assert run(kubeflow_parts=parts)["selection"]["requested"] == ["dex", "katib"]
    assert len(run(kubeflow_parts="")["selection"]["requested"]) == 24


@pytest.mark.parametrize("given", ["26.03", " 26.03\n", 26.03])
def test_a_release_is_named_by_text_or_by_a_number_that_is_exactly_one(given: Any) -> None:
    assert run(kubeflow_release=given)["release"]["release"] == "26.03"


@pytest.mark.parametrize(
    ("given", "known", "name"),
    [(26.1, ["26.10", "26.03"], "26.10"), (26.1, ["26.10", "26.1"], None), (26, ["26.03"], None), (True, ["1"], None), (1, ["1.0"], "1.0")],
)
def test_a_number_is_a_release_where_it_can_be_no_other(given: Any, known: list[str], name: str | None) -> None:
    if name:
        assert release_name(given, known) == name
    else:
        with pytest.raises(SettingsError):
            release_name(given, known)


def test_a_release_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    assert refusal(kubeflow_release="v1.10.2") == ["'v1.10.2' is not a release of Kubeflow that can be installed; there are 26.03, v1.4.0"]
    assert refusal(kubeflow_release=26.1) == [
        'kubeflow_release is the number 26.1: write it in quotes (kubeflow_release: "26.03"), since YAML reads 26.10 as the number 26.1; '
        "there are 26.03, v1.4.0"
    ]


def test_everything_that_is_wrong_is_said_in_one_go() -> None:
    assert refusal(kubeflow_release="v9", kubeflow_timeout="soon", kubeflow_labels={"team": 7}, dex_conectors=[]) == [
        "'dex_conectors' is not a setting; did you mean 'dex_connectors'?",
        "'v9' is not a release of Kubeflow that can be installed; there are 26.03, v1.4.0",
        "kubeflow_labels.team is the number 7, and text is meant: write it in quotes",
        "kubeflow_timeout is 'soon', and a whole number is meant",
    ]


def test_settings_of_a_part_that_is_not_chosen_are_said_to_have_no_effect() -> None:
    lines = run(kubeflow_parts=["katib"], dex_connectors=[{"type": "oidc"}], istio_access_log=False)["lines"]
    assert "dex_connectors is set, and dex is not chosen: no effect" in lines
    assert not any("istio_access_log" in line for line in lines), "istio is needed by katib, and chosen"


def test_several_settings_of_one_part_are_one_line() -> None:
    lines = run(kubeflow_parts=["katib"], dex_connectors=[{}], dex_id_token_lifetime="1h")["lines"]
    assert "dex_connectors, dex_id_token_lifetime are set, and dex is not chosen: no effect" in lines


def test_a_setting_of_another_releases_part_says_which_release() -> None:
    lines = run(kubeflow_release="v1.4.0", oauth2_proxy_scopes=["openid"])["lines"]
    assert "oauth2_proxy_scopes is set, and release v1.4.0 has no oauth2_proxy (26.03 has): no effect" in lines


def test_a_setting_of_a_provided_part_has_no_effect() -> None:
    lines = run(kubeflow_provided_parts="istio", istio_access_log=True)["lines"]
    assert "istio_access_log is set, and istio is taken as it is on the cluster: no effect" in lines


def test_what_nobody_set_is_not_said() -> None:
    """All roles' defaults are variables too, and one role's name begins with another's."""
    lines = run(
        kubeflow_parts=["kubeflow_roles"], dex_connectors="", istio_access_log=None, oauth2_proxy_issuer="{{ dex_issuer |\n default('') }}"
    )["lines"]
    assert lines == ["Kubeflow 26.03: 1 part asked for (kubeflow_roles)"]


def test_variables_that_nobody_knows_are_said_for_chosen_parts_only() -> None:
    lines = run(kubeflow_parts=["kubeflow_roles"], kubeflow_something_else=1, profiles_of_mine=2)["lines"]
    assert lines[1:] == ["Variables that are no settings, whatever they begin with: kubeflow_something_else"]


def test_a_name_that_begins_like_two_roles_belongs_to_the_longer() -> None:
    specs = {"kserve": ["kserve_s3"], "kserve_web": ["kserve_web_cookies"]}
    assert unknown_settings(["kserve_web_cookies", "kserve_s3"], specs) == {"misspelt": []}
    assert unknown_settings(["kserve_web_cokies", "kserve_x"], specs) == {
        "misspelt": ["'kserve_web_cokies' is not a setting; did you mean 'kserve_web_cookies'?"],
        "kserve": ["kserve_x"],
    }


BUNDLES = [{"kubeflow_labels": {"team": "ml"}, "katib_database_host": "db"}, "kubeflow_labels: {team: ml}\nkatib_database_host: db\n"]


@pytest.mark.parametrize("bundle", BUNDLES)
def test_one_variable_carries_settings_of_any_part(bundle: Any) -> None:
    settings = run(kubeflow_settings=bundle)["settings"]
    assert settings["kubeflow_labels"] == {"team": "ml"}
    assert settings["kubeflow_settings"]["katib_database_host"] == "db"


def test_a_variable_of_its_own_name_goes_before_and_that_is_said() -> None:
    chosen = run(kubeflow_settings={"kubeflow_labels": {"team": "ml"}, "katib_database_host": "db"}, kubeflow_labels={"team": "me"})
    assert chosen["settings"]["kubeflow_labels"] == {"team": "me"}
    assert chosen["settings"]["kubeflow_settings"] == {"katib_database_host": "db"}
    assert "kubeflow_labels is set by a variable of its own, and in kubeflow_settings: the variable counts" in chosen["lines"]


def test_so_does_one_that_the_inventory_sets_to_the_default() -> None:
    bundle = {"kubeflow_network_policies": False}
    assert run(kubeflow_settings=bundle)["settings"]["kubeflow_network_policies"] is False
    chosen = run(kubeflow_settings=bundle, kubeflow_network_policies=True, of_host=("kubeflow_network_policies",))
    assert chosen["settings"]["kubeflow_network_policies"] is True


def test_but_not_one_that_is_empty() -> None:
    chosen = run(kubeflow_settings={"kubeflow_context": "mine"}, kubeflow_context="", of_host=("kubeflow_context",))
    assert chosen["settings"]["kubeflow_context"] == "mine"


@pytest.mark.parametrize(
    ("bundle", "line"),
    [
        ({"kubeflow_volums": []}, "'kubeflow_volums' in kubeflow_settings is not a setting; did you mean 'kubeflow_volumes'?"),
        ({"zzz": 1}, "'zzz' in kubeflow_settings is not a setting"),
        ({"kubeflow_settings": {"a": 1}}, "kubeflow_settings cannot hold itself"),
        ("just words", "kubeflow_settings is text that holds no mapping: a mapping is meant"),
        ({"kubeflow_timeout": "soon"}, "kubeflow_timeout is 'soon', and a whole number is meant"),
    ],
)
def test_what_it_carries_is_checked_like_the_others(bundle: Any, line: str) -> None:
    assert refusal(kubeflow_settings=bundle) == [line]


def test_what_it_sets_of_a_part_that_is_not_chosen_has_no_effect() -> None:
    lines = run(kubeflow_settings={"dex_connectors": []}, kubeflow_parts=["kubeflow_roles"])["lines"]
    assert "dex_connectors is set, and dex is not chosen: no effect" in lines


def test_empty_text_and_null_mean_not_given_for_every_setting() -> None:
    plain = run()["settings"]
    for nothing in ("", None, " \n"):
        emptied = run(**dict.fromkeys(ROLES.options(SHARED), nothing), of_host=tuple(ROLES.options(SHARED)))
        assert emptied["settings"] == plain
        assert emptied["lines"] == ["Kubeflow 26.03: 24 parts asked for"]


@pytest.mark.parametrize(
    "rules",
    [
        [{"kind": "Backup", "ready": "status.phase = 'x'"}],
        '[{"kind": "Backup", "ready": "status.phase = \'x\'"}]',
        "- kind: Backup\n  ready: status.phase = 'x'",
    ],
)
def test_a_rule_of_readiness_that_is_none_is_refused_with_the_rest(rules: Any) -> None:
    lines = refusal(kubeflow_ready_rules=rules, kubeflow_release="x")
    assert any(line.startswith("kubeflow_ready_rules[0].ready (of Backup): it is not JMESPath at character 14") for line in lines)
    assert any("is not a release of Kubeflow" in line for line in lines)


def test_rules_of_readiness_come_as_data_or_as_text() -> None:
    rules = [{"kind": "Backup", "ready": "status.phase == 'Done'"}]
    for given in (rules, "- {kind: Backup, ready: status.phase == 'Done'}"):
        assert run(kubeflow_ready_rules=given)["settings"]["kubeflow_ready_rules"] == rules
    (line,) = refusal(kubeflow_ready_rules=[{"kind": "Backup"}])
    assert "ready" in line and "kubeflow_ready_rules" in line
