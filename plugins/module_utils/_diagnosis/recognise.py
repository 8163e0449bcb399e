# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release of Kubeflow is on a cluster, whoever installed it: by versions of workloads that tell releases apart."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from .._client.http import ApiError, Client
from .._client.parallel import in_parallel
from .._common.deadline import Deadline
from .._objects.objects import pod_template

Marks = Mapping[str, str]
"""Tag or digest of an image by its workload, as C(namespace/name)."""


@dataclass(frozen=True)
class Recognised:
    """C(name) is empty where there is no Kubeflow. Of C(there) workloads that a release is known by, C(alike) have its versions.

    C(namespaces): those of Kubeflow that there are, and those of its Profiles. C(unread): why workloads could not be looked at.
    """

    name: str = ""
    alike: int = 0
    there: int = 0
    namespaces: frozenset[str] = frozenset()
    unread: str = ""

    @property
    def text(self) -> str:
        """How sure it is, for people."""
        if self.unread:
            return f"What is installed could not be recognised: {self.unread}"
        if not self.there:
            return "There is no Kubeflow on this cluster that is known here."
        if not self.name:
            return f"This is a Kubeflow of another release than those that are known here: {self.there} of its workloads are there, in other versions."
        sure = (
            ""
            if self.alike == self.there
            else ": the others are of another version, as in a cluster that was changed by hand or by an upgrade"
        )
        return f"Kubeflow {self.name}, by the versions of {self.alike} of {self.there} workloads{sure}."


def recognise(client: Client, known: Mapping[str, Marks], deadline: Deadline) -> Recognised:
    """Look at the workloads that releases are known by, and nothing else.

    :arg known: by release.
    :raises ApiError: when the API server does not answer.
    """
    namespaces = sorted({workload.partition("/")[0] for marks in known.values() for workload in marks})
    calls = [functools.partial(_versions, client, namespace, deadline) for namespace in namespaces]
    found: dict[str, set[str]] = {}
    unread = ""
    for answer in in_parallel(calls, deadline):
        if isinstance(answer, str):
            unread = unread or answer
        else:
            found |= answer
    profiles = _profiles(client, deadline)
    spaces = frozenset({workload.partition("/")[0] for workload in found}) & frozenset(namespaces) | profiles
    marked = {workload for marks in known.values() for workload in marks}
    there = len(marked & set(found))
    best, alike = "", 0
    for name, marks in known.items():
        count = sum(1 for workload, version in marks.items() if version in found.get(workload, ()))
        if count > alike:
            best, alike = name, count
    if best:
        there = len(set(known[best]) & set(found))
    return Recognised(best, alike, there, spaces, unread if not found else "")


def _versions(client: Client, namespace: str, deadline: Deadline) -> dict[str, set[str]] | str:
    found: dict[str, set[str]] = {}
    for kind, plural in (("Deployment", "deployments"), ("StatefulSet", "statefulsets")):
        try:
            items = client.get(f"/apis/apps/v1/namespaces/{namespace}/{plural}", deadline=deadline)["items"]
        except ApiError as error:
            if error.status == 403:
                return error.message
            raise
        for item in items:
            template = pod_template({**item, "apiVersion": "apps/v1", "kind": kind}) or {}
            images = [container.get("image") or "" for container in (template.get("spec") or {}).get("containers") or ()]
            found[f"{namespace}/{item['metadata']['name']}"] = {version_of(image) for image in images}
    return found


def version_of(image: str) -> str:
    """The digest of an image, or else its tag; C(latest) for one without."""
    name, _at, digest = image.partition("@")
    if digest:
        return digest
    last = name.rpartition("/")[2]
    return last.partition(":")[2] or "latest"


def _profiles(client: Client, deadline: Deadline) -> frozenset[str]:
    """The namespaces of Profiles have their names."""
    try:
        version = client.get("/apis/kubeflow.org", deadline=deadline)["preferredVersion"]["version"]
        items = client.get(f"/apis/kubeflow.org/{version}/profiles", query={"limit": 200}, deadline=deadline)["items"]
    except ApiError as error:
        if error.status in (403, 404):
            return frozenset()
        raise
    return frozenset(item["metadata"]["name"] for item in items)
