# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the roles' files say: their settings, and the releases."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from ..module_utils._objects.manifests import read_mapping
from .release_file import read_release, release_names

# The role of what all parts share, and its entry point whose options these settings are. Those of a part's role are of C(plan).
SHARED = "kubeflow"


class Roles:
    """The roles of the collection."""

    def __init__(self, folder: Path) -> None:
        """:arg folder: that of the roles."""
        self.folder = folder

    def names(self) -> list[str]:
        """Roles with settings that are checked here: what all parts share, and each part."""
        return [*sorted(path.parent.parent.name for path in self.folder.glob("*/tasks/plan.yml")), SHARED]

    def options(self, role: str) -> dict[str, Any]:
        """Settings of a role, by name, as the argument spec of its entry point has them."""
        return _options(self.folder / role / "meta/argument_specs.yml", "release" if role == SHARED else "plan")

    def releases(self) -> list[str]:
        """Names of the releases that there are."""
        return release_names(self.folder / SHARED / "vars")

    def release(self, name: str) -> dict[str, Any]:
        """What a release's file says."""
        return _release(self.folder / SHARED / "vars", name)

    def releases_with(self, part: str) -> list[str]:
        """Releases that have a part."""
        return [name for name in self.releases() if part in self.release(name)["parts"]]

    def template(self, part: str) -> str:
        """The template of what a part's settings change."""
        return (self.folder / part / "templates/changes.yml.j2").read_text(encoding="utf-8")


@functools.cache
def _options(path: Path, entry_point: str) -> dict[str, Any]:
    options: dict[str, Any] = read_mapping(path)["argument_specs"][entry_point]["options"]
    return options


@functools.cache
def _release(folder: Path, name: str) -> dict[str, Any]:
    return read_release(folder, name)
