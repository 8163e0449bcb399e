# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubernetes manifests read the way kubectl reads them.

PyYAML's safe loader differs from kubectl's (sigs.k8s.io/yaml, which is go-yaml v2) where a manifest would change its
meaning: it makes dates of C(2020-01-01), base-60 integers of C(12:30), strings of C(1e3), and refuses a plain C(=).

PRIVATE: for the modules of this collection only.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

try:
    # libyaml's parser: about ten times faster, and a Kubeflow release has 12 MB of manifests.
    from yaml import CSafeLoader as _SafeLoader
except ImportError:  # a PyYAML built without libyaml
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


class _ManifestLoader(_SafeLoader):
    """Safe loader with kubectl's reading of plain scalars."""


_DROPPED = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
_ManifestLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _DROPPED]
    for first, resolvers in _SafeLoader.yaml_implicit_resolvers.items()
}
_ManifestLoader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    # go-yaml v2 resolve.go, yamlStyleFloat; the integers below are tried first.
    re.compile(r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"),
    list("-+.0123456789"),
)
for _first in "-+0123456789":
    _ManifestLoader.yaml_implicit_resolvers[_first].insert(
        0, ("tag:yaml.org,2002:int", re.compile(r"^[-+]?(0|[1-9][0-9]*|0[0-7]+|0x[0-9a-fA-F]+|0b[01]+)$"))
    )


def load_manifests(text: str | bytes) -> list[dict[str, Any]]:
    """All objects of a YAML stream: empty documents left out, C(List) kinds flattened.

    :raises ValueError: when the text is not YAML, or a document is not a Kubernetes object.
    """
    objects: list[dict[str, Any]] = []
    try:
        documents = list(yaml.load_all(text, Loader=_ManifestLoader))
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    for document in documents:
        if document is None:
            continue
        if not isinstance(document, dict) or not document.get("apiVersion") or not document.get("kind"):
            raise ValueError(f"a document is not a Kubernetes object (no apiVersion or kind): {str(document)[:120]}")
        if document["kind"].endswith("List") and isinstance(document.get("items"), list):
            objects.extend(item for item in document["items"] if item)
        else:
            objects.append(document)
    return objects
