# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A kubeconfig, read as kubectl reads it, and what is said of one that cannot be used."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.cluster_source import ConnectionOptionsError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.connection import NamedCluster, named_cluster
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.kubeconfig import read_context

Thing = dict[str, Any]
SECRET = "c2VjcmV0LXRva2Vu"


def kubeconfig(folder: Path, user: Thing | None = None, cluster: Thing | None = None, **more: Any) -> Path:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}, {"name": "d", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "https://example.com:6443", **(cluster or {})}}],
        "users": [{"name": "u", "user": user or {}}],
        **more,
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(document))
    return path


def named(path: Path, **options: Any) -> NamedCluster:
    return named_cluster({"kubeconfig": str(path), **options}, {})


def headers(path: Path, **options: Any) -> Thing:
    return dict(named(path, **options).credentials(None).headers())


def refusal(path: Path | str, **options: Any) -> str:
    with pytest.raises(ConnectionOptionsError) as raised:
        named_cluster({"kubeconfig": str(path), **options}, {}).connect()
    assert SECRET not in str(raised.value)
    return str(raised.value)


CONTEXTS = "Set context to one of its contexts: c, d"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"current-context": None}, f"cannot be used: it has no current context. {CONTEXTS}"),
        ({"current-context": "e"}, f"cannot be used: it has no context e. {CONTEXTS}"),
        ({"contexts": []}, "it has no context c. It has no contexts at all."),
        ({"contexts": [{"name": "c", "context": {"user": "u"}}]}, "context c is of no cluster"),
        ({"contexts": [{"name": "c", "context": {"cluster": "x"}}]}, "context c is of cluster x, which is not in it"),
        ({"contexts": [{"name": "c", "context": {"cluster": "k", "user": "x"}}]}, "context c is of user x, who is not in it"),
        ({"contexts": ["c"]}, "its contexts are no list of entries with names"),
        ({"clusters": {"k": {}}}, "its clusters are no list of entries with names"),
        ({"clusters": [{"name": "k", "cluster": SECRET}]}, "cluster k is no mapping"),
        ({"clusters": [{"name": "k", "cluster": {}}]}, "cluster k has no server"),
    ],
)
def test_what_is_wrong_is_said_and_contexts_only_where_they_are_the_trouble(tmp_path: Path, change: Thing, words: str) -> None:
    message = refusal(kubeconfig(tmp_path, **change))
    assert words in message
    assert ("Set context" in message) == (CONTEXTS in words)


