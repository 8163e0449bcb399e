# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The support bundle: one archive with the evidence, for people who help. Of Secrets it has the names, and it is redacted."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._common.files import private_folder, write_private
from .evidence import Evidence
from .finding import Diagnosis
from .redact import Redactor

_FOLDER = "kubeflow-support"


def write_bundle(path: Path, evidence: Evidence, diagnosis: Diagnosis, about: Mapping[str, Any], redactor: Redactor) -> None:
    """Write it, with mode 0600; the same evidence gives the same bytes.

    :arg about: the release, the cluster and the like, for its first page.
    :raises OSError: when it cannot be written.
    """
    content = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, data in sorted(_files(evidence, diagnosis, about, redactor)):
            entry = tarfile.TarInfo(f"{_FOLDER}/{name}")
            entry.size, entry.mode, entry.mtime = len(data), 0o600, int(evidence.now)
            archive.addfile(entry, io.BytesIO(data))
    private_folder(path.parent)
    write_private(path, content.getvalue())


def _files(evidence: Evidence, diagnosis: Diagnosis, about: Mapping[str, Any], redactor: Redactor) -> Iterator[tuple[str, bytes]]:
    def page(data: Any) -> bytes:
        return (json.dumps(redactor.data(data), indent=1, sort_keys=True, ensure_ascii=False) + "\n").encode()

    api = sorted(evidence.api_resources) if evidence.api_resources is not None else None
    clock = {"now": evidence.now, "ahead": evidence.ahead}
    yield "about.json", page({**about, "kubernetes": evidence.version, "clock": clock, "gaps": list(evidence.gaps), "api_v1": api})
    yield "diagnosis.json", page(asdict(diagnosis))
    objects: dict[str, list[Any]] = defaultdict(list)
    names: dict[str, list[str]] = defaultdict(list)
    for key, item in sorted(evidence.objects.items()):
        if key.kind in ("Secret", "ConfigMap", "ServiceAccount") and not key.group:
            names[key.kind].append(f"{key.namespace}/{key.name}")
        else:
            kind = f"{key.kind}.{key.group}" if key.group else key.kind
            objects[f"{key.namespace or 'cluster'}/{kind}"].append(item)
    for name, some in objects.items():
        yield f"objects/{name}.json", page(some)
    yield "objects/names.json", page(names)
    yield "events.json", page([{**asdict(event), "about": str(event.about)} for event in evidence.events])
    for log in evidence.logs:
        previous = ".previous" if log.previous else ""
        yield f"logs/{log.pod.namespace}/{log.pod.name}.{log.container}{previous}.log", redactor.text(log.text).encode()
