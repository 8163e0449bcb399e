# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which cluster is meant, and how to talk to it. Option names are those of kubernetes.core.

A cluster counts as named by a kubeconfig or a host, given as options or as C(K8S_AUTH_*). C(KUBECONFIG),
C(~/.kube/config) and in-cluster credentials do not: a job in AWX would then change AWX's own cluster.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .._objects.manifests import read_mapping
from .http import Client

# Requests in flight at the same time, over all modules.
MAX_CONNECTIONS = 32


class ConnectionOptionsError(Exception):
    """No cluster is named, or what names it cannot be used."""


def _env(name: str) -> tuple[Any, list[str]]:
    from ansible.module_utils.basic import env_fallback

    return env_fallback, [f"K8S_AUTH_{name}"]


def connection_spec() -> dict[str, dict[str, Any]]:
    """The connection options, for an argument spec; documented in the fragment C(mlplatform.kubeflow._connection)."""
    return {
        "kubeconfig": {"type": "path", "fallback": _env("KUBECONFIG")},
        "context": {"type": "str", "fallback": _env("CONTEXT")},
        "host": {"type": "str", "fallback": _env("HOST")},
        "api_key": {"type": "str", "no_log": True, "fallback": _env("API_KEY")},
        "username": {"type": "str", "fallback": _env("USERNAME")},
        "password": {"type": "str", "no_log": True, "fallback": _env("PASSWORD")},
        "validate_certs": {"type": "bool", "aliases": ["verify_ssl"], "fallback": _env("VERIFY_SSL")},
        "ca_cert": {"type": "path", "aliases": ["ssl_ca_cert"], "fallback": _env("SSL_CA_CERT")},
        "client_cert": {"type": "path", "aliases": ["cert_file"], "fallback": _env("CERT_FILE")},
        "client_key": {"type": "path", "aliases": ["key_file"], "no_log": False, "fallback": _env("KEY_FILE")},
        "proxy": {"type": "str", "fallback": _env("PROXY")},
        "no_proxy": {"type": "str", "fallback": _env("NO_PROXY")},
    }


def connect(params: Mapping[str, Any]) -> Client:
    """A client for the cluster that the options name; nothing is sent yet.

    :raises ConnectionOptionsError: when no cluster is named, the kubeconfig is missing or unusable, or the
        C(kubernetes) package is not there.
    """
    try:
        from kubernetes import client as kubernetes_client
        from kubernetes import config as kubernetes_config
    except ImportError as error:
        raise ConnectionOptionsError(f"The Python package 'kubernetes' is missing ({error}): pip install 'kubernetes>=24.2.0'") from error

    configuration = kubernetes_client.Configuration()
    kubeconfig, host = params.get("kubeconfig"), params.get("host")
    if kubeconfig:
        if not Path(kubeconfig).is_file():
            raise ConnectionOptionsError(
                f"kubeconfig {kubeconfig} does not exist. Set kubeflow_kubeconfig to the file that names your cluster."
            )
        try:
            kubernetes_config.load_kube_config(  # type: ignore[no-untyped-call]
                config_file=kubeconfig, context=params.get("context") or None, client_configuration=configuration, persist_config=False
            )
        except Exception as error:  # the loader raises whatever its YAML, files and exec plugins raise
            raise ConnectionOptionsError(f"kubeconfig {kubeconfig} cannot be used: {error}{_contexts_of(kubeconfig)}") from error
    elif not host:
        raise ConnectionOptionsError(
            "No cluster is named. Set kubeflow_kubeconfig (and kubeflow_context), or host and api_key, or K8S_AUTH_KUBECONFIG or K8S_AUTH_HOST. "
            "KUBECONFIG and ~/.kube/config do not count, so that nothing is installed by accident."
        )
    for option in ("ca_cert", "client_cert", "client_key"):
        if params.get(option) and not Path(params[option]).is_file():
            raise ConnectionOptionsError(f"{option} {params[option]} does not exist")
    _override(configuration, params)
    configuration.connection_pool_maxsize = MAX_CONNECTIONS
    try:
        api = kubernetes_client.ApiClient(configuration)
    except Exception as error:  # certificates are read here
        raise ConnectionOptionsError(f"The connection to {configuration.host} cannot be set up: {error}") from error
    fixed = _fixed_headers(params)

    def authenticate() -> dict[str, str]:
        # auth_settings() refreshes a token of an exec plugin that is about to expire.
        settings: Iterable[Mapping[str, Any]] = configuration.auth_settings().values()  # type: ignore[assignment]
        told = {str(setting["key"]): str(setting["value"]) for setting in settings if setting["in"] == "header" and setting["value"]}
        return {**told, **fixed}

    return Client(api.rest_client.pool_manager, configuration.host, authenticate)


def _contexts_of(kubeconfig: str) -> str:
    """What there is to choose from, since most kubeconfigs that cannot be used lack a current context."""
    try:
        names = [str(entry["name"]) for entry in read_mapping(Path(kubeconfig)).get("contexts") or ()]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f". Set kubeflow_context to one of its contexts: {', '.join(names)}" if names else ". It has no contexts."


def _override(configuration: Any, params: Mapping[str, Any]) -> None:
    """Single options come before what the kubeconfig says."""
    names = {
        "host": "host",
        "ca_cert": "ssl_ca_cert",
        "client_cert": "cert_file",
        "client_key": "key_file",
        "proxy": "proxy",
        "no_proxy": "no_proxy",
    }
    for option, attribute in names.items():
        if params.get(option):
            setattr(configuration, attribute, params[option])
    if params.get("validate_certs") is not None:
        configuration.verify_ssl = params["validate_certs"]
    if params.get("api_key"):
        configuration.api_key = {"authorization": f"Bearer {params['api_key']}"}
        configuration.refresh_api_key_hook = None


def _fixed_headers(params: Mapping[str, Any]) -> dict[str, str]:
    if not (params.get("username") and params.get("password")):
        return {}
    pair = f"{params['username']}:{params['password']}".encode()
    return {"authorization": f"Basic {base64.b64encode(pair).decode()}"}