def test_a_context_that_is_asked_for_and_not_there(tmp_path: Path) -> None:
    assert f"it has no context x. {CONTEXTS}" in refusal(kubeconfig(tmp_path), context="x")
    assert read_context(str(kubeconfig(tmp_path)), "d").name == "d"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be used: it is empty"),
        ("[1, 2]", "cannot be used: it is no mapping, but a list"),
        (f"users: [{{token: {SECRET}", "cannot be used: it is not YAML"),
        (f"$ANSIBLE_VAULT;1.1;AES256\n{SECRET}\n", "is encrypted by ansible-vault, and is read as it is. Decrypt it to a file"),
    ],
)
def test_a_file_that_is_no_kubeconfig(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    assert words in refusal(path)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    path.write_bytes(b"a: \xff")
    assert "it is not YAML (byte 3 is not UTF-8)" in refusal(path)


def test_paths_that_name_no_file(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path)
    assert "/nonexistent does not exist. Set kubeconfig" in refusal("/nonexistent")
    assert "cannot be read: Is a directory" in refusal(tmp_path)
    several = refusal(f"{path}:{tmp_path}/other")
    assert "names several files, and one is meant here" in several
    assert f"KUBECONFIG={path}:{tmp_path}/other kubectl config view --flatten" in several


@pytest.mark.parametrize("token", ["abc", " abc\n", "abc\r\n"])
def test_a_token_is_stripped_wherever_it_comes_from(tmp_path: Path, token: str) -> None:
    (tmp_path / "token").write_text(token)
    bearer = {"authorization": "Bearer abc"}
    assert headers(kubeconfig(tmp_path, {"token": token})) == bearer
    assert headers(kubeconfig(tmp_path, {"tokenFile": "token"})) == bearer
    assert headers(kubeconfig(tmp_path), api_key=token) == bearer
    of_environment = named_cluster({}, {"K8S_AUTH_HOST": "https://host", "K8S_AUTH_API_KEY": token})
    assert dict(of_environment.credentials(None).headers()) == bearer


@pytest.mark.parametrize("token", [f"{SECRET}\n{SECRET}", f"Bearer {SECRET}", f"{SECRET}ä", f"{SECRET}\x00", " "])
def test_a_token_that_cannot_be_one_is_not_shown(tmp_path: Path, token: str) -> None:
    (tmp_path / "token").write_text(token)
    for user, options, origin in (
        ({"token": token}, {}, "token of user u"),
        ({"tokenFile": "token"}, {}, f"tokenFile of user u {tmp_path}/token"),
        ({}, {"api_key": token}, "api_key"),
    ):
        assert f"{origin} holds no token: " in refusal(kubeconfig(tmp_path, user), **options)


def test_a_token_file_is_read_again(tmp_path: Path) -> None:
    """Somebody renews it."""
    token = tmp_path / "token"
    token.write_text("first")
    credentials = named(kubeconfig(tmp_path, {"token": "older", "tokenFile": str(token)})).credentials(None)
    shown = credentials.headers()
    assert shown == (("authorization", "Bearer first"),)
    assert not credentials.renew(shown)
    token.write_text("second")
    assert credentials.renew(shown)
    assert credentials.headers() == (("authorization", "Bearer second"),)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"username": "me"}, "user u has a username or a password, not both"),
        ({"password": SECRET}, "user u has a username or a password, not both"),
        ({"client-certificate-data": SECRET}, "user u has a client-certificate or a client-key, not both"),
        ({"client-certificate-data": "***", "client-key-data": SECRET}, "client-certificate-data of context c is not base64"),
        ({"client-certificate-data": SECRET, "client-key-data": SECRET}, "client-certificate of user u is no certificate with its key"),
        (
            {"client-certificate": "/nonexistent", "client-key": "/nonexistent"},
            "client-certificate of context c /nonexistent does not exist",
        ),
        ({"tokenFile": "/nonexistent"}, "tokenFile of user u /nonexistent does not exist"),
        ({"auth-provider": {"name": "azure"}}, "auth-provider azure of user u gives no token"),
        ({"exec": {"apiVersion": "client.authentication.k8s.io/v1"}}, "exec plugin of user u: the kubeconfig names no command"),
        ({"token": 1234}, "token of user u is no text to YAML, but a int: put it in quotes"),
        ({"as": "a\nb"}, "what it impersonates cannot be said in a header (Impersonate-User)"),
    ],
)
def test_a_user_who_cannot_log_in(tmp_path: Path, user: Thing, words: str) -> None:
    assert words in refusal(kubeconfig(tmp_path, user))


def test_basic_authentication(tmp_path: Path) -> None:
    expected = {"authorization": f"Basic {base64.b64encode('me:pä:ss'.encode()).decode()}"}
    assert headers(kubeconfig(tmp_path, {"username": "me", "password": "pä:ss"})) == expected
    assert headers(kubeconfig(tmp_path, {"token": "t"}), username="me", password="pä:ss") == expected


def test_credentials_beside_a_kubeconfig_take_the_place_of_its_user_as_a_whole(tmp_path: Path) -> None:
    """A client certificate that is left over would come before the token (kube-apiserver asks certificates first)."""
    path = kubeconfig(tmp_path, {"client-certificate": "/nonexistent", "client-key": "/nonexistent", "as": "somebody"})
    credentials = named(path, api_key="mine").credentials(None)
    assert credentials.headers() == (("authorization", "Bearer mine"),)
    assert credentials.certificate() is None


