# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All changes of a part as one patch per object, and what kustomize is told beside them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, TypeAlias

from ..._common.naming import option_name
from ..._objects.manifests import dump
from ..._objects.objects import Key, key_of
from .arguments import changed_arguments
from .change import Change, ChangeError, Object
from .containers import all_containers_of
from .document import changed_document
from .images import Images, images_of
from .instead import instead
from .lists import with_list
from .merge import MergeError, difference, merged
from .merge_keys import fields_of
from .metadata import changes_of_checksums, changes_of_metadata
from .own_images import with_images
from .reference import Reference
from .volumes import VolumeSetting
from .workloads import Pods, WorkloadSetting, changes_of_pods

Entry: TypeAlias = "WorkloadSetting | VolumeSetting"


@dataclass(frozen=True)
class Common:
    """Settings that hold for every part."""

    workloads: Sequence[WorkloadSetting] = ()
    volumes: Sequence[VolumeSetting] = ()
    pods: Pods = field(default_factory=Pods)
    images: Images = field(default_factory=Images)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    network_policies: bool = True

    def __bool__(self) -> bool:
        return self != Common()

    @property
    def entries(self) -> list[Entry]:
        return [*self.workloads, *self.volumes]


@dataclass(frozen=True)
class Patches:
    """What settings make of a part."""

    files: Mapping[str, str]
    """One patch per object, by the name of its file. Those that rename come last: the others name objects as they were."""
    targets: Mapping[str, Mapping[str, str]]
    """What files are for that do not say it themselves."""
    images: Sequence[Mapping[str, str]]
    """For kustomize's C(images)."""
    removed: Mapping[Key, str]
    """Objects that are left out, with the settings that say so."""
    used: frozenset[Entry]
    """Entries that have chosen something here."""
    seen: frozenset[Reference]
    """Images of the part's containers."""
    left: Sequence[str]
    """Images that were to be replaced and stand where kustomize does not look."""

    def __bool__(self) -> bool:
        return bool(self.files or self.images or self.removed)


def compile_patches(part: str, objects: Sequence[Object], own: Iterable[Change], common: Common) -> Patches:
    """Lay all settings over the objects of a part.

    :arg objects: also those that settings add.
    :arg own: what the part's own settings change. They go over those of all parts.
    :raises ChangeError: when a setting has nothing to change here; every such setting has a line.
    """
    drafts, problems = _Drafts(objects), list[str]()
    used: set[Entry] = set()
    entries = [entry for entry in common.entries if fnmatchcase(part, entry.part)]

    def sources() -> Iterator[tuple[Entry | None, Iterable[Change]]]:
        yield None, changes_of_metadata(objects, common.labels, common.annotations)
        yield None, changes_of_pods(objects, common.pods)
        yield None, () if common.network_policies else _without_network_policies(objects)
        # Later entries see what earlier ones have made.
        yield from ((entry, entry.changes(list(drafts.current.values()))) for entry in entries)
        yield from ((None, map(with_images, [change])) for change in own if not change.add)

    for entry, changes in sources():
        try:
            for change in changes:
                drafts.add(change)
                used |= {entry} if entry else set()
        except ChangeError as error:
            problems.append(str(error))
    if problems:
        raise ChangeError("\n".join(problems))
    for change in changes_of_checksums(objects, drafts.changed_configuration(), drafts.restarts):
        drafts.add(change)
    seen = frozenset(images_of(objects))
    left = common.images.left(item for key, item in drafts.current.items() if key not in drafts.removed)
    files, targets = drafts.files()
    return Patches(files, targets, common.images.transformer(objects), drafts.removed, frozenset(used), seen, left)


def _without_network_policies(objects: Iterable[Object]) -> Iterable[Change]:
    return (Change.on(item, option_name("network_policies"), remove=True) for item in objects if item["kind"] == "NetworkPolicy")


