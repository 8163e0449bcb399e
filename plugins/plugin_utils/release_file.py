# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is known of a release of Kubeflow: what its file says, filled up with what holds for each release.

The files are C(releases/<name>.yml) and C(every_release.yml) in the vars of role kubeflow; the latter explains the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..module_utils._objects.manifests import read_mapping

# What a controller does is true wherever the controller is: a release adds to it.
_ADDED = ("runtime_owned", "made_by_controllers", "left_by_controllers")


def release_names(folder: Path) -> list[str]:
    """Names of the releases that there are files of, sorted.

    :arg folder: the vars of role kubeflow.
    """
    return sorted(path.stem for path in folder.glob("releases/*.yml"))


def read_release(folder: Path, name: str) -> dict[str, Any]:
    """A release by its name, whole.

    :arg folder: the vars of role kubeflow.
    :raises FileNotFoundError: when there is no file of it.
    """
    own = read_mapping(folder / f"releases/{name}.yml")["__kubeflow_release"]
    return filled_up(name, own, read_mapping(folder / "every_release.yml")["__kubeflow_every_release"])


def filled_up(name: str, own: Mapping[str, Any], every: Mapping[str, Any]) -> dict[str, Any]:
    """What a release says, with what it leaves out as it is in each: mappings key by key.

    Of C(parts) there are those that the release says, in its order. The lists of what controllers do are added up. Repositories, which
    are mappings by name so that they can be filled up, are the list that M(mlplatform.kubeflow.source) takes.

    :arg name: becomes C(release).
    """
    found: dict[str, Any] = {"release": name, **_merged(own, every)}
    for key in _ADDED:
        if key in own and key in every:
            found[key] = [*every[key], *own[key]]
    if "parts" in own:
        found["parts"] = {part: _merged(given, every.get("parts", {}).get(part, {})) for part, given in own["parts"].items()}
    if "repositories" in found.get("sources", {}):
        repositories = [{"name": repository, **given} for repository, given in found["sources"]["repositories"].items()]
        found["sources"] = {**found["sources"], "repositories": repositories}
    return found


def _merged(own: Mapping[str, Any], every: Mapping[str, Any]) -> dict[str, Any]:
    found = {**every, **own}
    for key in own:
        if key in every and isinstance(own[key], Mapping) and isinstance(every[key], Mapping):
            found[key] = _merged(own[key], every[key])
    return found
