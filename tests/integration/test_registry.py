# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Registries that are asked whether they have images: with tokens, through proxies, and when they do not behave."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from connect_proxy import connect_proxy
from registry_server import (
    DOCKER_REGISTRY,
    MANIFEST,
    Asked,
    Authority,
    RegistryServer,
    Reply,
    docker_registry,
    errors,
    push,
    registry_server,
    token_server,
)
from waiting import sooner_than

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry import transport
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry.ask import Manifest, ask
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry.said import Said

with_docker_registry = pytest.mark.skipif(not DOCKER_REGISTRY, reason="there is no docker-registry: apt-get install docker-registry")


def said_of(*images: str, seconds: float = 20, registry: str = "", **environment: str) -> dict[str, Said]:
    """C(images): C(repository:tag), or C(repository@digest)."""
    wanted = {}
    for image in images:
        repository, _sign, reference = image.partition("@") if "@" in image else image.rpartition(":")
        wanted[Manifest(registry, repository, reference)] = image
    found = ask(wanted, Deadline(seconds), environment=environment)
    assert set(found) == set(wanted)
    return {image: found[manifest] for manifest, image in wanted.items()}


def kinds(said: dict[str, Said]) -> dict[str, str]:
    return {image: one.kind for image, one in said.items()}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.made(tmp_path / "authority")


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return authority


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience of a second."""
    monkeypatch.setattr(transport, "_ANSWER_SECONDS", 1.0)


@with_docker_registry
def test_docker_registry_has_what_was_pushed_and_nothing_else(tmp_path: Path) -> None:
    with docker_registry(tmp_path / "r") as registry:
        digest = push(registry, "a/b", "1")
        said = said_of("a/b:1", f"a/b@{digest}", "a/b:2", "a/b@sha256:" + "0" * 64, "none:1", registry=registry)
    assert [one.kind for one in said.values()] == ["there", "there", "missing", "missing", "missing"]
    assert said["a/b:2"].words == f"{registry} answers 404 MANIFEST_UNKNOWN: manifest unknown"
    assert said["none:1"].words.startswith(f"{registry} answers 404 ")


@with_docker_registry
def test_docker_registry_with_tokens(tmp_path: Path, authority: Authority) -> None:
    """It checks the signature and what the token is for; one token for each repository."""
    folder = tmp_path / "r"
    with docker_registry(folder) as registry:
        push(registry, "a/b", "1")
        push(registry, "c", "1")

    def issue(scope: str) -> str:
        kind, name, _actions = scope.split(":")
        actions = [] if name == "private" else ["pull"]
        return str(authority.token(iss="me", aud="it", access=[{"type": kind, "name": name, "actions": actions}]))

    with token_server(issue) as (realm, scopes):
        auth = {"token": {"realm": realm, "service": "it", "issuer": "me", "rootcertbundle": str(authority.path)}}
        with docker_registry(folder, auth) as registry:
            said = said_of("a/b:1", "a/b:2", "a/b:3", "c:1", "private:1", registry=registry)
    assert kinds(said) == {"a/b:1": "there", "a/b:2": "missing", "a/b:3": "missing", "c:1": "there", "private:1": "denied"}
    assert "UNAUTHORIZED" in said["private:1"].words
    assert sorted(scopes) == ["repository:a/b:pull", "repository:c:pull", "repository:private:pull"]


@with_docker_registry
def test_docker_registry_with_passwords_wants_a_login(tmp_path: Path) -> None:
    # What htpasswd -B makes of me and secret; nobody uses it here.
    (tmp_path / "passwords").write_text("me:$2y$05$QHqrp/KQZFQLqYcpzFmOWuBUvxqT7fYBtZiKuqxEGYcTyrxIcfTEO\n")
    with docker_registry(tmp_path / "r", {"htpasswd": {"realm": "mine", "path": str(tmp_path / "passwords")}}) as registry:
        said = said_of("a:1", registry=registry)
    assert said["a:1"] == Said("login", f"{registry} wants a login: basic")


def test_each_image_is_asked_for_once_with_one_token_for_its_repository() -> None:
    with registry_server("a:1", "a:2", "b:1") as server:
        server.realm = f"http://{server.host}/token"
        said = said_of("a:1", "a:2", "a:3", "b:1", registry=server.host)
    assert kinds(said) == {"a:1": "there", "a:2": "there", "a:3": "missing", "b:1": "there"}
    assert [one.path for one in server.of("/token")] == [
        f"/token?service=a+registry&scope=repository%3A{name}%3Apull" for name in ("a", "b")
    ]
    heads = [one for one in server.asked if one.method == "HEAD"]
    # The first of each repository is asked for without a token and with it.
    assert len(heads) == 6 and len([one for one in heads if one.path.endswith("/a/manifests/2")]) == 1


def test_what_is_not_there_is_said_in_the_words_of_the_registry() -> None:
    """Registries say it differently: Docker Hub and quay.io with 401 after a token, gcr.io with 403 or 404, ghcr.io does not even give one."""
    denied = errors("DENIED", "requested access to the resource is denied")
    answers: dict[str, list[Reply | None]] = {
        "hub": [(401, {}, b""), (401, {}, errors("UNAUTHORIZED", "authentication required"))],
        "google": [(403, {}, b""), (403, {}, denied)],
        "unknown": [(404, {}, b""), (404, {}, errors("NAME_UNKNOWN", "repository name not known"))],
    }
    with registry_server() as server:
        server.realm = f"http://{server.host}/token"
        for name, replies in answers.items():
            first = (401, {"WWW-Authenticate": f'Bearer realm="{server.realm}"'}, b"")
            server.replies[f"/v2/{name}/"] = [first, *replies]
        server.replies["/token?service=a+registry&scope=repository%3Agithub"] = [(403, {}, denied)]
        said = said_of("hub:1", "google:1", "unknown:1", "github:1", registry=server.host)
    host = server.host
    assert said["hub:1"] == Said("denied", f"{host} answers 401 UNAUTHORIZED: authentication required")
    assert said["google:1"] == Said("denied", f"{host} answers 403 DENIED: requested access to the resource is denied")
    assert said["unknown:1"] == Said("missing", f"{host} answers 404 NAME_UNKNOWN: repository name not known")
    assert said["github:1"].kind == "denied" and said["github:1"].words.startswith(
        f"{host}, which gives tokens for {host}, answers 403 DENIED"
    )


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ((200, {"Content-Type": "text/html"}, b"<h1>Log in</h1>"), "strange"),
        ((404, {"Content-Type": "text/html"}, b"<h1>No such page</h1>"), "strange"),
        ((403, {}, b"<h1>Blocked by your administrator</h1>"), "strange"),
        ((302, {"Location": "ftp://elsewhere/"}, b""), "strange"),
        ((401, {"WWW-Authenticate": "Negotiate"}, b""), "login"),
        ((401, {"WWW-Authenticate": 'Bearer realm="http://registry.example.com/token"'}, b""), "unreached"),
        ((401, {"WWW-Authenticate": 'Bearer realm="file:///etc/passwd"'}, b""), "strange"),
        ((401, {"WWW-Authenticate": 'Bearer realm="https://me:secret@127.0.0.1/"'}, b""), "strange"),
        ((400, {}, errors("UNSUPPORTED", "not here")), "failed"),
        ((404, {"Docker-Distribution-Api-Version": "registry/2.0"}, b""), "missing"),
        ((200, {"Content-Type": "application/json"}, b'{"schemaVersion": 2}'), "there"),
    ],
)
def test_only_a_registry_is_believed(reply: tuple[int, dict[str, str], bytes], kind: str) -> None:
    with registry_server() as server:
        server.replies["/v2/"] = [reply] * 5
        said = said_of("a:1", registry=server.host, NO_PROXY="", HTTP_PROXY="http://127.0.0.1:9")["a:1"]
    assert said.kind == kind
    assert kind == "there" or (said.words and "\n" not in said.words and "secret" not in said.words)


def test_a_registry_without_head_is_asked_by_get() -> None:
    with registry_server("a:1") as server:
        server.replies["/v2/"] = [(405, {}, b"")]
        assert kinds(said_of("a:1", registry=server.host)) == {"a:1": "there"}
    assert [one.method for one in server.asked] == ["HEAD", "GET"]


def test_a_registry_that_counts_requests_is_asked_again_once_when_it_says() -> None:
    with registry_server("a:1") as server:
        server.replies["/v2/a/"] = [(429, {"Retry-After": "1"}, b"")]
        began = time.monotonic()
        assert kinds(said_of("a:1", registry=server.host)) == {"a:1": "there"}
        assert time.monotonic() - began >= 1
    assert len(server.asked) == 2


@pytest.mark.parametrize(("after", "requests"), [("1", 2), ("", 2), ("3600", 1), ("a date", 1)])
def test_a_registry_that_goes_on_counting_is_left_alone(after: str, requests: int) -> None:
    after = formatdate(time.time() + 3600, usegmt=True) if after == "a date" else after
    images = [f"{name}:1" for name in "abcdefgh"]
    with registry_server(*images) as server:
        server.replies["/v2/"] = [(429, {"Retry-After": after} if after else {}, errors("TOOMANYREQUESTS", "slow down"))] * 50
        said = said_of(*images, registry=server.host)
    assert {one.kind for one in said.values()} == {"limited"}
    assert said["a:1"].words.startswith(f"{server.host} answers 429") and after in said["h:1"].words
    assert len(server.asked) == requests


def test_an_error_of_a_registry_says_nothing_of_the_other_images() -> None:
    with registry_server("a:1", "b:1") as server:
        server.replies["/v2/a/"] = [(500, {}, b"oops")] * 9
        said = said_of("a:1", "b:1", registry=server.host)
    assert kinds(said) == {"a:1": "failed", "b:1": "there"}
    assert len(server.of("/a/")) == 2


def test_a_registry_that_hangs_holds_up_nobody(short: None) -> None:
    images = [f"{name}:1" for name in "abcdefghijkl"]
    with registry_server(*images) as hangs, registry_server(*images) as server:
        hangs.replies["/v2/"] = [None] * 50
        wanted = [Manifest(host, image[0], "1") for host in (hangs.host, server.host) for image in images]
        with sooner_than(60):
            found = ask(wanted, Deadline(120), environment={})
    assert {one.kind for manifest, one in found.items() if manifest.registry == server.host} == {"there"}
    assert {one.kind for manifest, one in found.items() if manifest.registry == hangs.host} == {"unreached"}
    assert len(hangs.asked) == 1


def test_the_deadline_ends_it() -> None:
    """Also where a byte comes now and then, for which no limit on silence helps."""

    def drip(connection: socket.socket) -> None:
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                connection.sendall(b"x")
                time.sleep(0.1)
        except OSError:
            return

    def serve(listening: socket.socket) -> None:
        try:
            while True:
                threading.Thread(target=drip, args=(listening.accept()[0],), daemon=True).start()
        except OSError:
            return

    with socket.create_server(("127.0.0.1", 0)) as listening, registry_server("a:1") as server:
        threading.Thread(target=serve, args=(listening,), daemon=True).start()
        drips = f"127.0.0.1:{listening.getsockname()[1]}"
        with sooner_than(60):
            found = ask([Manifest(drips, "a", "1"), Manifest(server.host, "a", "1")], Deadline(2, "the_limit"), environment={})
        listening.shutdown(socket.SHUT_RDWR)
    assert found[Manifest(server.host, "a", "1")].kind == "there"
    assert found[Manifest(drips, "a", "1")].kind in ("late", "unreached")


def test_a_run_that_is_cancelled_ends_at_once() -> None:
    with registry_server() as server:
        server.replies["/v2/"] = [None] * 5
        deadline = Deadline(300)
        timer = threading.Timer(0.5, deadline.cancel, ["interrupted"])
        timer.start()
        with sooner_than(60):
            found = ask([Manifest(server.host, "a", "1")], deadline, environment={})
    assert list(found.values()) == [Said("late", "interrupted")]


def test_many_images_are_asked_for_side_by_side_and_not_all_at_once() -> None:
    """Of all registries together."""
    now, most, lock = [0], [0], threading.Lock()
    images = [f"i{number}" for number in range(20)]

    def slowly(reply: Callable[[Asked], Reply | None]) -> Callable[[Asked], Reply | None]:
        def counted(asked: Asked) -> Reply | None:
            with lock:
                now[0] += 1
                most[0] = max(most[0], now[0])
            time.sleep(0.05)
            with lock:
                now[0] -= 1
            return reply(asked)

        return counted

    has = [f"{image}:1" for image in images]
    with registry_server(*has) as one, registry_server(*has) as other, registry_server(*has) as third:
        for server in (one, other, third):
            server.reply = slowly(server.reply)
        found = ask([Manifest(server.host, image, "1") for server in (one, other, third) for image in images], Deadline(30), environment={})
        assert {said.kind for said in found.values()} == {"there"} and len(found) == 60
        assert [len(server.asked) for server in (one, other, third)] == [20, 20, 20]
    assert 2 <= most[0] <= transport.AT_A_TIME


def test_docker_hub_by_its_own_host_through_a_proxy(trusted: Authority) -> None:
    """docker.io is asked as registry-1.docker.io; its tokens come from another host, which gets none."""
    with (
        registry_server("library/mysql:8", context=trusted.context("registry-1.docker.io", "auth.example.com")) as server,
        connect_proxy(("127.0.0.1", server.port)) as proxy,
    ):
        server.realm = "https://auth.example.com/token"
        said = said_of("library/mysql:8", "library/mysql:9", registry="docker.io", HTTPS_PROXY=proxy.url())
    assert kinds(said) == {"library/mysql:8": "there", "library/mysql:9": "missing"}
    assert set(proxy.asked) == {"registry-1.docker.io:443", "auth.example.com:443"}
    assert {one.authorization for one in server.of("/token")} == {""}


def test_no_proxy_is_honoured(trusted: Authority) -> None:
    """Nobody knows the name: without the proxy it is not reached, and the proxy is not asked."""
    with registry_server("a:1", context=trusted.context("registry.invalid")) as server, connect_proxy(("127.0.0.1", server.port)) as proxy:
        direct = said_of("a:1", registry="registry.invalid", HTTPS_PROXY=proxy.url(), NO_PROXY=".invalid,registry.invalid")
        assert direct["a:1"].kind == "unreached" and proxy.asked == []
        assert kinds(said_of("a:1", registry="registry.invalid", HTTPS_PROXY=proxy.url())) == {"a:1": "there"}


def test_a_proxy_that_wants_a_password(trusted: Authority) -> None:
    context = trusted.context("registry.example.com")
    with registry_server("a:1", context=context) as server, connect_proxy(("127.0.0.1", server.port), login="me:hidden") as proxy:
        known = said_of("a:1", registry="registry.example.com", HTTPS_PROXY=proxy.url("me:hidden"))
        refused = said_of("a:1", "b:1", registry="registry.example.com", HTTPS_PROXY=proxy.url("me:wrong"))
    assert kinds(known) == {"a:1": "there"}
    assert {one.kind for one in refused.values()} == {"unreached"}
    assert "407" in refused["a:1"].words and "through the proxy" in refused["a:1"].words and "wrong" not in refused["a:1"].words


def test_a_proxy_that_is_none() -> None:
    said = said_of("a:1", registry="registry.example.com", HTTPS_PROXY="gopher://me:hidden@x")["a:1"]
    assert said.kind == "unreached" and "HTTPS_PROXY" in said.words and "hidden" not in said.words


@pytest.mark.parametrize("known", [False, True])
def test_a_certificate_that_is_not_trusted_or_for_another_host(authority: Authority, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    if known:
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    name = "another.example.com" if known else "registry.example.com"
    with registry_server("a:1", context=authority.context(name)) as server, connect_proxy(("127.0.0.1", server.port)) as proxy:
        said = said_of("a:1", "b:1", registry="registry.example.com", HTTPS_PROXY=proxy.url())
    assert {one.kind for one in said.values()} == {"certificate"}
    assert ("mismatch" if known else "issuer") in said["a:1"].words and "registry.example.com" in said["a:1"].words
    assert server.asked == []


@pytest.mark.parametrize("registry", ["127.0.0.1:9", "registry.invalid", "registry.invalid:5000", f"{'a' * 70}.example.com"])
def test_no_way_out(registry: str) -> None:
    with sooner_than(60):
        said = said_of("a:1", "b:1", registry=registry, seconds=120)
    assert {one.kind for one in said.values()} == {"unreached"}
    assert len(set(said.values())) == 1 and registry in said["a:1"].words


@pytest.fixture
def elsewhere() -> Iterator[RegistryServer]:
    with registry_server("a:1") as server:
        yield server


def test_redirects_take_no_token_along(elsewhere: RegistryServer) -> None:
    """registry.k8s.io sends on to hosts near by."""
    with registry_server() as server:
        server.realm = f"http://{server.host}/token"
        first = (401, {"WWW-Authenticate": f'Bearer realm="{server.realm}"'}, b"")
        server.replies["/v2/a/"] = [first, (307, {"Location": f"http://localhost:{elsewhere.port}/v2/a/manifests/1"}, b"")]
        assert kinds(said_of("a:1", registry=server.host)) == {"a:1": "there"}
    assert server.of("/v2/a/")[-1].authorization == "Bearer good"
    assert [one.authorization for one in elsewhere.asked] == [""]


def test_where_redirects_lead_to_a_login_it_is_not_given_a_token(elsewhere: RegistryServer) -> None:
    elsewhere.realm = f"http://{elsewhere.host}/token"
    with registry_server() as server:
        server.replies["/v2/"] = [(307, {"Location": f"http://{elsewhere.host}/v2/a/manifests/1"}, b"")] * 5
        said = said_of("a:1", registry=server.host)["a:1"]
    assert said.kind == "login" and elsewhere.of("/token") == []


def test_redirects_end() -> None:
    with registry_server() as server:
        server.replies["/v2/"] = [(302, {"Location": "/v2/a/manifests/1"}, b"")] * 50
        assert said_of("a:1", registry=server.host)["a:1"].kind == "strange"
    assert len(server.asked) == 5


@pytest.mark.parametrize("where", ["Location", "realm"])
def test_tls_is_not_left(trusted: Authority, elsewhere: RegistryServer, where: str) -> None:
    target = f"http://elsewhere.example.com:{elsewhere.port}/token"
    reply = (307, {"Location": target}, b"") if where == "Location" else (401, {"WWW-Authenticate": f'Bearer realm="{target}"'}, b"")
    with (
        registry_server(context=trusted.context("registry.example.com")) as server,
        connect_proxy(("127.0.0.1", server.port)) as proxy,
    ):
        server.replies["/v2/"] = [reply] * 5
        way = {"HTTPS_PROXY": proxy.url(), "HTTP_PROXY": f"http://{elsewhere.host}"}
        said = said_of("a:1", registry="registry.example.com", **way)["a:1"]
    assert said.kind == "strange" and "https" in said.words
    assert elsewhere.asked == []


@pytest.mark.parametrize("token", ["", "with a space", "a\r\nX-Other: 1", "ü"])
def test_a_token_that_is_none_is_not_sent(token: str) -> None:
    with registry_server(token=token) as server:
        server.realm = f"http://{server.host}/token"
        said = said_of("a:1", registry=server.host)["a:1"]
    assert said.kind == "strange" and "without a token" in said.words
    assert {one.authorization for one in server.asked} == {""}


def test_a_token_that_a_registry_repeats_is_not_shown() -> None:
    with registry_server(token="hidden-from-all") as server:
        server.realm = f"http://{server.host}/token"
        challenge = (401, {"WWW-Authenticate": f'Bearer realm="{server.realm}"'}, b"")
        server.replies["/v2/"] = [challenge, (403, {}, b""), (403, {}, errors("DENIED", "no: Bearer hidden-from-all"))]
        said = said_of("a:1", registry=server.host)["a:1"]
    assert said == Said("denied", f"{server.host} answers 403 DENIED: no: Bearer ***")


def test_manifests_of_all_kinds_are_accepted() -> None:
    """A registry may say of one that is not accepted that it is not there."""
    with registry_server() as server:
        server.replies["/v2/"] = [(200, {"Content-Type": f"{MANIFEST}; charset=utf-8"}, b"")]
        assert said_of("a:1", registry=server.host)["a:1"].kind == "there"
