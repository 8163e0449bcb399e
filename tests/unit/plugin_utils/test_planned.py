# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the parts' templates make of settings: no text changes its meaning on the way into a change."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from setting_rows import changes_in, setting_rows

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.changes import render_changes
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.planned import plan_part
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.roles import SHARED, Roles
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.settings import settle
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.values import SettingsError

ROOT = Path(__file__).parents[3]
ROLES = Roles(ROOT / "roles")
RELEASES = {name: ROLES.release(name) for name in ROLES.releases()}
ROWS = setting_rows()
NASTY = [
    *("007", "1e3", "0x10", "12:30", "yes", "off", "null", "~", "2026-01-01", ".inf", "<<", "="),
    *(
        "{{ x }}",
        "{% raw %}",
        "a: b",
        "a, b",
        "#",
        "a #b",
        "$",
        "$(HOME)",
        "%",
        "&a",
        "*a",
        "!x",
        "|",
        ">",
        "- a",
        "? a",
        "[",
        "}",
        "@",
        "`",
    ),
    *('"', "'", "\\", "\\n", "a'b\"c", " a ", "a\tb", "a\nb", "é", "日本", "\U0001f600", "a\x85b", "a\u2028b", "\ufeff", "\ue0000\ue001"),
    "x" * 300,
]
CASES = [(name, part) for name, release in RELEASES.items() for part in release["parts"]]


def plan(release: str, part: str, **given: Any) -> list[dict[str, Any]]:
    options = ROLES.options(part)
    values = {name: option.get("default") for name, option in options.items()}
    # The only templated ones: they follow another part's setting.
    values |= {name: "" for name, value in values.items() if isinstance(value, str) and "{{" in value}
    changes: list[dict[str, Any]] = plan_part(ROLES, part, settle({**values, **given}, options), RELEASES[release])["changes"]
    return changes


