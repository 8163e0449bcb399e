# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The static pod of kube-apiserver: which words its command line has, and changing flags of it while the rest stays byte for byte.

YAML is read with the places of its nodes, and changes are spliced into the text: a person's comments, quotes and order stay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

try:
    import yaml
except ImportError:  # who uses this asks for it, see _common/requirements
    yaml = None  # type: ignore[assignment]

from .errors import NodeError
from .flags import Flag, read_flags
from .splices import Item, Splice, added, apply_splice, block_entries, removed, rewritten

PROGRAM = "kube-apiserver"


@dataclass(frozen=True)
class Manifest:
    """A static pod with kube-apiserver in it.

    C(words) are command and args, C(mounts) the folders of the machine by where the container sees them.
    """

    text: str
    words: tuple[str, ...]
    mounts: Mapping[str, str]
    items: tuple[Item, ...]

    def host_path(self, path: str) -> str | None:
        """Where the machine has a file that the container sees, or None when it has none there."""
        wanted = PurePosixPath(path)
        inside = [mount for mount in self.mounts if wanted.is_relative_to(mount)]
        if not inside:
            return None
        nearest = max(inside, key=len)
        return str(PurePosixPath(self.mounts[nearest]) / wanted.relative_to(nearest))


def read_manifest(text: str, where: str) -> Manifest:
    """Read a static pod.

    :arg where: its path, for messages.
    :raises NodeError: when it is no YAML, or not the pod of one kube-apiserver.
    """
    root = _composed(text, where)
    containers = _node(_node(root, "spec"), "containers")
    if not isinstance(containers, yaml.SequenceNode):
        raise NodeError(f"{where} has no list of containers (spec.containers): it is no static pod")
    ours = [container for container in containers.value if _is_apiserver(container)]
    if len(ours) != 1:
        what = "no container that runs kube-apiserver" if not ours else f"{len(ours)} containers that run kube-apiserver, and one is meant"
        raise NodeError(f"{where} has {what}")
    (container,) = ours
    items = tuple(_items(text, container, where))
    if not any(item.value.startswith("--") for item in items):
        raise NodeError(f"{where}: kube-apiserver is not started with flags as words of their own (a shell, or a file of flags?)")
    return Manifest(text, tuple(item.value for item in items), _mounts(root, container), items)


def change_flags(manifest: Manifest, wanted: Mapping[str, Sequence[str]], where: str) -> str:
    """The text with other values of some flags.

    :arg wanted: all values of each flag that changes, by its name, in order; those not named stay.
    :raises NodeError: when it cannot be changed without changing more.
    """
    now = manifest
    for name in sorted(wanted):
        # A step at a time, each on what the one before it has left: splices beside each other share commas.
        while step := _step(now, name, list(wanted[name]), where):
            now = read_manifest(apply_splice(now.text, step), where)
    _verify(manifest, now, wanted, where)
    return now.text


def _step(manifest: Manifest, name: str, values: list[str], where: str) -> Splice | None:
    """What brings the values of one flag nearer to those wanted, or None when they are there."""
    flags = read_flags(manifest.words)
    there = [flag for flag in flags if flag.name == name]
    for flag, value in zip(there, values, strict=False):
        if flag.value != value:
            last = manifest.items[flag.words[-1]]
            return rewritten(last, value if len(flag.words) == 2 else f"{last.value.partition('=')[0]}={value}", where)
    if there[len(values) :]:
        first, last = _ends(manifest, there[-1])
        return removed(manifest.text, first, last, where)
    if values[len(there) :]:
        # Beside its own, or where kubeadm, which sorts them, would put it.
        before = there or [flag for flag in flags if flag.name < name]
        first, last = _ends(manifest, before[-1] if before else flags[0])
        return added(manifest.text, first, last, f"--{name}={values[len(there)]}", after=bool(before))
    return None


def _ends(manifest: Manifest, flag: Flag) -> tuple[Item, Item]:
    return manifest.items[flag.words[0]], manifest.items[flag.words[-1]]


