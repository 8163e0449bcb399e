# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""References to images: their grammar (github.com/distribution/reference, regexp.go), and what people write for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..._common.naming import option_name

_COMPONENT = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_HOST = rf"(?:{_COMPONENT}(?:\.{_COMPONENT})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_PATH = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r"[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}"
# Those that opencontainers/go-digest knows.
_DIGITS = {"sha256": 64, "sha384": 96, "sha512": 128}
_DIGEST = "|".join(f"{algorithm}:[0-9a-f]{{{digits}}}" for algorithm, digits in _DIGITS.items())
_NAME = rf"(?:{_HOST}/)?{_PATH}(?:/{_PATH})*"
_REFERENCE = re.compile(rf"(?P<name>{_NAME})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?")
# reference.RepositoryNameTotalLengthMax
MOST = 255
_ID = re.compile(r"[0-9a-f]{64}")

DOCKER_HUB = "docker.io"
# The names by which Docker's own configuration files know it, and the host that answers.
_ALSO_DOCKER_HUB = ("index.docker.io", "index.docker.io/v1", "registry-1.docker.io")
_SCHEME = re.compile(r"(?:https?|docker|oci)://", re.IGNORECASE)
_PASSWORD = re.compile(r"(?<![^/])[^/@\s]*:[^/@\s]*@(?!sha\d)")


class ImageError(ValueError):
    """What is no image or registry; the message begins with what was given."""


@dataclass(frozen=True, order=True)
class Reference:
    """An image as it is written: C(name) with or without a registry, C(tag) and C(digest) empty where there is none."""

    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference | None:
        """None for what is no reference."""
        found = _REFERENCE.fullmatch(text)
        if not found or len(found["name"]) > MOST or _ID.fullmatch(found["name"]):
            return None
        return cls(found["name"], found["tag"] or "", found["digest"] or "")

    @property
    def canonical(self) -> tuple[str, str]:
        """Registry and repository: C(mysql) is C(docker.io) and C(library/mysql) (normalize.go: splitDockerDomain)."""
        first, slash, rest = self.name.partition("/")
        if not slash or not _is_host(first):
            return DOCKER_HUB, self.name if slash else f"library/{self.name}"
        host = first.lower()
        if host in (DOCKER_HUB, "index.docker.io"):
            return DOCKER_HUB, rest if "/" in rest else f"library/{rest}"
        return host, rest

    def __str__(self) -> str:
        return self.name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def _is_host(first: str) -> bool:
    """Whether what is before the first slash is a registry rather than an account of Docker Hub."""
    return bool(re.search(r"[.:A-Z]", first)) or first == "localhost"


def read_image(given: Any) -> Reference:
    """An image as it was meant: without space around it or a scheme before it, its host in small letters.

    :raises ImageError: when it is not to be seen what was meant.
    """
    text = _text(given)
    first, slash, _rest = text.partition("/")
    # An account with capital letters would pass for the host of a registry.
    account = bool(slash) and _is_host(first) and not _is_host(first.lower())
    found = None if account else Reference.parse(text)
    if found is None:
        raise ImageError(f"{_shown(given)} {_why_no_image(text)}")
    return _with_small_host(found)


def read_registry(given: Any) -> str:
    """The host of a registry as C(Reference.canonical) has it.

    :raises ImageError: when it is none.
    """
    text = _text(given).rstrip("/").lower()
    if not text:
        raise ImageError("the name of a registry is empty")
    if text in _ALSO_DOCKER_HUB:
        return DOCKER_HUB
    if re.fullmatch(_HOST, text):
        return text
    if "/" in text:
        raise ImageError(f"{_shown(given)} is more than the host of a registry; single images have {option_name('images')}")
    raise ImageError(f"{_shown(given)} is no host of a registry, like docker.io or registry.example.com:5000")


def read_prefix(given: Any) -> str:
    """A registry, or a path in one, to stand before names: without the slash at its end.

    :raises ImageError: when no name can stand behind it.
    """
    text = _text(given).rstrip("/")
    if not text:
        raise ImageError(f"{_shown(given)} is empty")
    first = text.partition("/")[0]
    found = Reference.parse(f"{text}/x")
    if found is None or found.tag or found.digest:
        raise ImageError(f"{_shown(given)} {_why_no_prefix(text)}")
    if not _is_host(first.lower()):
        raise ImageError(
            f"{_shown(given)} begins with no host of a registry, which has a dot or a port or is localhost; "
            f"what is on Docker Hub begins with {DOCKER_HUB}/{text}"
        )
    return _with_small_host(found).name.removesuffix("/x")


def _with_small_host(image: Reference) -> Reference:
    """Hosts have no case, and what compares them as text (credentials, mirrors of a node) has them in small letters."""
    first, slash, rest = image.name.partition("/")
    return Reference(f"{first.lower()}/{rest}" if slash else image.name, image.tag, image.digest)


def _text(given: Any) -> str:
    if given is None:
        raise ImageError(f"{given} is empty")
    if not isinstance(given, str):
        raise ImageError(f"{given!r} is no text: put it in quotes")
    return _SCHEME.sub("", given.strip(), count=1)


def _shown(given: Any) -> str:
    """On one line, without a password, and not without end."""
    text = _PASSWORD.sub("…@", str(given))
    return repr(text if len(text) <= 200 else f"{text[:200]}…")


def _why_no_image(text: str) -> str:
    name, at, digest = text.partition("@")
    path, _colon, tag = name.rpartition("/")[2].partition(":")
    algorithm, _colon, digits = digest.partition(":")
    whole = name.removesuffix(f":{tag}") if tag else name
    if not text:
        return "is empty"
    if re.search(r"\s", text):
        return "holds a space"
    if text.endswith("/"):
        return "ends with a slash: the name of an image has to follow"
    if at and not re.fullmatch(_DIGEST, digest):
        if algorithm in _DIGITS and re.fullmatch("[0-9a-f]+", digits):
            return f"has a digest of {len(digits)} digits: {algorithm} has {_DIGITS[algorithm]}"
        return "has a digest that is none: sha256: and 64 of the digits 0 to 9 and a to f"
    if re.search("[A-Z]", whole) and Reference.parse(small := text.replace(whole, whole.lower(), 1)):
        return f"holds capital letters, which no repository has: {small} is perhaps meant"
    if name.endswith(":"):
        return "has no tag behind its colon"
    if tag and path and not re.fullmatch(_TAG, tag):
        return "has a tag that is none: at most 128 letters, digits, dots, dashes and underscores, the first no dot or dash"
    if len(whole) > MOST:
        return f"has a name of {len(whole)} characters: {MOST} are the most"
    if _ID.fullmatch(whole):
        return "is the ID of an image, not its name"
    return f"is no name of an image, like registry.example.com/mysql:8.4{'@sha256:…' if at else ''}"


def _why_no_prefix(text: str) -> str:
    small = Reference.parse(f"{text.lower()}/x")
    if re.search(r"\s", text):
        return "holds a space"
    if small and not small.tag and text != text.lower():
        return f"holds capital letters, which no repository has: {text.lower()} is perhaps meant"
    return "is no registry with a path, like registry.example.com/hub"
