# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes manifests read the way kubectl reads them, and YAML for people.

PyYAML's safe loader differs from kubectl's (sigs.k8s.io/yaml, which is go-yaml v2) where a manifest would change its
meaning: it makes dates of C(2020-01-01), base-60 integers of C(12:30), strings of C(1e3) and C(y), and refuses a plain C(=).
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

try:
    import yaml
except ImportError:  # the modules that read or write YAML ask for it, see _requirements
    yaml = None  # type: ignore[assignment]


# go-yaml v2 resolve.go: yamlStyleFloat, of 2.4.0 (kubectl) and of 2.2.2, which wants the sign of an exponent and a digit behind a dot.
_FLOAT = r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"
_FLOAT_OF_2_2 = r"^[-+]?[0-9]*\.?[0-9]+([eE][-+][0-9]+)?$"


@functools.cache
def _loader(floats: str = _FLOAT) -> type[yaml.SafeLoader]:
    """A safe loader with kubectl's reading of plain scalars."""
    # libyaml's parser: about ten times faster, and a Kubeflow release has 12 MB of manifests.
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    dropped = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
    kept = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag not in dropped]
        for first, resolvers in base.yaml_implicit_resolvers.items()
    }
    loader: type[yaml.SafeLoader] = type("ManifestLoader", (base,), {"yaml_implicit_resolvers": kept})
    # What ParseInt takes, then floats.
    loader.add_implicit_resolver(
        "tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]*|0[0-7]+|0x[0-9a-fA-F]+|0b[01]+)$"), list("-+0123456789")
    )
    loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(floats), list("-+.0123456789"))
    loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$"), list("yYnN"))
    loader.add_constructor("tag:yaml.org,2002:bool", lambda _loader, node: node.value.lower() in ("y", "yes", "true", "on"))
    loader.add_constructor("tag:yaml.org,2002:float", _number)
    return loader


def _number(_loader: Any, node: Any) -> int | float:
    """JSON as Go writes it has no 1000.0, which the API server would refuse as an integer."""
    value = float(node.value)
    return int(value) if value.is_integer() else value


def load_manifests(text: str | bytes, *, by_go_yaml_2_2: bool = False) -> list[dict[str, Any]]:
    """All objects of a YAML stream: empty documents left out, C(List) kinds flattened.

    :arg by_go_yaml_2_2: kustomize 3 has written the stream. To its YAML library C(1e3) is text, which it leaves without quotes.
    :raises ValueError: when the text is not YAML, or a document is not a Kubernetes object.
    """
    objects: list[dict[str, Any]] = []
    try:
        documents = list(yaml.load_all(text, Loader=_loader(_FLOAT_OF_2_2 if by_go_yaml_2_2 else _FLOAT)))
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not document.get("apiVersion") or not document.get("kind"):
            raise ValueError(f"a document is not a Kubernetes object (no apiVersion or kind): {outline(document)}")
        if str(document["kind"]).endswith("List") and isinstance(document.get("items"), list):
            objects.extend(item for item in document["items"] if item)
        else:
            objects.append(document)
    return objects


def load_document(text: str) -> Any:
    """One YAML or JSON document, read like a manifest.

    :raises ValueError: when it is neither.
    """
    try:
        return yaml.load(text, Loader=_loader())
    except yaml.YAMLError as error:
        # Without the snippet that PyYAML shows: it may be of a Secret.
        mark = getattr(error, "problem_mark", None)
        raise ValueError(f"{getattr(error, 'problem', '')} in line {mark.line + 1 if mark else '?'}") from error


def outline(document: Any) -> str:
    """What a document looks like, without what it says: it may be a Secret."""
    if not isinstance(document, dict):
        return f"it is no mapping, but a {type(document).__name__}"
    metadata = document.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f"its name is {str(name)[:60]}, its fields are {', '.join(map(str, document))[:120]}"


def read_mapping(path: Path) -> dict[str, Any]:
    """A YAML file that holds a mapping; an empty one is an empty mapping.

    :raises ValueError: when it holds something else.
    """
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise ValueError(f"{path.name} is not YAML: {error}") from error
    if not isinstance(found or {}, dict):
        raise ValueError(f"{path.name} holds no mapping, but: {str(found)[:120]}")
    return found or {}


# What some reader takes for a number, a truth value, nothing, or a merge key where it stands without quotes: YAML 1.1 and 1.2,
# go-yaml v2 (kubectl, kustomize 3) and v3 (kustomize 5). PyYAML itself quotes what PyYAML would misread: it leaves y, 1e3 and 0o7.
_NO_TEXT = re.compile(
    r"(?:[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9_]+)?)"
    r"|[-+]?\.(?i:inf)|\.(?i:nan)|(?i:y|n|yes|no|on|off|true|false|null)|~|=|<<)\Z"
)


@functools.cache
def _dumper() -> type[yaml.SafeDumper]:
    # libyaml's emitter: a diff of a whole release takes seconds rather than a minute.
    base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: type[yaml.SafeDumper] = type("ManifestDumper", (base,), {})
    # Text that resolves to a tag of something else is quoted. Real numbers meet the resolvers that were there before.
    dumper.add_implicit_resolver("!no-text", _NO_TEXT, None)
    return dumper


def dump(document: Any, *, sort_keys: bool = False) -> str:
    """YAML text for people, in which text stays text whoever reads it."""
    text: str = yaml.dump(document, Dumper=_dumper(), sort_keys=sort_keys)
    return text
