# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The proxy on the way, as kubectl chooses it. Cases are those that Go's own tests have (golang.org/x/net/http/httpproxy)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.cluster_source import ConnectionOptionsError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.proxies import is_exempt, parse_proxy, proxy_for

NO_PROXY = (
    "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, 10.0.0.0/30, "
    "2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, 2002:db8:a::45/64"
)
DIRECT = [
    "192.168.1.1",
    "192.168.1.3",
    "10.0.0.2",
    "2001:db8::52:0:1",
    "2001:db8::52:0:3",
    "2002:db8:a::123",
    "www.barbaz.net",
    "foobar.com",
    "www.foobar.com",
    "nested.wildcard.io",
]
PROXIED = [
    "192.168.1.2",
    "192.168.1.4",
    "2001:db8::52:0:2",
    "fe80::424b:c8be:1643:a1b6",
    "barbaz.net",
    "foofoobar.com",
    "baz.com",
    "localhost.net",
    "local.localhost",
    "barbarbaz.net",
    "wildcard.io",
    "awildcard.io",
]


@pytest.mark.parametrize(("hosts", "exempt"), [(DIRECT, True), (PROXIED, False)])
def test_hosts_of_no_proxy(hosts: list[str], exempt: bool) -> None:
    for host in hosts:
        assert is_exempt(host, "80", NO_PROXY) is exempt, host
        assert is_exempt(host, "80", f"{NO_PROXY},*")


def url_of(url: str, **environment: str) -> str | None:
    proxy = proxy_for(url, environment)
    return proxy.url if proxy else None


@pytest.mark.parametrize(
    ("url", "environment", "expected"),
    [
        ("http://example.com", {"HTTP_PROXY": "127.0.0.1:8080"}, "http://127.0.0.1:8080"),
        ("http://example.com", {"HTTP_PROXY": "cache.corp.example.com:1234"}, "http://cache.corp.example.com:1234"),
        ("http://example.com", {"HTTP_PROXY": "localhost"}, "http://localhost"),
        ("http://example.com", {"HTTP_PROXY": "https://127.0.0.1:8080"}, "https://127.0.0.1:8080"),
        ("http://example.com", {"HTTP_PROXY": "socks5://127.0.0.1"}, "socks5://127.0.0.1"),
        ("http://example.com", {"HTTP_PROXY": "h", "HTTPS_PROXY": "s"}, "http://h"),
        ("https://example.com", {"HTTP_PROXY": "h", "HTTPS_PROXY": "https://s"}, "https://s"),
        ("https://example.com", {"HTTP_PROXY": "h"}, None),
        ("https://example.com", {"ALL_PROXY": "h", "all_proxy": "h"}, None),
        ("https://example.com", {"https_proxy": "s"}, "http://s"),
        ("https://example.com", {"https_proxy": "lower", "HTTPS_PROXY": "upper"}, "http://upper"),
        ("https://example.com", {"HTTPS_PROXY": "s", "no_proxy": "example.com"}, None),
        ("https://example.com", {"HTTPS_PROXY": "s", "NO_PROXY": ".example.com"}, "http://s"),
        ("https://example.com", {"HTTPS_PROXY": "s", "NO_PROXY": "ample.com"}, "http://s"),
        ("https://foo.example.com", {"HTTPS_PROXY": "s", "NO_PROXY": "example.com"}, None),
        ("https://example.com", {"HTTPS_PROXY": "s", "NO_PROXY": "example.com:6443"}, "http://s"),
        ("https://example.com:6443", {"HTTPS_PROXY": "s", "NO_PROXY": "example.com:6443"}, None),
        ("https://example.com", {"HTTPS_PROXY": "s", "NO_PROXY": "example.com:443"}, None),
        ("https://EXAMPLE.com", {"HTTPS_PROXY": "s", "NO_PROXY": "Example.COM"}, None),
        ("https://example.com", {"HTTPS_PROXY": "s", "NO_PROXY": ":1,,"}, "http://s"),
        ("http://www.示例.com", {"HTTP_PROXY": "p", "NO_PROXY": ".示例.com"}, None),
        ("http://www.示例.com", {"HTTP_PROXY": "p", "NO_PROXY": "xn--fsq092h.com"}, None),
        ("http://www.xn--fsq092h.com", {"HTTP_PROXY": "p", "NO_PROXY": "示例.com"}, None),
        # Never by the environment's proxy.
        ("https://localhost:6443", {"HTTPS_PROXY": "s"}, None),
        ("https://127.0.0.1:6443", {"HTTPS_PROXY": "s"}, None),
        ("https://127.9.9.9:6443", {"HTTPS_PROXY": "s"}, None),
        ("https://[::1]:6443", {"HTTPS_PROXY": "s"}, None),
        ("https://[::2]:6443", {"HTTPS_PROXY": "s"}, "http://s"),
    ],
)
def test_the_proxy_of_the_environment(url: str, environment: dict[str, str], expected: str | None) -> None:
    assert url_of(url, **environment) == expected


