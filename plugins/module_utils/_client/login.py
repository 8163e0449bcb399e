# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""With what a client logs in to a cluster: credentials that are given by themselves, or those of a kubeconfig's user."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._common.deadline import Deadline
from .auth_provider import AuthProvider
from .cluster_source import ConnectionOptionsError, Source
from .credentials import ClientCertificate, Credentials, Fixed, Headers, Impersonating, TokenFile, basic, bearer, impersonation
from .exec_credentials import ExecPlugin
from .kubeconfig import Context, read_file


def given_credentials(source: Source, files: Mapping[str, Path]) -> Credentials:
    """Those that are given as options or variables.

    :arg files: C(client_cert) and C(client_key), where they are given.
    :raises ConnectionOptionsError: when they cannot be read, or cannot be what they are given as.
    """
    headers: Headers = ()
    if source.get("api_key"):
        headers = bearer(source.get("api_key"), source.name("api_key"))
    elif source.get("username"):
        headers = basic(source.get("username"), source.get("password"))
    certificate = None
    if "client_cert" in files:
        # The key may be in the same file.
        pair = (("client_cert", files["client_cert"]), ("client_key", files.get("client_key", files["client_cert"])))
        contents = [read_file(path, source.name(option)) for option, path in pair]
        certificate = ClientCertificate(contents[0], contents[1], f"{source.name('client_cert')} {files['client_cert']}")
    return Fixed(headers, certificate)


def users_credentials(context: Context, environment: Mapping[str, str], deadline: Deadline | None) -> Credentials:
    """Those of a kubeconfig's user, with client-go's order: what is written there comes before what a program would say.

    :arg environment: what an exec plugin gets as its environment.
    :arg deadline: when it is cancelled, so is an exec plugin that runs.
    :raises ConnectionOptionsError: when they cannot be read, or the kubeconfig describes none.
    """
    user, origin = context.user, f"user {context.user_name}"
    pair = context.content(user, "client-certificate"), context.content(user, "client-key")
    if (pair[0] is None) != (pair[1] is None):
        raise ConnectionOptionsError(f"{origin} has a client-certificate or a client-key, not both")
    certificate = None if pair[0] is None or pair[1] is None else ClientCertificate(pair[0], pair[1], f"client-certificate of {origin}")
    found: Credentials
    if user.get("tokenFile"):
        found = TokenFile(context.path(str(user["tokenFile"])), f"tokenFile of {origin}", certificate)
    elif user.get("token"):
        found = Fixed(bearer(_text(user, "token", origin), f"token of {origin}"), certificate)
    elif user.get("username") or user.get("password"):
        if not (user.get("username") and user.get("password")):
            raise ConnectionOptionsError(f"{origin} has a username or a password, not both")
        found = Fixed(basic(_text(user, "username", origin), _text(user, "password", origin)), certificate)
    elif certificate is None and user.get("exec"):
        found = ExecPlugin(context, environment, deadline)
    elif certificate is None and user.get("auth-provider"):
        found = AuthProvider(context)
    else:
        found = Fixed((), certificate)
    added = impersonation(user, origin)
    return Impersonating(found, added) if added else found


def _text(user: Mapping[str, Any], field: str, origin: str) -> str:
    value = user[field]
    if not isinstance(value, str):
        # 007 would be 7 by now.
        raise ConnectionOptionsError(f"{field} of {origin} is no text to YAML, but a {type(value).__name__}: put it in quotes")
    return value
