# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One source names a cluster, whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.cluster_source import VARIABLES, ConnectionOptionsError, choose
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import connection_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import NAMING_SPEC

OPTIONS = sorted(set(VARIABLES) - {"validate_certs"})
some_options = st.sets(st.sampled_from(OPTIONS))


def by_option(names: set[str]) -> dict[str, Any]:
    """As Ansible gives options: all of them, None for what is not there."""
    return {name: f"/option/{name}" if name in names else None for name in VARIABLES}


def by_variable(names: set[str]) -> dict[str, str]:
    return {VARIABLES[name]: f"/variable/{name}" for name in names}


@given(some_options, some_options)
def test_all_that_a_cluster_is_named_by_comes_from_one_source(options: set[str], variables: set[str]) -> None:
    try:
        source = choose(by_option(options), by_variable(variables))
    except ConnectionOptionsError:
        return
    origins = {str(value).split("/")[1] for value in source.values.values()}
    assert origins == {"option" if source.kind == "options" else "variable"}
    # All of it, and what is not of it is said.
    assert set(source.values) == (options if source.kind == "options" else variables)
    assert set(source.ignored) == ({VARIABLES[name] for name in variables} if source.kind == "options" else set())
    assert bool(source.warning) == bool(source.ignored)
    assert all(name in source.warning for name in source.ignored)


@given(some_options, some_options)
def test_the_environment_changes_nothing_about_options_that_name_a_cluster(options: set[str], variables: set[str]) -> None:
    def outcome(environment: dict[str, str]) -> Any:
        try:
            return choose(by_option(options), environment).values
        except ConnectionOptionsError as error:
            return str(error)

    if {"kubeconfig", "host"} & options:
        assert outcome(by_variable(variables)) == outcome({})


@given(some_options, some_options)
def test_options_beside_an_environment_that_names_a_cluster_are_refused(options: set[str], variables: set[str]) -> None:
    options -= {"kubeconfig", "host"}
    if not options or not {"kubeconfig", "host"} & variables:
        return
    with pytest.raises(ConnectionOptionsError, match="never mix"):
        choose(by_option(options), by_variable(variables))


@pytest.mark.parametrize(
    ("given_names", "words"),
    [
        ({"kubeconfig", "host"}, "kubeconfig and host are both set, and each names a cluster"),
        ({"host", "context"}, "context is set, and kubeconfig is not"),
        ({"host", "username"}, "username is set without password"),
        ({"host", "password"}, "password is set without username"),
        ({"host", "client_key"}, "client_key is set without client_cert"),
        ({"host", "api_key", "username", "password"}, "api_key and username are both set"),
    ],
)
def test_a_source_that_contradicts_itself_is_refused_by_the_names_that_were_used(given_names: set[str], words: str) -> None:
    with pytest.raises(ConnectionOptionsError) as by_options:
        choose(by_option(given_names), {})
    assert words in str(by_options.value)
    with pytest.raises(ConnectionOptionsError) as by_variables:
        choose({}, by_variable(given_names))
    for name in given_names:
        words = words.replace(f"{name} ", f"{VARIABLES[name]} ")
    assert words.split(" is ")[0] in str(by_variables.value)
    assert "/option/" not in str(by_options.value) and "/variable/" not in str(by_variables.value)


@pytest.mark.parametrize("empty", ["", None])
def test_what_is_empty_is_not_given(empty: Any) -> None:
    """AWX sets variables of fields that were left empty, and roles give empty options."""
    source = choose({"kubeconfig": empty, "context": empty}, {"K8S_AUTH_HOST": "https://host", "K8S_AUTH_CONTEXT": ""})
    assert (source.kind, source.values) == ("environment", {"host": "https://host"})


@pytest.mark.parametrize(
    ("options", "environment", "words"),
    [
        ({}, {}, "No cluster is named."),
        ({"context": "c"}, {}, "(context is set, which is not enough.)"),
        ({"api_key": "k"}, {"K8S_AUTH_VERIFY_SSL": "no"}, "(api_key and K8S_AUTH_VERIFY_SSL are set, which is not enough.)"),
        ({}, {"KUBECONFIG": "/a", "HOME": "/root"}, "KUBECONFIG and ~/.kube/config do not count"),
    ],
)
def test_no_cluster(options: dict[str, Any], environment: dict[str, str], words: str) -> None:
    with pytest.raises(ConnectionOptionsError) as raised:
        choose(options, environment)
    assert words in str(raised.value)


@pytest.mark.parametrize(("text", "value"), [("True", True), ("yes", True), ("1", True), ("False", False), ("no", False), (" off ", False)])
def test_whether_certificates_are_checked_is_read_as_ansible_reads_it(text: str, value: bool) -> None:
    assert choose({}, {"K8S_AUTH_HOST": "https://host", "K8S_AUTH_VERIFY_SSL": text}).get("validate_certs") is value


def test_a_word_that_is_no_boolean_is_refused() -> None:
    with pytest.raises(ConnectionOptionsError, match="K8S_AUTH_VERIFY_SSL is 'perhaps': it is true or false"):
        choose({}, {"K8S_AUTH_HOST": "https://host", "K8S_AUTH_VERIFY_SSL": "perhaps"})


def test_paths_of_the_environment_are_expanded_as_those_of_options_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("WHERE", "there")
    assert choose({}, {"K8S_AUTH_KUBECONFIG": "~/$WHERE/k"}).get("kubeconfig") == "/home/me/there/k"


def test_variables_that_nobody_reads_are_said() -> None:
    source = choose({}, {"K8S_AUTH_HOST": "https://host", "K8S_AUTH_IMPERSONATE_USER": "admin"})
    assert source.warning == "Set in the environment and ignored: K8S_AUTH_IMPERSONATE_USER (they mean nothing here)."


def test_a_variable_that_says_the_same_as_an_option_is_not_ignored() -> None:
    assert not choose({"kubeconfig": "/a"}, {"K8S_AUTH_KUBECONFIG": "/a"}).ignored


def test_no_option_is_filled_by_ansible_from_the_environment() -> None:
    spec = connection_spec()
    assert set(VARIABLES) | {"cluster", *NAMING_SPEC} == set(spec)
    assert not [name for name, option in spec.items() if name in VARIABLES and ("fallback" in option or "default" in option)]