@pytest.mark.parametrize(
    ("url", "no_proxy", "expected"),
    [
        ("https://127.0.0.1:6443", None, "http://named:3128"),
        ("https://example.com", None, "http://named:3128"),
        ("https://example.com", "example.com", None),
    ],
)
def test_a_proxy_that_is_named_with_the_cluster_is_used_whatever_the_environment_says(url: str, no_proxy: Any, expected: Any) -> None:
    """As client-go does for proxy-url; only a no_proxy that is named with it counts."""
    environment = {"HTTPS_PROXY": "http://other", "NO_PROXY": "*"}
    proxy = proxy_for(url, environment, named="named:3128", no_proxy=no_proxy)
    assert (proxy.url if proxy else None) == expected


def test_a_no_proxy_that_is_named_takes_the_place_of_the_environments() -> None:
    environment = {"HTTPS_PROXY": "http://s", "NO_PROXY": "example.com"}
    assert proxy_for("https://example.com", environment, no_proxy="other.com") is not None
    assert proxy_for("https://other.com", environment, no_proxy="other.com") is None


@given(st.text(min_size=1), st.text())
def test_a_user_and_password_are_taken_out_of_the_url_as_they_were_meant(user: str, password: str) -> None:
    proxy = parse_proxy(f"http://{quote(user, safe='')}:{quote(password, safe='')}@proxy.example.com:3128", "HTTPS_PROXY")
    assert proxy.url == "http://proxy.example.com:3128"
    assert base64.b64decode(proxy.headers["proxy-authorization"].removeprefix("Basic ")) == f"{user}:{password}".encode()
    assert proxy.login == (user, password)
    assert "authorization" not in repr(proxy)


@pytest.mark.parametrize("text", ["http://", "ftp://user:hunter2@proxy", "http://user:hunter2@proxy:port", "http://user:hunter2@[::1"])
def test_a_proxy_that_is_none_is_refused_without_what_may_be_a_password(text: str) -> None:
    with pytest.raises(ConnectionOptionsError, match="HTTPS_PROXY is no URL of a proxy: it is like http://") as raised:
        parse_proxy(text, "HTTPS_PROXY")
    assert "hunter2" not in str(raised.value)


labels = st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)
addresses = st.ip_addresses().map(str)
hosts = names | addresses
ports = st.sampled_from(["", "80", "443", "6443"])
entries = st.one_of(
    hosts,
    names.map(lambda name: f".{name}"),
    names.map(lambda name: f"*.{name}"),
    st.tuples(names, ports).map(lambda pair: f"{pair[0]}:{pair[1]}"),
    st.tuples(st.ip_addresses(v=4).map(str), st.integers(0, 32)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.tuples(st.ip_addresses(v=6).map(str), st.integers(0, 128)).map(lambda pair: f"{pair[0]}/{pair[1]}"),
    st.text(max_size=8).filter(lambda text: "," not in text and text.strip() != "*"),
)


@given(hosts, ports, st.lists(entries, max_size=5), st.randoms())
def test_an_entry_of_no_proxy_counts_by_itself(host: str, port: str, some: list[str], random: Any) -> None:
    """Whatever is beside it, in whatever order and case, with whatever blanks."""
    each = any(is_exempt(host, port, entry) for entry in some)
    shuffled = list(some)
    random.shuffle(shuffled)
    assert is_exempt(host, port, " , ".join(shuffled)) is each
    assert is_exempt(host, port, ",".join(some).upper()) is each or not ",".join(some).isascii()


@given(hosts, ports)
def test_a_host_is_exempt_by_its_own_name_and_by_every_domain_above_it(host: str, port: str) -> None:
    assert is_exempt(host, port, host)
    if not host[-1].isdigit() and ":" not in host:
        parts = host.split(".")
        for start in range(1, len(parts)):
            domain = ".".join(parts[start:])
            assert is_exempt(host, port, domain) and is_exempt(host, port, f".{domain}") and is_exempt(host, port, f"*.{domain}")
        assert not is_exempt(host, port, f".{host}") and not is_exempt(f"x{host}", port, host)
