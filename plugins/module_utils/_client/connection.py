# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster is meant, and how to talk to it. Option names are those of kubernetes.core.

A cluster counts as named by a kubeconfig or a host, given as options or as C(K8S_AUTH_*). C(KUBECONFIG),
C(~/.kube/config) and in-cluster credentials do not: a job in AWX would then change AWX's own cluster.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from .._common.deadline import Deadline
from .._common.download import secrets_in
from .._common.naming import NAMING_SPEC, option_name
from .cluster_source import ConnectionOptionsError, Source, choose
from .credentials import ClientCertificate, Credentials, Fixed
from .http import NO_CREDENTIALS, ApiError, Client
from .kubeconfig import read_context, read_file
from .login import given_credentials, users_credentials
from .pools import pool_through
from .proxies import Proxy, proxy_for
from .tls import tls_context

__all__ = ["UNREACHABLE", "ConnectionOptionsError", "NamedCluster", "cluster_of", "connect", "connection_spec", "named_cluster"]

Answer = TypeVar("Answer")

UNREACHABLE = "Check that the cluster runs, and the host, proxy and credentials that name it."
"""What to do when an API server does not answer."""

# Requests in flight at the same time, over all modules.
MAX_CONNECTIONS = 32


def connection_spec() -> dict[str, dict[str, Any]]:
    """The connection options, for an argument spec; documented in the fragment C(mlplatform.kubeflow._connection).

    They have no C(fallback): that would fill what one source leaves open from the other.
    """
    return {
        "kubeconfig": {"type": "path"},
        "context": {"type": "str"},
        "host": {"type": "str"},
        "api_key": {"type": "str", "no_log": True},
        "username": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "validate_certs": {"type": "bool", "aliases": ["verify_ssl"]},
        "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"]},
        "client_cert": {"type": "path", "aliases": ["cert_file"]},
        "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False},
        "proxy": {"type": "str"},
        "no_proxy": {"type": "str"},
        **NAMING_SPEC,
        "cluster": {"type": "dict", "options": {"host": {"type": "str", "required": True}, "uid": {"type": "str", "default": ""}}},
    }


@dataclass(frozen=True)
class NamedCluster:
    """A cluster with all that is said of it. Nothing is sent yet, and no plugin has run.

    C(host) is the URL of its API server, C(kubeconfig) and C(context) are empty where it is named without.
    """

    source: Source
    host: str
    kubeconfig: str
    context: str
    verify: bool
    server_name: str | None
    proxy: Proxy | None
    authorities: Callable[[], bytes | None]
    credentials: Callable[[Deadline | None], Credentials]

    @property
    def unverified(self) -> str:
        """What to say when the server's certificate is not checked; empty when it is, or there is none."""
        if self.verify or not self.host.startswith("https"):
            return ""
        said = f"The certificate of {self.host} is not checked, so whoever stands between can read the credentials and change what is applied. "
        if self.source.get("validate_certs") is None:
            return f"{said}Context {self.context} of the kubeconfig says insecure-skip-tls-verify."
        # awx_plugins' injector for the type kubernetes_bearer_token: without a CA it turns verification off, whatever is ticked.
        awx = (
            " AWX says so also where its credential has Verify SSL ticked and no Certificate Authority data: fill it in."
            if self.source.kind == "environment"
            else ""
        )
        return f"{said}{self.source.name('validate_certs')} is false.{awx}"

    def connect(self, deadline: Deadline | None = None) -> Client:
        """A client for it.

        :arg deadline: when it is cancelled, so is an exec plugin that runs, now or later.
        :raises ConnectionOptionsError: when its certificates or credentials cannot be had.
        """
        return self.clients(deadline)()

    def clients(self, deadline: Deadline | None = None) -> Callable[[], Client]:
        """What makes clients for it: all with the same credentials, each with connections of its own. It raises as C(connect) does.

        :arg deadline: as for C(connect).
        :raises ConnectionOptionsError: when its credentials cannot be had.
        """
        credentials = self.credentials(deadline)
        # Now, since this is where a plugin that fails is said best.
        credentials.headers()
        return lambda: Client(
            _Pool(self, credentials),
            self.host,
            lambda: _at_work(credentials.headers),
            renew=lambda refused: _at_work(lambda: credentials.renew(refused)),
            via=self.proxy.url if self.proxy else "",
        )


def _at_work(ask: Callable[[], Answer]) -> Answer:
    """What credentials say once requests are under way: that there are none any more is then the answer to a request."""
    try:
        return ask()
    except ConnectionOptionsError as error:
        raise ApiError(401, str(error), NO_CREDENTIALS) from error