class _Drafts:
    """The objects while settings change them; patches say what has come of it."""

    def __init__(self, objects: Sequence[Object]) -> None:
        self._upstream: dict[Key, Object] = {key_of(item): item for item in objects}
        self.current: dict[Key, Object] = dict(self._upstream)
        """The objects as they will be."""
        self._settings: dict[Key, list[str]] = {}
        self._renamed: dict[Key, str] = {}
        self.restarts: dict[str, list[Key]] = {}
        self.removed: dict[Key, str] = {}

    def add(self, change: Change) -> None:
        item = change.target(self._upstream.values())
        key = key_of(item)
        if change.remove or change.instead:
            self.removed.setdefault(key, change.setting)
        if change.instead:
            self._read_instead(key, change)
        if change.merge:
            self._lay_over(key, change.merge, change.setting)
        if change.document:
            document, lists = change.document, change.document.get("lists") or ()
            new = changed_document(self.current[key], document["key"], document.get("merge"), change.setting, lists)
            self._lay_over(key, new, change.setting)
        for entry in change.lists:
            self.current[key] = with_list(self.current[key], entry, f"{change.setting}: {_named(item)}")
        if change.arguments:
            arguments = change.arguments
            new = changed_arguments(self.current[key], arguments["container"], arguments["flags"], change.setting)
            self._lay_over(key, new, change.setting)
        if change.rename:
            self._renamed[key] = change.rename
        self._note(key, change)
        for name in change.restarts:
            self.restarts.setdefault(name, []).append(key)

    def _note(self, key: Key, change: Change) -> None:
        settings = self._settings.setdefault(key, [])
        if change.setting not in settings:
            settings.append(change.setting)

    def _read_instead(self, key: Key, change: Change) -> None:
        for reader, item in list(self.current.items()):
            if reader.namespace == key.namespace and (patch := instead(item, key.kind, key.name, change.instead)):
                self._lay_over(reader, patch, change.setting)
                self._note(reader, change)

    def _lay_over(self, key: Key, change: Mapping[str, Any], setting: str) -> None:
        item = self.current[key]
        try:
            new = merged(item, change, fields_of(item))
        except MergeError as error:
            raise ChangeError(f"{setting}: {_named(item)}: {error}") from error
        _check_containers(item, new, setting)
        self.current[key] = new

    def changed_configuration(self) -> dict[Key, Object]:
        """ConfigMaps and Secrets whose content differs from upstream's."""
        content = ("data", "stringData", "binaryData")
        return {
            key: item for key, item in self.current.items() if any(item.get(field) != self._upstream[key].get(field) for field in content)
        }

    def files(self) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        files: dict[str, str] = {}
        for key, item in sorted(self.current.items(), key=lambda entry: entry[0]):
            before = self._upstream[key]
            if item is before or key in self.removed or not (patch := difference(before, item, fields_of(item))):
                continue
            identity = {"name": key.name, **({"namespace": key.namespace} if key.namespace else {})}
            document = {
                "apiVersion": item["apiVersion"],
                "kind": key.kind,
                "metadata": {**identity, **(patch.pop("metadata", {}))},
                **patch,
            }
            text = f"# By {', '.join(self._settings[key])}\n" + dump(document)
            files[_file_name(key, files)] = text
        targets = {}
        for key, name in sorted(self._renamed.items()):
            file = _file_name(key, files)
            # A strategic merge patch names its object, so it cannot rename it.
            files[file] = f"# By {', '.join(self._settings[key])}\n" + dump([{"op": "replace", "path": "/metadata/name", "value": name}])
            targets[file] = {"kind": key.kind, "name": key.name, **({"namespace": key.namespace} if key.namespace else {})}
        return files, targets


def _named(item: Object) -> str:
    return f"{item['kind']} {item['metadata']['name']}"


def _file_name(key: Key, taken: Iterable[str]) -> str:
    """Lower case, since names of roles may hold colons and files of some systems may not."""
    base = re.sub(r"[^a-z0-9.-]+", "-", f"{key.kind}-{key.name}".lower())
    names = (f"{base}{'-' + str(number) if number else ''}.yaml" for number in itertools.count())
    return next(name for name in names if name not in taken)


def _check_containers(before: Object, after: Object, setting: str) -> None:
    """A patch of a container that is not there would add one without an image."""
    known = {container["name"] for container in all_containers_of(before)}
    for container in all_containers_of(after) if known else ():
        if container["name"] not in known and "image" not in container:
            raise ChangeError(f"{setting}: {_named(before)} has no container {container['name']}; it has {', '.join(sorted(known))}")
