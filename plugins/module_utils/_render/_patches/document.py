# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""YAML or JSON that a ConfigMap or Secret holds as text."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..._objects.manifests import dump, load_document
from .change import ChangeError, Object
from .json_merge import merged_document
from .lists import with_list


def changed_document(item: Object, key: str, change: Any, setting: str, lists: Sequence[Mapping[str, Any]] = ()) -> Object:
    """A patch that holds the new text of C(key). JSON stays JSON; comments of YAML are lost.

    :arg change: what is merged into it, or None.
    :arg lists: lists in it and what becomes of their entries, after that.

    :raises ChangeError: when there is no such key, or its text is neither.
    """
    field = next((field for field in ("stringData", "data") if key in (item.get(field) or {})), None)
    if field is None:
        keys = sorted({*(item.get("data") or {}), *(item.get("stringData") or {})})
        raise ChangeError(f"{setting}: {item['kind']} {item['metadata']['name']} has no {key}; it has {', '.join(keys) or 'nothing'}")
    encoded = field == "data" and item["kind"] == "Secret"
    try:
        text = base64.b64decode(item[field][key]).decode() if encoded else item[field][key]
        document = load_document(text)
    except (ValueError, binascii.Error) as error:
        raise ChangeError(f"{setting}: {key} of {item['kind']} {item['metadata']['name']} is no YAML: {error}") from error
    new = document if change is None else merged_document(document, change)
    for entry in lists:
        new = with_list(new, entry, f"{setting}: {key} of {item['kind']} {item['metadata']['name']}")
    text = json.dumps(new, indent=2) + "\n" if text.lstrip().startswith(("{", "[")) else dump(new)
    return {field: {key: base64.b64encode(text.encode()).decode() if encoded else text}}
