# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Credentials by a kubeconfig's C(auth-provider), which exec plugins have taken the place of (removed from kubectl but for OIDC)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from .cluster_source import ConnectionOptionsError
from .credentials import ClientCertificate, Headers, bearer
from .kubeconfig import Context

_INSTEAD = "Log in anew, or use an exec plugin, which the provider's documentation names."


class AuthProvider:
    """OIDC and GCP, by the C(kubernetes) package, which gets new tokens when they end.

    :raises ConnectionOptionsError: when the package is missing, or gets no token.
    """

    def __init__(self, context: Context) -> None:
        given = context.user["auth-provider"]
        name = str(given.get("name") or "") if isinstance(given, Mapping) else ""
        self._origin = f"auth-provider {name} of user {context.user_name}"
        try:
            from kubernetes import client, config
        except ImportError as error:
            raise ConnectionOptionsError(f"{self._origin} needs the Python package 'kubernetes' ({error})") from error
        self._lock = threading.Lock()
        self._configuration: Any = client.Configuration()
        document = {
            "current-context": "one",
            "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one"}}],
            "clusters": [{"name": "one", "cluster": {"server": str(context.cluster["server"])}}],
            "users": [{"name": "one", "user": {"auth-provider": dict(given) if isinstance(given, Mapping) else {}}}],
        }
        try:
            config.load_kube_config_from_dict(  # type: ignore[no-untyped-call]
                document, client_configuration=self._configuration, persist_config=False
            )
        except Exception as error:  # whatever the provider's library raises
            raise ConnectionOptionsError(f"{self._origin} gives no token ({type(error).__name__}). {_INSTEAD}") from error
        self.headers()

    def headers(self) -> Headers:
        try:
            with self._lock:
                # Gets a new token when the old one is about to end.
                found = self._configuration.auth_settings().values()
        except Exception as error:
            raise ConnectionOptionsError(f"{self._origin} gives no new token ({type(error).__name__}). {_INSTEAD}") from error
        values = [str(setting["value"]) for setting in found if setting["in"] == "header" and setting["value"]]
        if not values:
            raise ConnectionOptionsError(f"{self._origin} gives no token. {_INSTEAD}")
        return bearer(values[0].removeprefix("Bearer "), self._origin)

    def certificate(self) -> ClientCertificate | None:
        return None

    def renew(self, refused: Headers) -> bool:
        return False
