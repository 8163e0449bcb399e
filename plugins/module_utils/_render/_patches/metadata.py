# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Labels and annotations of every object, and the checksum by which workloads notice that what they read has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..._common.naming import option_name
from ..._objects.objects import Key, key_of, pod_template
from ..._objects.references import references
from .change import Change, Object
from .containers import in_template

CHECKSUM = "mlplatform.kubeflow/config-checksum"


def changes_of_metadata(objects: Iterable[Object], labels: Mapping[str, str], annotations: Mapping[str, str]) -> Iterator[Change]:
    """Labels and annotations on the objects themselves: not on pods, which would start all of them anew, and not in selectors."""
    wanted = {name: dict(values) for name, values in (("labels", labels), ("annotations", annotations)) if values}
    if wanted:
        setting = " and ".join(map(option_name, wanted))
        yield from (Change.on(item, setting, merge={"metadata": wanted}) for item in objects)


def changes_of_checksums(
    objects: Iterable[Object], changed: Mapping[Key, Object], restarts: Mapping[str, Sequence[Key]]
) -> Iterator[Change]:
    """For workloads whose pods read what settings have changed.

    :arg changed: ConfigMaps and Secrets with settings in them, as they will be.
    :arg restarts: what Deployments read through the API, by their names.
    """
    for item in objects:
        template = pod_template(item)
        # A Job's pods cannot be changed, and a bare Pod has none.
        if template is None or item["kind"] in ("Job", "Pod"):
            continue
        read = set(references(template.get("spec") or {}, key_of(item).namespace, optional=True)) & set(changed)
        if item["kind"] == "Deployment" and item["metadata"]["name"] in restarts:
            read.update(key for key in restarts[item["metadata"]["name"]] if key in changed)
        if read:
            content = [[changed[key].get(field) for field in ("data", "stringData", "binaryData")] for key in sorted(read)]
            digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
            yield Change.on(item, "checksum", merge=in_template(item, annotations={CHECKSUM: digest}))