def texts(value: Any) -> Iterator[str]:
    """All texts of a change: keys and values."""
    if isinstance(value, str):
        yield value
        if value.startswith("{"):
            # Knative has JSON as text.
            with contextlib.suppress(ValueError):
                yield from texts(json.loads(value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from texts(key)
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def places(value: Any, option: dict[str, Any], path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where text stands in a setting, by the example of its row and its spec."""
    if option["type"] == "str":
        yield path
    elif option["type"] == "list":
        inner = {"type": option["elements"], "options": option.get("options")}
        yield from places((value or [{}])[0], inner, (*path, 0))
    elif option["type"] == "dict" and option.get("options"):
        for name, sub in option["options"].items():
            yield from places((value or {}).get(name), sub, (*path, name))
    elif option["type"] == "dict" and isinstance(value, dict):
        yield from ((*path, name) for name, inner in value.items() if isinstance(inner, str))


def put(value: Any, path: tuple[Any, ...], text: str) -> Any:
    """The example with a text at a place, which may not be there yet."""
    if not path:
        return text
    value = copy.deepcopy(value) if value is not None else ([] if path[0] == 0 else {})
    if path[0] == 0 and not value:
        value.append(None)
    value[path[0]] = put(value[path[0]] if path[0] == 0 else value.get(path[0]), path[1:], text)
    return value


@pytest.mark.parametrize(("release", "part"), CASES)
def test_any_text_arrives_in_the_changes_as_it_is_or_is_refused_by_name(release: str, part: str) -> None:
    for name, option in ROLES.options(part).items():
        example = ROWS[name]["value"]
        for path in places(example, option):
            for nasty in NASTY:
                try:
                    changes = plan(release, part, **{name: put(example, path, nasty)})
                except SettingsError as error:
                    assert all(name in line for line in error.lines)
                    continue
                assert any(nasty in text for text in texts(changes)), (name, path, nasty, changes)


def test_texts_are_not_refused_but_where_only_some_are_meant() -> None:
    """The test above would pass if all were refused."""
    free = {
        ("katib", "katib_database_secret"),
        ("dex", "dex_env_from_secrets"),
        ("central_dashboard", "central_dashboard_extra_links"),
        ("pipelines", "pipelines_object_store_secret"),
        ("istio", "istio_gateway_annotations"),
        ("jupyter_web_app", "jupyter_web_app_cpu"),
    }
    for part, name in free:
        (path, *_more) = places(ROWS[name]["value"], ROLES.options(part)[name])
        for nasty in NASTY:
            assert plan("26.03", part, **{name: put(ROWS[name]["value"], path, nasty)})


@pytest.mark.parametrize(("release", "part"), CASES)
def test_a_row_says_in_which_releases_a_setting_has_something_to_change(release: str, part: str) -> None:
    """And who sets it elsewhere is told which release has it."""
    for name, _option in ROLES.options(part).items():
        row = ROWS[name]
        given = {name: row["value"], **({"oauth2_proxy_overlay": "m2m-dex-and-kind"} if name == "oauth2_proxy_token_issuer" else {})}
        having = [
            other for other, facts in RELEASES.items() if part in facts["parts"] and changes_in(row, facts["parts"][part]) is not None
        ]
        if release in having:
            assert plan(release, part, **given) or name == "oauth2_proxy_overlay"
            continue
        with pytest.raises(SettingsError) as refused:
            plan(release, part, **given)
        assert refused.value.lines == [f"{name}: release {release} has nothing that it could change; {', '.join(having)} has"]


def test_an_overlay_takes_the_place_of_the_parts_paths() -> None:
    options = ROLES.options("oauth2_proxy")
    settings = settle({"oauth2_proxy_overlay": "m2m-dex-and-eks"}, options)
    planned = plan_part(ROLES, "oauth2_proxy", settings, RELEASES["26.03"])
    assert planned == {"name": "oauth2_proxy", "paths": ["common/oauth2-proxy/overlays/m2m-dex-and-eks"], "changes": []}


@pytest.mark.parametrize(("release", "part"), [case for case in CASES if ROLES.options(case[1])])
def test_without_settings_a_part_is_as_upstream_has_it(release: str, part: str) -> None:
    options = ROLES.options(part)
    assert plan(release, part) == []
    # Its template is not asked then, and would say the same.
    assert render_changes(ROLES.template(part), settle({}, options), RELEASES[release]["parts"][part]) == []


@pytest.mark.parametrize(
    ("part", "given", "words"),
    [
        ("dex", {"dex_issuer": "https://kubeflow.example.com"}, "dex_issuer has to be an address that ends in /dex"),
        ("dex", {"dex_users": [{"email": "a@example.com", "hash": "12341234"}]}, "each hash of dex_users has to be a bcrypt hash"),
        (
            "dex",
            {"dex_users": ROWS["dex_users"]["value"], "dex_enable_password_db": False},
            "dex_users cannot log in without dex_enable_password_db",
        ),
        (
            "istio",
            {"istio_gateway_node_ports": {"http": 31380}},
            "istio_gateway_node_ports: a port of the Service and its node port are whole",
        ),
        ("pipelines", {"pipelines_object_store": {"bucket": "b"}}, "pipelines_object_store has to name its host"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(part: str, given: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        plan("v1.4.0", part, **given)
    assert words in str(refused.value)


@pytest.mark.parametrize("given", [{80: 31380}, {"80": "31380"}, '{"80": 31380}', "80: 31380"])
def test_node_ports_are_numbers_in_whatever_form_they_come(given: Any) -> None:
    (change,) = plan("26.03", "istio", istio_gateway_node_ports=given)
    assert change["merge"] == {"spec": {"ports": [{"port": 80, "protocol": "TCP", "nodePort": 31380}]}}


def test_nothing_but_a_part_has_a_template() -> None:
    assert {path.parents[1].name for path in ROLES.folder.glob("*/templates/changes.yml.j2")} <= set(ROLES.names()) - {SHARED}
