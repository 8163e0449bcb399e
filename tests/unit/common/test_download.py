# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Files that come from paths, and what is decided about URLs without a network; the rest is in tests/integration."""

from __future__ import annotations

import base64
import email.message
import hashlib
import io
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common import download
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.download import (
    ChecksumMismatch,
    DownloadError,
    NotFound,
    fetch,
    redacted,
    secrets_in,
)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "from" / "file"
    path.parent.mkdir()
    path.write_bytes(b"content")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "to"
    path.mkdir()
    return path


def test_a_path_is_copied(source: Path, folder: Path) -> None:
    fetch(str(source), folder / "copy", sha256=hashlib.sha256(b"content").hexdigest().upper())
    assert (folder / "copy").read_bytes() == b"content"
    assert [path.name for path in folder.iterdir()] == ["copy"]


def test_another_file_than_the_checksum_says_is_not_kept(source: Path, folder: Path) -> None:
    with pytest.raises(ChecksumMismatch) as caught:
        fetch(str(source), folder / "copy", sha256="0" * 64)
    assert hashlib.sha256(b"content").hexdigest() in str(caught.value) and "0" * 64 in str(caught.value)
    assert not list(folder.iterdir())


def test_what_was_there_stays_when_the_new_file_is_wrong(source: Path, folder: Path) -> None:
    (folder / "copy").write_text("old")
    with pytest.raises(ChecksumMismatch):
        fetch(str(source), folder / "copy", sha256="0" * 64)
    assert (folder / "copy").read_text() == "old"


def test_a_missing_path_is_not_found(folder: Path) -> None:
    with pytest.raises(NotFound, match="no such file: /nowhere/file"):
        fetch("/nowhere/file", folder / "copy")
    assert not list(folder.iterdir())


def test_a_folder_is_no_file(source: Path, folder: Path) -> None:
    with pytest.raises(DownloadError, match="Is a directory"):
        fetch(str(source.parent), folder / "copy")


def test_a_destination_without_a_folder_is_named(source: Path, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"could not be written to .*/nowhere/copy"):
        fetch(str(source), tmp_path / "nowhere" / "copy")


def test_a_broken_url_is_an_error_and_not_a_traceback(folder: Path) -> None:
    with pytest.raises(DownloadError, match="not a usable URL"):
        fetch("http://user:secret@[broken/x", folder / "copy")


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://user:secret@mirror.test:8443/a?b=c", "https://***@mirror.test:8443/a?b=c"),
        ("https://token@mirror.test/a", "https://***@mirror.test/a"),
        ("https://mirror.test/a", "https://mirror.test/a"),
        ("/srv/a@b", "/srv/a@b"),
    ],
)
def test_messages_show_no_password(location: str, shown: str) -> None:
    assert redacted(location) == shown


def test_passwords_are_named_as_written_and_as_meant() -> None:
    assert secrets_in("https://user:p%40ss@mirror.test/x") == {"p%40ss", "p@ss"}
    assert secrets_in("https://mirror.test/x@y:z") == set()
    assert secrets_in("/srv/mirror") == set()


def test_a_password_is_sent_to_its_own_host_only() -> None:
    request = download._request("https://user:p%40ss@mirror.test/x")
    assert request.full_url == "https://mirror.test/x"
    assert request.get_header("Authorization") == "Basic " + base64.b64encode(b"user:p@ss").decode()
    # These, and only these, go along with a redirect.
    assert not [name for name in request.headers if "uthorization" in name]


def redirected(source: str, target: str) -> urllib.request.Request | None:
    request = urllib.request.Request(source)
    redirects = download._Redirects()
    followed: urllib.request.Request | None = redirects.redirect_request(
        request, io.BytesIO(), 302, "Found", email.message.Message(), target
    )
    return followed


def test_a_redirect_does_not_leave_https() -> None:
    with pytest.raises(urllib.error.HTTPError, match=r"a redirect to http://other\.test/y, which is not HTTPS"):
        redirected("https://page.test/x", "http://other.test/y")


def test_other_redirects_are_followed() -> None:
    followed = redirected("https://page.test/x", "https://other.test/y")
    assert followed is not None and followed.full_url == "https://other.test/y"
    assert redirected("http://page.test/x", "http://other.test/y") is not None


def test_the_message_names_the_proxy_that_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://me:secret@proxy.test:3128")
    monkeypatch.setenv("no_proxy", "direct.test")
    assert download._through_proxy("https://page.test/x") == " through the proxy http://***@proxy.test:3128"
    assert download._through_proxy("https://direct.test/x") == ""
