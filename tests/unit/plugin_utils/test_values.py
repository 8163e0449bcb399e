# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of settings: whatever form they come in, they are what their option says, or are refused in one line."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.roles import Roles
from ansible_collections.mlplatform.kubeflow.plugins.plugin_utils.values import SettingsError, coerce, is_given, structure

ROLES = Roles(Path(__file__).parents[3] / "roles")
OPTIONS = {name: option for role in ROLES.names() for name, option in ROLES.options(role).items()}


def read(option: dict[str, Any], value: Any, name: str = "x") -> Any:
    return coerce({name: value}, {name: option}).get(name)


def refusal(name: str, value: Any) -> str:
    with pytest.raises(SettingsError) as refused:
        coerce({name: value}, OPTIONS)
    (line,) = refused.value.lines
    assert "\n" not in line
    return line


class Marked(str):
    """As Ansible has text: with where it came from."""


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("notebook_controller_culling", "yes", True),
        ("notebook_controller_culling", "on", True),
        ("notebook_controller_culling", "1", True),
        ("notebook_controller_culling", 1, True),
        ("notebook_controller_culling", " No ", False),
        ("kubeflow_timeout", "900", 900),
        ("kubeflow_timeout", 900.0, 900),
        ("oauth2_proxy_scopes", "openid,email", ["openid", "email"]),
        ("oauth2_proxy_scopes", "openid\nemail, profile\n", ["openid", "email", "profile"]),
        ("oauth2_proxy_scopes", '["openid", "email"]', ["openid", "email"]),
        ("oauth2_proxy_scopes", "- openid\n- email\n", ["openid", "email"]),
        ("kubeflow_labels", "team: ml", {"team": "ml"}),
        ("kubeflow_labels", '{"team": "ml"}', {"team": "ml"}),
        ("kubeflow_labels", "team=ml,env=prod", {"team": "ml", "env": "prod"}),
        ("kubeflow_workloads", "- node_selector: {pool: ml}\n", [{"node_selector": {"pool": "ml"}}]),
        ("kubeflow_workloads", '[{"name": "katib", "replicas": "2"}]', [{"name": "katib", "replicas": 2}]),
        ("jupyter_web_app_cpu", '{"value": "0.5", "read_only": "yes"}', {"value": "0.5", "read_only": True}),
        ("jupyter_web_app_gpus", {"num": 1}, {"num": "1"}),
        ("istio_proxy_log_level", False, "off"),
        ("kubeflow_resources", 0.5, 0.5),
        ("kubeflow_workloads", [{"resources": {"requests": {"cpu": 1}}}], [{"resources": {"requests": {"cpu": 1}}}]),
        ("istio_gateway_node_ports", {80: 31380}, {80: 31380}),
        ("dex_connectors", "", None),
        ("kubeflow_mirror", None, None),
        ("kubeflow_timeout", " ", None),
        ("pipelines_object_store", {"host": "s3", "port": "", "region": ""}, {"host": "s3", "region": ""}),
    ],
)
def test_a_value_is_what_its_option_says(name: str, value: Any, meant: Any) -> None:
    assert coerce({name: value}, OPTIONS).get(name) == meant


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("kubeflow_labels", {"team": 7}, "kubeflow_labels.team is the number 7, and text is meant: write it in quotes"),
        ("kubeflow_labels", "team: 7", "kubeflow_labels.team is the number 7, and text is meant: write it in quotes"),
        ("kubeflow_labels", {"team": None}, "kubeflow_labels.team is empty, and text is meant"),
        ("katib_suggestions", Marked("enas"), "katib_suggestions is text that holds no list: a list is meant"),
        ("kubeflow_labels", {True: "x"}, "a key of kubeflow_labels is true, and text is meant: write it in quotes"),
        ("kubeflow_labels", "just words", "kubeflow_labels is text that holds no mapping: a mapping is meant"),
        ("kubeflow_labels", "{a: [", "kubeflow_labels is text that is neither YAML nor JSON (line 2, column 1): a mapping is meant"),
        ("kubeflow_labels", ["team"], "kubeflow_labels is a list, and a mapping is meant"),
        (
            "kubeflow_workloads",
            [{"node_selector": {"gpu": True}}],
            "kubeflow_workloads[0].node_selector.gpu is true, and text is meant: write it in quotes",
        ),
        (
            "kubeflow_workloads",
            [{"tolerations": [{"key": "gpu", "value": True}]}],
            "kubeflow_workloads[0].tolerations[0].value is true, and text is meant: write it in quotes",
        ),
        ("kubeflow_workloads", [{"nmae": "x"}], "kubeflow_workloads[0].nmae is not an option; did you mean 'name'?"),
        ("kubeflow_workloads", {"name": "x"}, "kubeflow_workloads is a mapping, and a list is meant"),
        ("kubeflow_workloads", "name: x", "kubeflow_workloads is text that holds a mapping: a list is meant"),
        ("kubeflow_workloads", [{"replicas": True}], "kubeflow_workloads[0].replicas is true, and a whole number is meant"),
        ("kubeflow_timeout", "soon", "kubeflow_timeout is 'soon', and a whole number is meant"),
        ("kubeflow_timeout", "Infinity", "kubeflow_timeout is 'Infinity', and a whole number is meant"),
        ("kubeflow_timeout", 1.5, "kubeflow_timeout is the number 1.5, and a whole number is meant"),
        ("kubeflow_timeout", [1], "kubeflow_timeout is a list, and a whole number is meant"),
        ("notebook_controller_culling", "maybe", "notebook_controller_culling is 'maybe', and true or false is meant"),
        ("notebook_controller_culling", 2, "notebook_controller_culling is the number 2, and true or false is meant"),
        ("katib_database_secret", 7, "katib_database_secret is the number 7, and text is meant: write it in quotes"),
        ("katib_database_secret", {"a": 1}, "katib_database_secret is a mapping, and text is meant"),
        ("katib_database_secret", "a\x00b", "katib_database_secret holds a control character, or half a character"),
        ("katib_database_secret", "\ud83d", "katib_database_secret holds a control character, or half a character"),
        (
            "dex_id_token_lifetime",
            datetime.date(2026, 1, 1),
            "dex_id_token_lifetime is the date 2026-01-01, and text is meant: write it in quotes",
        ),
        ("oauth2_proxy_scopes", [7], "oauth2_proxy_scopes[0] is the number 7, and text is meant: write it in quotes"),
        ("oauth2_proxy_scopes", ["openid", None], "oauth2_proxy_scopes[1] is empty, and text is meant"),
        ("oauth2_proxy_scopes", True, "oauth2_proxy_scopes is true, and a list is meant"),
        ("kubeflow_work_directory", 7, "kubeflow_work_directory is the number 7, and text is meant: write it in quotes"),
        (
            "istio_gateway_service_type",
            "NodeProt",
            "value of istio_gateway_service_type must be one of: , ClusterIP, NodePort, LoadBalancer",
        ),
        ("jupyter_web_app_gpus", {"num": 3}, "jupyter_web_app_gpus.num is the number 3, and text is meant: write it in quotes"),
        ("dex_users", [{"email": "a@b"}], "missing required arguments: hash found in dex_users"),
        ("kubeflow_labels", {"a\nb": 7}, "kubeflow_labels.a b is the number 7, and text is meant: write it in quotes"),
        (
            "volumes_web_app_viewer_resources",
            {"limits": {"memory": True}},
            "volumes_web_app_viewer_resources.limits.memory is true, and text is",
        ),
    ],
)
def test_what_is_not_meant_is_refused_by_name_in_one_line(name: str, value: Any, words: str) -> None:
    assert words in refusal(name, value)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        coerce({"kubeflow_timeout": "soon", "kubeflow_labels": {"a": 1, "b": 2}}, OPTIONS)
    assert len(refused.value.lines) == 3