def test_impersonation_is_kept(tmp_path: Path) -> None:
    user = {"token": "t", "as": "jane", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"Scope/x": ["z"]}}
    assert named(kubeconfig(tmp_path, user)).credentials(None).headers() == (
        ("authorization", "Bearer t"),
        ("Impersonate-User", "jane"),
        ("Impersonate-Uid", "7"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-scope%2Fx", "z"),
    )


def test_who_vouches_for_the_server(tmp_path: Path) -> None:
    assert named(kubeconfig(tmp_path)).verify
    insecure = kubeconfig(tmp_path, cluster={"insecure-skip-tls-verify": True})
    assert not named(insecure).verify
    assert named(insecure, validate_certs=True).verify
    # Who gives certificates to trust wants them used.
    authority = tmp_path / "ca"
    authority.write_text("x")
    assert named(insecure, ca_cert=str(authority)).verify
    assert "ca_cert holds no certificates (PEM)" in refusal(insecure, ca_cert=str(authority))
    broken = kubeconfig(tmp_path, cluster={"certificate-authority": "ca"})
    assert "certificate-authority of context c holds no certificates (PEM)" in refusal(broken)
    assert refusal(broken, ca_cert="/nonexistent") == "ca_cert /nonexistent does not exist"


@pytest.mark.parametrize(
    ("cluster", "host"),
    [
        ({"server": "https://example.com:6443/"}, "https://example.com:6443"),
        ({"server": "https://example.com/k8s/clusters/c-1"}, "https://example.com/k8s/clusters/c-1"),
        ({"server": "example.com:8080"}, "http://example.com:8080"),
        ({"server": "example.com:6443", "insecure-skip-tls-verify": True}, "https://example.com:6443"),
    ],
)
def test_where_the_server_is(tmp_path: Path, cluster: Thing, host: str) -> None:
    assert named(kubeconfig(tmp_path, cluster=cluster)).host == host


@pytest.mark.parametrize("server", ["https://", "ftp://example.com", "https://example.com:port", "https://exa mple.com", "https://a\nb"])
def test_a_server_that_is_no_url(tmp_path: Path, server: str) -> None:
    assert "server of context c is no URL of an API server" in refusal(kubeconfig(tmp_path, cluster={"server": server}))
    with pytest.raises(ConnectionOptionsError, match="K8S_AUTH_HOST is no URL of an API server"):
        named_cluster({}, {"K8S_AUTH_HOST": server})


def test_a_host_without_a_scheme_is_not_guessed() -> None:
    """A token would go out in plain text."""
    with pytest.raises(ConnectionOptionsError, match="host is no URL of an API server: it is like https://"):
        named_cluster({"host": "example.com:6443", "api_key": SECRET}, {})


def test_a_password_in_the_servers_url_is_refused_and_not_shown(tmp_path: Path) -> None:
    assert "has a user in it" in refusal(kubeconfig(tmp_path, cluster={"server": f"https://me:{SECRET}@example.com"}))


def test_the_proxy_of_a_kubeconfig_comes_before_the_environments(tmp_path: Path) -> None:
    path = kubeconfig(tmp_path, cluster={"proxy-url": "http://mine:3128"})
    environment = {"HTTPS_PROXY": "http://other", "NO_PROXY": "*", "K8S_AUTH_PROXY": "http://stranger"}
    proxy = named_cluster({"kubeconfig": str(path)}, environment).proxy
    assert proxy and proxy.url == "http://mine:3128"
    proxy = named_cluster({"kubeconfig": str(path), "proxy": "http://option"}, environment).proxy
    assert proxy and proxy.url == "http://option"
    broken = kubeconfig(tmp_path, cluster={"proxy-url": f"http://me:{SECRET}@:x"})
    assert "proxy-url of context c is no URL of a proxy" in refusal(broken)
