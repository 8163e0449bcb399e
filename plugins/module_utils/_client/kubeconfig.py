# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One context of a kubeconfig, read as kubectl reads it (client-go's tools/clientcmd).

The C(kubernetes) package reads kubeconfigs too, but goes on without credentials where a user or an exec plugin is missing or
fails, and its messages show the lines of a file that is not YAML, which may be a token.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._common.naming import option_name
from .._objects.manifests import load_document
from .cluster_source import ConnectionOptionsError

# ansible.parsing.vault: what a file that ansible-vault has encrypted begins with.
_VAULT = b"$ANSIBLE_VAULT;"


@dataclass(frozen=True)
class Context:
    """A context with its cluster and user as they stand in the file; paths in them count from C(folder)."""

    name: str
    cluster: Mapping[str, Any]
    user: Mapping[str, Any]
    user_name: str
    folder: Path

    def content(self, entry: Mapping[str, Any], field: str) -> bytes | None:
        """C(<field>-data), or what is in the file that C(field) names; None when neither is given.

        :raises ConnectionOptionsError: when it cannot be read.
        """
        if data := entry.get(f"{field}-data"):
            try:
                return base64.b64decode(str(data), validate=True)
            except (binascii.Error, ValueError):
                raise ConnectionOptionsError(f"{field}-data of context {self.name} is not base64") from None
        return self.read(str(entry[field]), field) if entry.get(field) else None

    def path(self, text: str) -> Path:
        return self.folder / text

    def read(self, path: str, field: str) -> bytes:
        """:raises ConnectionOptionsError: when the file cannot be read."""
        return read_file(self.path(path), f"{field} of context {self.name}")


def read_file(path: Path, what: str) -> bytes:
    """:raises ConnectionOptionsError: when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ConnectionOptionsError(f"{what} {path} does not exist") from None
    except OSError as error:
        raise ConnectionOptionsError(f"{what} {path} cannot be read: {error.strerror}") from error


def read_context(path: str, context: str | None, context_setting: str = "context") -> Context:
    """The named context of a kubeconfig, or its current one.

    :arg context_setting: what to tell people to set to choose a context.
    :raises ConnectionOptionsError: when the file is missing or is no kubeconfig, or has no such context, cluster or user.
    """
    document = _load(path)

    def unusable(why: str) -> ConnectionOptionsError:
        return ConnectionOptionsError(f"kubeconfig {path} cannot be used: {why}")

    def entries(kind: str) -> dict[str, Mapping[str, Any]]:
        found = document.get(kind) or []
        if not isinstance(found, list) or not all(isinstance(entry, Mapping) and entry.get("name") for entry in found):
            raise unusable(f"its {kind} are no list of entries with names")
        inner = kind.removesuffix("s")
        for entry in found:
            if not isinstance(entry.get(inner) or {}, Mapping):
                raise unusable(f"{inner} {entry['name']} is no mapping")
        # The first of a name counts, as in client-go.
        return {str(entry["name"]): entry.get(inner) or {} for entry in reversed(found)}

    contexts, clusters, users = entries("contexts"), entries("clusters"), entries("users")
    name = context or str(document.get("current-context") or "")
    if name not in contexts:
        why = f"it has no context {name}" if name else "it has no current context"
        choice = (
            f"Set {context_setting} to one of its contexts: {', '.join(sorted(contexts))}" if contexts else "It has no contexts at all."
        )
        raise unusable(f"{why}. {choice}")
    chosen = contexts[name]
    cluster, user = str(chosen.get("cluster") or ""), str(chosen.get("user") or "")
    if not cluster or cluster not in clusters:
        raise unusable(f"context {name} is of cluster {cluster}, which is not in it" if cluster else f"context {name} is of no cluster")
    if user and user not in users:
        raise unusable(f"context {name} is of user {user}, who is not in it")
    if not clusters[cluster].get("server"):
        raise unusable(f"cluster {cluster} has no server")
    return Context(name, clusters[cluster], users.get(user, {}), user, Path(path).absolute().parent)


def _load(path: str) -> Mapping[str, Any]:
    try:
        content = read_file(Path(path), "kubeconfig")
    except ConnectionOptionsError as error:
        if ":" in path:
            raise ConnectionOptionsError(
                f"kubeconfig {path} names several files, and one is meant here. "
                f"Make one of them: KUBECONFIG={path} kubectl config view --flatten"
            ) from error
        raise ConnectionOptionsError(f"{error}. Set {option_name('kubeconfig')} to the file that names your cluster.") from error
    if content.startswith(_VAULT):
        raise ConnectionOptionsError(
            f"kubeconfig {path} is encrypted by ansible-vault, and is read as it is. "
            f"Decrypt it to a file that only you can read: ansible-vault decrypt --output <file> {path}"
        )
    try:
        document = load_document(content.decode())
    except ValueError as error:
        raise ConnectionOptionsError(f"kubeconfig {path} cannot be used: it is not YAML ({_without_content(error)})") from error
    if not isinstance(document, Mapping) or not document:
        found = "empty" if not document else f"no mapping, but a {type(document).__name__}"
        raise ConnectionOptionsError(f"kubeconfig {path} cannot be used: it is {found}")
    return document


def _without_content(error: ValueError) -> str:
    # What a codec says holds bytes of the file.
    return f"byte {error.start} is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
