# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Published files: from a release page or a mirror of it, held against their checksums.

A pinned checksum, read from a public list, decides; the one that is published with a file is then a second witness, which may be missing
but not disagree. Without a pinned one the published one decides alone, and nothing is used without either.
"""

from __future__ import annotations

import json
import re
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from .._common.download import ChecksumMismatch, DownloadError, NotFound, Unreachable, fetch, redacted
from .._common.mirror import is_url, mirrored
from .recipe import Binary, Download, Origin, Refused, Unavailable

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

Fetch = Callable[..., None]
"""C(_download.fetch) with its time limits filled in."""


class Releases:
    """Gets files from release pages, or from their copies in C(mirror). A host that was not reached is not asked again."""

    def __init__(self, mirror: str = "", fetcher: Fetch = fetch) -> None:
        self.mirror = mirror
        self._fetch = fetcher
        self._unreachable: dict[str, str] = {}

    def get(self, binary: Binary, destination: Path) -> Origin:
        """Put the binary to C(destination); the folder it is in is scratch. Returns where it came from.

        :raises Unavailable: when this place does not have it, or not with a checksum.
        :raises Refused: when it has another file than a checksum says, or tells another checksum than the pinned one.
        """
        download = binary.download
        if download is None:
            raise Unavailable("its recipe names no release page")
        origin = self._location(download.url)
        scratch = destination.with_name(f"{destination.name}.download")
        digest, witness = self._digest(binary, download, scratch)
        try:
            self._file(origin, scratch, digest)
        except NotFound as error:
            raise Unavailable(str(error)) from error
        except ChecksumMismatch as error:
            raise Refused(
                f"{binary}: {error}. It was not kept, and nothing else was tried in its place. Either the file was changed on its way "
                f"(a proxy, a mirror), or where it comes from was: find out before going on. {witness}"
            ) from error
        if download.member:
            _extract(scratch, download.member, destination, redacted(origin))
            scratch.unlink()
        else:
            scratch.rename(destination)
        return Origin(redacted(origin), "pinned" if download.sha256 else "published")

    def _location(self, url: str) -> str:
        return mirrored(url, self.mirror) if self.mirror else url

    def _digest(self, binary: Binary, download: Download, scratch: Path) -> tuple[str, str]:
        """The checksum that the file must have, and a sentence on who says so."""
        pinned = download.sha256
        try:
            published, place = self._published(download, scratch)
        except Unavailable:
            if pinned is None:
                raise
            return pinned, "That checksum is pinned; its publisher tells none."
        if pinned is None:
            return published, f"The checksum is from {place}."
        if published != pinned:
            raise Refused(
                f"{binary}: {place} tells the SHA-256 checksum {published} for {_file_name(download.url)}, but {pinned} is pinned. Nothing "
                "was downloaded, or tried in its place. Either the file was replaced after it was published, or it is not its publisher that "
                "answers there (a proxy, a mirror): find out before going on. A binary of your own can be put in PATH."
            )
        return pinned, f"That checksum is pinned; {place} tells the same."

    def _published(self, download: Download, scratch: Path) -> tuple[str, str]:
        """The checksum that is told next to the file, and where.

        :raises Unavailable: when there is none.
        """
        candidates = [(download.checksum_url, download.checksum_form)]
        if self.mirror:
            # For a mirror of a page that publishes none, or for who makes a mirror by hand.
            candidates.append((f"{download.url}.sha256", "single"))
        missing: list[str] = []
        for url, form in candidates:
            location = self._location(url)
            try:
                self._file(location, scratch, None)
            except NotFound as error:
                missing.append(str(error))
                continue
            text = scratch.read_text(encoding="utf-8", errors="replace")
            digest = published_digest(text, form, _file_name(download.url))
            if digest:
                return digest, redacted(location)
            missing.append(f"{redacted(location)} has no checksum for {_file_name(download.url)}")
        raise Unavailable(f"no published checksum, and nothing is used without one: {'; '.join(missing)}")

    def _file(self, location: str, destination: Path, digest: str | None) -> None:
        host = urlsplit(location).netloc if is_url(location) else ""
        if host in self._unreachable:
            raise Unavailable(f"{redacted(location)}: its host was not reached before ({self._unreachable[host]})")
        try:
            self._fetch(location, destination, sha256=digest)
        except (NotFound, ChecksumMismatch):
            raise
        except Unreachable as error:
            self._unreachable[host] = str(error)
            raise Unavailable(str(error)) from error
        except DownloadError as error:
            raise Unavailable(str(error)) from error


def published_digest(text: str, form: str, file_name: str) -> str | None:
    """The SHA-256 digest of C(file_name) in a published text of that form; None when it has none."""
    if form == "github":
        return _github_digest(text, file_name)
    if form == "single":
        words = text.split()
        return words[0].lower() if words and _SHA256.fullmatch(words[0]) else None
    for line in text.splitlines():
        words = line.split()
        # "digest  name", "digest *name" (binary mode), "digest  ./folder/name"
        if len(words) == 2 and _SHA256.fullmatch(words[0]) and words[1].lstrip("*").rpartition("/")[2] == file_name:
            return words[0].lower()
    return None


def _github_digest(text: str, file_name: str) -> str | None:
    try:
        assets = json.loads(text)["assets"]
        digests = [asset.get("digest") or "" for asset in assets if asset["name"] == file_name]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    algorithm, _other, digest = digests[0].partition(":") if digests else ("", "", "")
    return digest.lower() if algorithm == "sha256" and _SHA256.fullmatch(digest) else None


def _file_name(url: str) -> str:
    return unquote(urlsplit(url).path).rpartition("/")[2]


def _extract(archive: Path, member: str, destination: Path, origin: str) -> None:
    """Copy one file's bytes out of an archive; nothing else of it touches the disk."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, zipped.open(member) as source, destination.open("wb") as sink:
                shutil.copyfileobj(source, sink)
            return
        with tarfile.open(archive) as tar:
            packed = tar.extractfile(member)
            if packed is None:
                raise KeyError(f"{member} is not a file")
            with packed, destination.open("wb") as sink:
                shutil.copyfileobj(packed, sink)
    except (KeyError, tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise Refused(f"{origin} has the right checksum, but is no archive with the file {member} in it: {error}") from error