def test_text_that_cannot_be_read_is_not_shown() -> None:
    assert "hunter2" not in refusal("dex_connectors", "[{config: {clientSecret: hunter2}")


# Options as argument specs have them, and values that they are of.
NAMES = st.sampled_from(["a", "b", "c_labels", "node_selector", "requests"])
PLAIN = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\x85")
TEXTS = st.text(PLAIN, max_size=8) | st.sampled_from(
    ["007", "1e3", "yes", "null", "{{ x }}", "a: b", "#", "[", "- ", "~", "2026-01-01", "=", "'"]
)
WORDS = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SCALARS = [
    ({"type": "str"}, TEXTS),
    ({"type": "bool"}, st.booleans()),
    ({"type": "int"}, st.integers(-(10**12), 10**12)),
    ({"type": "float"}, st.floats(allow_nan=False, allow_infinity=False)),
]


@st.composite
def options_and_values(draw: st.DrawFn, depth: int = 2) -> tuple[dict[str, Any], Any]:
    """An option of any type, and a value of it as data."""
    kinds = ["scalar", "words", "texts", "free", *(["list", "dict"] if depth else [])]
    kind = draw(st.sampled_from(kinds))
    if kind == "scalar":
        option, values = draw(st.sampled_from(SCALARS))
        return option, draw(values)
    if kind == "words":
        return {"type": "list", "elements": "str"}, draw(st.lists(WORDS, max_size=4))
    if kind == "texts":
        return {"type": "list", "elements": "str"}, draw(st.lists(TEXTS, max_size=4))
    if kind == "free":
        return {"type": "dict"}, draw(st.dictionaries(TEXTS, ANYTHING, max_size=3))
    options, values = {}, {}
    for name in draw(st.lists(NAMES, unique=True, max_size=3)):
        options[name], values[name] = draw(options_and_values(depth=depth - 1))
        if options[name]["type"] == "dict" and "options" not in options[name] and name != "a" and name != "b":
            values[name] = draw(st.dictionaries(TEXTS, TEXTS, max_size=3))
    if kind == "dict":
        return {"type": "dict", "options": options}, values
    return {"type": "list", "elements": "dict", "options": options}, [values] * draw(st.integers(0, 2))


