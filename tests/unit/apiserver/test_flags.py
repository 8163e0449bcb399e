# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Flags of kube-apiserver: how they are written, and which ones TokenRequest needs."""

from __future__ import annotations

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.errors import NodeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.flags import audiences, read_flags, values
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._apiserver.token_request import (
    DEFAULT_ISSUER,
    Wish,
    meaning,
    wanted_flags,
)

OLD, NEW = (1, 21), (1, 34)
KEYS = {"service-account-signing-key-file": ("/pki/sa.key",), "service-account-key-file": ("/pki/sa.pub",)}


def test_a_flag_is_read_in_one_word_and_in_two() -> None:
    words = [
        "kube-apiserver",
        "--secure-port",
        "6443",
        "--profiling",
        "--service-account-issuer",
        "a",
        "--service_account_key_file=b",
        "-v=2",
    ]
    assert [(flag.name, flag.value, flag.words) for flag in read_flags(words)] == [
        ("secure-port", "6443", (1, 2)),
        ("profiling", "", (3,)),
        ("service-account-issuer", "a", (4, 5)),
        ("service-account-key-file", "b", (6,)),
    ]


def test_what_comes_after_the_end_of_flags_is_none() -> None:
    assert read_flags(["kube-apiserver", "--", "--service-account-issuer=a"]) == []


def test_a_flag_of_ours_without_its_value_is_refused() -> None:
    with pytest.raises(NodeError, match="--service-account-issuer has no value"):
        values(["--service-account-issuer"], NEW)


@pytest.mark.parametrize(
    "words",
    [
        ["--service-account-signing-key-file=/a", "--service-account-signing-key-file=/b"],
        ["--service-account-signing-key-file=/a", "--service-account-signing-key-file", "/b"],
        ["--service-account-signing-key-file", "/a", "--service_account_signing_key_file=/a"],
    ],
)
def test_a_flag_with_one_value_that_is_given_twice_is_refused_in_any_form(words: list[str]) -> None:
    with pytest.raises(NodeError, match=r"--service-account-signing-key-file is given 2 times \(/a, /"):
        values(words, NEW)


def test_several_issuers_are_refused_before_kubernetes_takes_them() -> None:
    words = ["--service-account-issuer=a", "--service-account-issuer", "b"]
    assert values(words, (1, 22))["service-account-issuer"] == ("a", "b")
    with pytest.raises(NodeError, match="given 2 times"):
        values(words, OLD)


def test_audiences_are_the_issuers_unless_they_are_given() -> None:
    assert audiences({"service-account-issuer": ("a", "b")}) == ("a", "b")
    assert audiences({"service-account-issuer": ("a",), "api-audiences": ("c, d", "e")}) == ("c", "d", "e")


def test_a_server_without_the_flags_gets_all_that_it_lacks() -> None:
    live = {"service-account-key-file": ("/pki/sa.pub",)}
    assert wanted_flags(live, (1, 19), Wish(), "/pki/sa.key") == {
        "service-account-signing-key-file": ("/pki/sa.key",),
        "service-account-issuer": (DEFAULT_ISSUER,),
    }


def test_a_server_with_the_flags_keeps_them_whatever_the_issuer() -> None:
    assert wanted_flags({**KEYS, "service-account-issuer": ("kubernetes.default.svc",)}, OLD, Wish(), "/other") == {}


def test_tokens_that_the_servers_own_key_verifies_stay_valid() -> None:
    """Without --service-account-key-file it is the default, and naming another key would end that."""
    wanted = wanted_flags({"tls-private-key-file": ("/pki/apiserver.key",)}, (1, 19), Wish(key_file="/pki/sa.pub"), "/pki/sa.key")
    assert wanted["service-account-key-file"] == ("/pki/apiserver.key", "/pki/sa.pub")


def test_an_earlier_issuer_stays_as_a_second_one() -> None:
    live = {**KEYS, "service-account-issuer": ("https://a.example", "https://b.example")}
    wanted = wanted_flags(live, NEW, Wish(issuer="https://b.example"), "")
    assert wanted == {"service-account-issuer": ("https://b.example", "https://a.example")}
    assert wanted_flags({**live, **wanted}, NEW, Wish(issuer="https://b.example"), "") == {}


def test_another_issuer_is_refused_where_it_would_end_tokens_unless_it_is_asked_for() -> None:
    live = {**KEYS, "service-account-issuer": ("https://a.example",)}
    with pytest.raises(NodeError, match=r"accepts one only: .* all tokens that pods have end at once"):
        wanted_flags(live, OLD, Wish(issuer="https://b.example"), "")
    for version in (OLD, NEW):
        wanted = wanted_flags(live, version, Wish(issuer="https://b.example", replace_issuer=True), "")
        assert wanted == {"service-account-issuer": ("https://b.example",)}


def test_an_added_audience_keeps_those_that_tokens_have() -> None:
    live = {**KEYS, "service-account-issuer": ("https://a.example",)}
    wanted = wanted_flags(live, NEW, Wish(api_audiences=("x",)), "")
    assert wanted == {"api-audiences": ("https://a.example,x",)}
    assert wanted_flags({**live, **wanted}, NEW, Wish(api_audiences=("x",)), "") == {}
    assert wanted_flags({**live, "api-audiences": ("a", "b")}, NEW, Wish(api_audiences=("c", "a")), "") == {"api-audiences": ("a", "b,c")}


@pytest.mark.parametrize("issuer", ["", "kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local", "https://h:6443/path"])
def test_issuers_as_people_know_them_are_taken(issuer: str) -> None:
    Wish(issuer=issuer)


@pytest.mark.parametrize(
    "issuer", ["two words", "https://", "ftp://h", "https://h?q", "https://a,b", "://x", "https://u@h", "a\nb", "https://[", "x:"]
)
def test_an_issuer_that_is_no_url_and_no_plain_name_is_refused_in_one_line(issuer: str) -> None:
    with pytest.raises(NodeError, match="service_account_issuer is") as refused:
        Wish(issuer=issuer)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "wish", [{"api_audiences": ("a,b",)}, {"api_audiences": ("a b",)}, {"signing_key_file": "sa.key"}, {"key_file": "~/sa.pub"}]
)
def test_other_values_that_make_no_sense_are_refused(wish: dict[str, object]) -> None:
    with pytest.raises(NodeError, match=r"api_audiences has|an absolute path is meant"):
        Wish(**wish)  # type: ignore[arg-type]


def test_a_kubernetes_without_token_request_is_refused() -> None:
    with pytest.raises(NodeError, match=r"Kubernetes 1\.11 has no TokenRequest"):
        wanted_flags({}, (1, 11), Wish(), "/pki/sa.key")


def test_an_issuer_that_is_not_published_is_said() -> None:
    assert meaning((DEFAULT_ISSUER,)) == []
    (line,) = meaning(("kubernetes.default.svc",))
    assert "Kubeflow 1.9" in line
