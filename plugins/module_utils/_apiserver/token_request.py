# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which flags kube-apiserver needs so that TokenRequest works, and so that issuer and audiences are those that are wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import NodeError
from .flags import API_AUDIENCES, ISSUER, KEY_FILE, SEVERAL_ISSUERS, SIGNING_KEY_FILE, TLS_KEY_FILE, audiences

DEFAULT_ISSUER = "https://kubernetes.default.svc.cluster.local"
"""What kubeadm sets since 1.20, with the default cluster domain (cmd/kubeadm/app/phases/controlplane/manifests.go)."""
FIRST = (1, 12)
"""Since this version TokenRequest is on where the flags are (feature gate TokenRequest, beta)."""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_PATH = re.compile(r"/[^\x00-\x1f\x7f,]+")
# C0, blanks and commas: a comma ends an audience on the command line.
_AUDIENCE = re.compile(r"[^\x00-\x20\x7f,]+")


@dataclass(frozen=True)
class Wish:
    """What is asked for; empty means: as it is, or what is needed.

    C(issuer) issues from now on, C(api_audiences) are accepted beside those that are, C(signing_key_file) and C(key_file) are paths as
    kube-apiserver sees them. With C(replace_issuer) an earlier issuer is no longer accepted.
    """

    issuer: str = ""
    api_audiences: tuple[str, ...] = ()
    signing_key_file: str = ""
    key_file: str = ""
    replace_issuer: bool = False

    def __post_init__(self) -> None:
        _check_issuer(self.issuer)
        for audience in self.api_audiences:
            if not _AUDIENCE.fullmatch(audience):
                raise NodeError(f"api_audiences has {audience!r}: an audience is a text without blanks and commas")
        for option, path in (("service_account_signing_key_file", self.signing_key_file), ("service_account_key_file", self.key_file)):
            if path and not _PATH.fullmatch(path):
                raise NodeError(f"{option} is {path!r}: an absolute path is meant, as kube-apiserver sees it")


def wanted_flags(
    live: Mapping[str, tuple[str, ...]], version: tuple[int, int], wish: Wish, signing_key_file: str
) -> dict[str, tuple[str, ...]]:
    """All values of each flag that has to change; nothing when all is there.

    :arg live: the flags that are there, from C(flags.values).
    :arg version: of kube-apiserver.
    :arg signing_key_file: the key to sign with where nothing else says which.
    :raises NodeError: when it cannot be had in this version, or would end tokens and nobody asked for that.
    """
    if version < FIRST:
        raise NodeError(f"Kubernetes {_dotted(version)} has no TokenRequest; it needs {_dotted(FIRST)} or newer")
    new: dict[str, tuple[str, ...]] = {}
    signing = wish.signing_key_file or _first(live, SIGNING_KEY_FILE) or signing_key_file
    new[SIGNING_KEY_FILE] = (signing,)
    # Without the flag, tokens are verified with the server's own key; naming others would end that (kube-apiserver's CompletedOptions).
    keys = live.get(KEY_FILE) or live.get(TLS_KEY_FILE, ())
    new[KEY_FILE] = _with(keys or (wish.key_file or signing,), wish.key_file)
    new[ISSUER] = _issuers(live.get(ISSUER, ()), version, wish)
    accepted = audiences(live)
    more = [audience for audience in wish.api_audiences if audience not in accepted]
    if more:
        given = live.get(API_AUDIENCES, ())
        # Once the flag is there the issuers are no audiences by themselves any more, and they are those of tokens that pods have.
        first = given[:-1] if given else ()
        new[API_AUDIENCES] = (*first, ",".join(dict.fromkeys([*(given[-1:] or (*new[ISSUER], *accepted)), *more])))
    return {name: values for name, values in new.items() if values != live.get(name, ())}


def _issuers(live: tuple[str, ...], version: tuple[int, int], wish: Wish) -> tuple[str, ...]:
    if not wish.issuer:
        return live or (DEFAULT_ISSUER,)
    if wish.replace_issuer or not live or live[0] == wish.issuer:
        return (wish.issuer,) if wish.replace_issuer or not live else live
    if version < SEVERAL_ISSUERS:
        raise NodeError(
            f"The issuer is {live[0]}, and Kubernetes {_dotted(version)} accepts one only: with {wish.issuer} in its place all tokens that pods"
            " have end at once, until each pod is restarted. Set apiserver_patch_replace_issuer (option replace_issuer) to do it anyway,"
            f" leave the issuer empty to keep it, or upgrade to {_dotted(SEVERAL_ISSUERS)}, which keeps the old one as a second"
        )
    return (wish.issuer, *(issuer for issuer in live if issuer != wish.issuer))


def meaning(issuers: tuple[str, ...]) -> list[str]:
    """What the issuer means for those who check tokens, a line each, where it is of consequence."""
    if not issuers or urlsplit(issuers[0]).scheme == "https":
        return []
    return [
        f"The issuer {issuers[0]} is no https URL, so the API server publishes no keys for it (OIDC discovery). Istio's own token checks do not"
        " need them; the gateway's of Kubeflow 1.9 and newer does. The issuer that it works with is " + DEFAULT_ISSUER
    ]


def _check_issuer(issuer: str) -> None:
    if not issuer or _NAME.fullmatch(issuer):
        return
    try:
        parts = urlsplit(issuer)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:
        usable = False
    if not usable or not _AUDIENCE.fullmatch(issuer) or "@" in issuer:
        raise NodeError(
            f"service_account_issuer is {issuer!r}: a URL like {DEFAULT_ISSUER} is meant, or a plain name like kubernetes.default.svc"
        )


def _with(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return values if not value or value in values else (*values, value)


def _first(live: Mapping[str, tuple[str, ...]], name: str) -> str:
    return live[name][0] if live.get(name) else ""


def _dotted(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