def forms(option: dict[str, Any], value: Any) -> list[str]:
    """The texts that mean a value."""
    kind = option["type"]
    if kind == "str":
        return []
    if kind == "bool":
        words = ["yes", "on", "1", "true", "True", "y"] if value else ["no", "off", "0", "false", "False", "n"]
        return [*words, f" {words[0]} "]
    if kind in ("int", "float"):
        return [str(value), f" {value}\n"]
    texts = [json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1), yaml.safe_dump(value)]
    # PyYAML itself does not read back a next-line character that it wrote as it is.
    texts += [text for text in [yaml.safe_dump(value, allow_unicode=True)] if yaml.safe_load(text) == value]
    if kind == "list" and option["elements"] == "str" and value and all(word.isalnum() for word in value):
        texts += ["\n".join(value), ",".join(value), ", ".join(value), "\n".join(value) + "\n", "\r\n".join(value)]
    if kind == "dict" and value and all(isinstance(word, str) and word.isalnum() for pair in value.items() for word in pair):
        texts += [",".join(f"{name}={word}" for name, word in value.items())] if "options" not in option else []
    return texts


@given(options_and_values())
def test_any_text_of_a_value_means_the_same_as_the_value(drawn: tuple[dict[str, Any], Any]) -> None:
    option, value = drawn
    assume(is_given(value))
    meant = read(option, value)
    for text in forms(option, value):
        found = read(option, Marked(text))
        assert found == meant, text
        assert type(found) is type(meant)


@given(options_and_values())
def test_what_was_read_once_is_read_the_same_again(drawn: tuple[dict[str, Any], Any]) -> None:
    option, value = drawn
    once = read(option, value)
    assert not is_given(once) or read(option, once) == once


@given(st.sampled_from(sorted(OPTIONS)), ANYTHING | st.text())
def test_whatever_is_given_is_taken_or_refused_by_name_in_lines(name: str, value: Any) -> None:
    try:
        coerce({name: value}, OPTIONS)
    except SettingsError as error:
        assert error.lines
        for line in error.lines:
            assert name in line
            assert "\n" not in line
            assert len(line) < 1000


def test_a_text_of_json_is_json() -> None:
    assert structure('{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


def test_which_mappings_hold_texts_and_which_hold_anything() -> None:
    """A new one shows up here: its values are text by its name, or it belongs among those that may hold anything."""

    def free(name: str, option: dict[str, Any]) -> list[str]:
        if "options" in option:
            return [path for inner, sub in option["options"].items() for path in free(f"{name}.{inner}", sub)]
        return [name] if "dict" in (option["type"], option.get("elements")) else []

    found = [path for name, option in OPTIONS.items() for path in free(name, option)]
    texts = {path for path in found if path.endswith(("labels", "annotations", "selector", "_env", "_registries", "_images"))}
    quantities = {path for path in found if path.endswith((".requests", ".limits"))}
    assert set(found) - texts - quantities == {
        "dex_connectors.config",
        "istio_gateway_node_ports",
        "jupyter_web_app_affinity.options.affinity",
        "jupyter_web_app_form",
        "jupyter_web_app_tolerations.options.tolerations",
        "kubeflow_settings",
        "user_namespace_resource_quota",
    }
    for path in texts:
        assert OPTIONS[path.partition(".")[0]], path