def _verify(manifest: Manifest, again: Manifest, wanted: Mapping[str, Sequence[str]], where: str) -> None:
    """Reading the result again shows the wanted flags, the others in their order, and all else as it was."""

    def others(words: Sequence[str]) -> list[str]:
        ours = {place for flag in read_flags(words) if flag.name in wanted for place in flag.words}
        return [word for place, word in enumerate(words) if place not in ours]

    flags = read_flags(again.words)
    right = all([flag.value for flag in flags if flag.name == name] == list(new) for name, new in wanted.items())
    if not right or others(manifest.words) != others(again.words) or _without_words(manifest.text) != _without_words(again.text):
        raise NodeError(
            f"{where} cannot be changed without changing more than flags (anchors, or odd lines): set {', '.join(f'--{n}' for n in wanted)} by hand"
        )


def _composed(text: str, where: str) -> Any:
    try:
        documents = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = (
            f" (line {mark.line + 1}, column {mark.column + 1}: {getattr(error, 'problem', '')})"
            if mark
            else f" ({' '.join(str(error).split())[:200]})"
        )
        raise NodeError(f"{where} is not YAML{place}") from error
    except RecursionError as error:
        raise NodeError(f"{where} is nested too deeply to be a pod") from error
    if len(documents) != 1 or not isinstance(documents[0], yaml.MappingNode):
        raise NodeError(f"{where} is no pod: it holds {len(documents)} YAML documents, and one mapping is meant")
    if _scalar(_node(documents[0], "kind")) != "Pod":
        raise NodeError(f"{where} is no pod: its kind is {_scalar(_node(documents[0], 'kind')) or 'not given'}")
    return documents[0]


def _node(parent: Any, key: str) -> Any:
    """The value of a key, or None; of a key that is given twice, there is no telling which counts."""
    if not isinstance(parent, yaml.MappingNode):
        return None
    found = [value for name, value in parent.value if _scalar(name) == key]
    if len(found) > 1:
        raise NodeError(f"The manifest has key {key} twice in one mapping (line {found[1].start_mark.line + 1})")
    return found[0] if found else None


def _scalar(node: Any) -> str:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _entries(node: Any) -> list[Any]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _is_apiserver(container: Any) -> bool:
    # A shell that starts it is found too, and refused by its words, rather than not found.
    words = [_scalar(word) for key in ("command", "args") for word in _entries(_node(container, key))]
    return _scalar(_node(container, "name")) == PROGRAM or (bool(words) and PurePosixPath(words[0]).name == PROGRAM)


def _items(text: str, container: Any, where: str) -> Iterator[Item]:
    for key in ("command", "args"):
        sequence = _node(container, key)
        if sequence is None or _scalar(sequence) in ("null", "~"):
            continue
        if not isinstance(sequence, yaml.SequenceNode) or not all(isinstance(word, yaml.ScalarNode) for word in sequence.value):
            raise NodeError(f"{where}: {key} of kube-apiserver is no list of words")
        dashes = None if sequence.flow_style else block_entries(text, sequence)
        for place, word in enumerate(sequence.value):
            yield Item(word.value, word.start_mark.index, word.end_mark.index, word.style or "", dashes[place] if dashes else None)


def _mounts(root: Any, container: Any) -> dict[str, str]:
    volumes = {
        _scalar(_node(volume, "name")): _scalar(_node(_node(volume, "hostPath"), "path"))
        for volume in _entries(_node(_node(root, "spec"), "volumes"))
    }
    return {
        _scalar(_node(mount, "mountPath")): volumes[_scalar(_node(mount, "name"))]
        for mount in _entries(_node(container, "volumeMounts"))
        if volumes.get(_scalar(_node(mount, "name"))) and not _node(mount, "subPath")
    }


def _without_words(text: str) -> Any:
    """The pod as data, without the command line of kube-apiserver."""
    # All scalars as text: nothing in them can fail, and none is the same as another by its type.
    try:
        pod = yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise NodeError(f"The manifest cannot be read as data: {' '.join(str(error).split())[:200]}") from error
    for container in pod["spec"]["containers"]:
        words = [*(container.get("command") or ()), *(container.get("args") or ())]
        if container.get("name") == PROGRAM or (words and PurePosixPath(str(words[0])).name == PROGRAM):
            container["command"], container["args"] = len(container.get("command") or ()) > 0, len(container.get("args") or ()) > 0
    return pod
