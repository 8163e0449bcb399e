# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a mirror keeps what lives at a URL.

A mirror is a folder, or a URL, laid out as C(<host>/<path>) of the original URLs. Files are as they are; a git
repository is a bundle C(<host>/<path>.bundle), with C(<host>/<path>.commits.yml) beside it.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit


def is_url(location: str) -> bool:
    """Whether a location is an HTTP URL (anything else is a path on this machine)."""
    return location.lower().startswith(("http://", "https://"))


def mirrored(url: str, mirror: str) -> str:
    """The location of C(url) in C(mirror): a URL when the mirror is one, else a path (percent-encoding undone).

    >>> mirrored("https://github.com/kubeflow/manifests", "/srv/mirror")
    '/srv/mirror/github.com/kubeflow/manifests'
    """
    parts = urlsplit(url)
    if is_url(mirror):
        return f"{mirror.rstrip('/')}/{parts.netloc}{parts.path}"
    return str(Path(mirror).expanduser() / parts.netloc / unquote(parts.path).lstrip("/"))
