# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The proxy on the way to an API server, chosen as kubectl chooses it.

That is Go's C(golang.org/x/net/http/httpproxy) for what the environment says, which differs from Python's own reading: loopback
addresses and C(localhost) are never asked for by the environment's proxy, C(NO_PROXY) knows ports and CIDRs, C(ALL_PROXY) is not
read. A proxy that a kubeconfig names is used whatever C(NO_PROXY) says (client-go's transport/cache.go).
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from .cluster_source import ConnectionOptionsError

_PORTS = {"http": "80", "https": "443"}
_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True)
class Proxy:
    """C(url) has no user and password in it; they are in C(headers), or in C(login) where headers do not serve (SOCKS)."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)


def proxy_for(
    url: str, environment: Mapping[str, str], *, named: str | None = None, named_by: str = "proxy", no_proxy: str | None = None
) -> Proxy | None:
    """The proxy for requests to C(url), None for a direct way.

    :arg named: a proxy that is named along with the cluster, instead of the environment's.
    :arg named_by: what names it, for messages.
    :arg no_proxy: hosts without a proxy, named along with the cluster, instead of the environment's C(NO_PROXY).
    :raises ConnectionOptionsError: when the proxy's URL is none.
    """
    parts = urlsplit(url)
    host, port = _ascii((parts.hostname or "").lower()), str(parts.port or _PORTS.get(parts.scheme, ""))
    if named:
        return None if is_exempt(host, port, no_proxy or "") else parse_proxy(named, named_by)
    variables = (f"{parts.scheme.upper()}_PROXY", f"{parts.scheme}_proxy")
    variable = next((name for name in variables if environment.get(name)), None)
    if variable is None or is_loopback(host):
        return None
    exempt = no_proxy if no_proxy is not None else environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    return None if is_exempt(host, port, exempt) else parse_proxy(environment[variable], variable)


def parse_proxy(text: str, named_by: str) -> Proxy:
    """A proxy by its URL, with C(http://) where it has no scheme, and a user and password where they are in it.

    :raises ConnectionOptionsError: when it is no URL of a proxy. The message does not repeat it, as it may hold a password.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or parts.scheme not in _SCHEMES:
        raise ConnectionOptionsError(f"{named_by} is no URL of a proxy: it is like http://proxy.example.com:3128 ({', '.join(_SCHEMES)})")
    address = f"[{host}]" if ":" in host else host
    bare = f"{parts.scheme}://{address}" + (f":{port}" if port else "")
    if parts.username is None:
        return Proxy(bare)
    login = unquote(parts.username), unquote(parts.password or "")
    pair = base64.b64encode(":".join(login).encode()).decode()
    return Proxy(bare, {"proxy-authorization": f"Basic {pair}"}, login)


def is_exempt(host: str, port: str, no_proxy: str) -> bool:
    """Whether C(NO_PROXY) has a host in it: names with what is below them, C(.names) and C(*.names) for only that, addresses,
    each perhaps with a port, CIDRs, or C(*) for all."""
    address = _address(host)
    return any(_matches(entry.strip().lower(), host, port, address) for entry in no_proxy.split(","))


_Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"


def _matches(entry: str, host: str, port: str, address: _Address | None) -> bool:
    if not entry:
        return False
    if entry == "*":
        return True
    if (network := _network(entry)) is not None:
        return address is not None and address in network
    name, wanted_port = _split_port(entry)
    if not name:
        return False
    if (wanted := _address(name)) is not None:
        found = wanted == address
    elif address is not None:
        found = False
    else:
        name = _ascii(name.removeprefix("*") if name.startswith("*.") else name)
        found = host.endswith(name) if name.startswith(".") else host == name or host.endswith(f".{name}")
    return found and wanted_port in ("", port)


def _split_port(entry: str) -> tuple[str, str]:
    """As Go's net.SplitHostPort, which leaves an entry whole when it has no port, or colons elsewhere."""
    if entry.startswith("["):
        host, bracket, rest = entry[1:].partition("]")
        return (host, rest[1:]) if bracket and rest.startswith(":") else (entry, "")
    host, colon, port = entry.rpartition(":")
    return (host, port) if colon and ":" not in host else (entry, "")


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    _start, slash, length = entry.partition("/")
    if not (slash and length.isdecimal()):
        return None
    try:
        found = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Network) and (mapped := found.network_address.ipv4_mapped):
        return ipaddress.ip_network(f"{mapped}/{found.prefixlen - 96}")
    return found


def _address(host: str) -> _Address | None:
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    # Go holds both as one.
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found


def is_loopback(host: str) -> bool:
    """Whether a host, without its port, is this machine itself by its name."""
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _ascii(host: str) -> str:
    try:
        return ".".join(label if label.isascii() else label.encode("idna").decode() for label in host.split("."))
    except UnicodeError:
        return host