class _Pool:
    """Connections that are kept, all with the client certificate that is good now."""

    def __init__(self, cluster: NamedCluster, credentials: Credentials) -> None:
        self._cluster, self._credentials = cluster, credentials
        self._authorities = cluster.authorities()
        self._made_for = credentials.certificate()
        self.manager = self._make(self._made_for)

    def request(self, method: str, url: str, **options: Any) -> Any:
        certificate = _at_work(self._credentials.certificate)
        if certificate != self._made_for:
            # Requests that are under way end on the connections that they have.
            self._made_for, self.manager = certificate, _at_work(lambda: self._make(certificate))
        return self.manager.request(method, url, **options)

    def _make(self, certificate: ClientCertificate | None) -> Any:
        cluster = self._cluster
        named_by = cluster.source.name("ca_cert")
        how: dict[str, Any] = {
            "maxsize": MAX_CONNECTIONS,
            "ssl_context": tls_context(
                verify=cluster.verify,
                authorities=self._authorities,
                authorities_origin=named_by if cluster.source.get("ca_cert") else f"certificate-authority of context {cluster.context}",
                certificate=certificate,
            ),
        }
        if cluster.server_name:
            how["server_hostname"] = cluster.server_name
        return pool_through(cluster.proxy, **how)


def named_cluster(options: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> NamedCluster:
    """The cluster that is named by options or by the environment.

    :arg options: those of C(connection_spec).
    :arg environment: by default that of this process.
    :raises ConnectionOptionsError: when none is named, or the kubeconfig or other files are missing or unusable.
    """
    environment = os.environ if environment is None else environment
    source = choose(options, environment)
    context = read_context(source.get("kubeconfig"), source.get("context"), _setting(source)) if source.get("kubeconfig") else None
    cluster = context.cluster if context else {}
    given = {name: _existing(source, name) for name in ("ca_cert", "client_cert", "client_key") if source.get(name)}

    def authorities() -> bytes | None:
        if "ca_cert" in given:
            return read_file(given["ca_cert"], source.name("ca_cert"))
        return context.content(cluster, "certificate-authority") if context else None

    def credentials(deadline: Deadline | None) -> Credentials:
        # What is given beside a kubeconfig takes the place of its user, as a whole.
        if any(source.get(option) for option in ("api_key", "username", "client_cert")):
            return given_credentials(source, given)
        return users_credentials(context, environment, deadline) if context else Fixed()

    # Who gives certificates to trust wants them used (client-go's clientcmd does so too).
    verify = not cluster.get("insecure-skip-tls-verify") or "ca_cert" in given
    if source.get("validate_certs") is not None:
        verify = source.get("validate_certs")
    if context:
        host = _url(str(cluster["server"]), f"server of context {context.name}", "https" if any(map(cluster.get, _SECURED)) else "http")
    else:
        host = _url(source.get("host"), source.name("host"))
    named = source.get("proxy") or cluster.get("proxy-url")
    return NamedCluster(
        source=source,
        host=host,
        kubeconfig=str(source.get("kubeconfig") or ""),
        context=context.name if context else "",
        verify=verify,
        server_name=str(cluster["tls-server-name"]) if cluster.get("tls-server-name") else None,
        proxy=proxy_for(
            host,
            environment,
            named=str(named) if named else None,
            named_by=source.name("proxy") if source.get("proxy") else f"proxy-url of context {context.name if context else ''}",
            no_proxy=source.get("no_proxy"),
        ),
        authorities=authorities,
        credentials=credentials,
    )


def cluster_of(module: Any) -> NamedCluster:
    """The cluster that a module's options or its environment name; variables that have no effect are said once, at a run's beginning.

    :arg module: the C(AnsibleModule).
    :raises ConnectionOptionsError: as C(named_cluster).
    """
    named = named_cluster(module.params)
    if named.source.warning and module.params.get("cluster") is None:
        module.warn(named.source.warning)
    # Those that come from the environment are no arguments, whose secrets Ansible masks by itself.
    secrets = {named.source.get(option) for option in ("api_key", "password")} - {None}
    module.no_log_values.update(secrets, secrets_in(named.source.get("proxy") or ""))
    return named


def connect(options: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Client:
    """A client for the cluster that is named; nothing is sent yet.

    :raises ConnectionOptionsError: when no cluster is named, or what names it cannot be used.
    """
    return named_cluster(options, environment).connect()


# What makes a server without a scheme one of https (client-go's rest.defaultServerUrlFor).
_SECURED = ("certificate-authority", "certificate-authority-data", "insecure-skip-tls-verify")


def _setting(source: Source) -> str:
    return option_name("context") if source.kind == "options" else f"{option_name('context')} or {source.name('context')}"


def _existing(source: Source, option: str) -> Path:
    path = Path(source.get(option))
    if not path.is_file():
        raise ConnectionOptionsError(f"{source.name(option)} {path} does not exist")
    return path


def _url(text: str, what: str, scheme: str = "") -> str:
    """The URL of an API server; C(scheme) is taken where it has none, and it has to have one when that is empty."""
    text = text.strip()
    try:
        parts = urlsplit(f"{scheme}://{text}" if scheme and "://" not in text else text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not all("!" <= character <= "~" for character in text):
        raise ConnectionOptionsError(f"{what} is no URL of an API server: it is like https://203.0.113.7:6443")
    if parts.username is not None:
        raise ConnectionOptionsError(f"{what} has a user in it: give username and password by themselves")
    return parts._replace(query="", fragment="").geturl().rstrip("/")
