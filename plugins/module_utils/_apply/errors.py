# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a refusal of the API server means for an object that is being applied."""

from __future__ import annotations

import re

from .._client import refusals
from .._client.http import NO_CREDENTIALS, ApiError
from .._client.refusals import is_uncallable_webhook
from .._common.naming import option_name

# Kubernetes 1.21 says so at random (a third of all requests) when it converts what another version's manager wrote, or a
# conversion webhook's answer; the next one passes.
_AT_RANDOM = re.compile(r"failed to prune fields|conversion webhook for .* returned invalid metadata")
# pkg/apis/core/validation for claims, apps/validation for StatefulSets and for selectors of workloads.
_FIXED = re.compile(r"spec is immutable after creation|updates to statefulset spec for fields other than|field is immutable")
HELD_BY = "fields held by "
"""How the cause of a conflict begins."""
_MISSING_NAMESPACE = re.compile(r'namespaces "[^"]+" not found')


def may_pass_later(error: ApiError) -> bool:
    """Whether the same object may be accepted later in the run, because something else still changes."""
    if error.transient or is_uncallable_webhook(error) or _AT_RANDOM.search(error.message):
        return True
    if error.status == 404:
        # Discovery of a new CRD lags behind its Established condition by about a second.
        return not _MISSING_NAMESPACE.search(error.message)
    if error.status == 409:
        return not field_managers(error)
    return error.status == 403 and ("is being terminated" in error.message or "error looking up service account" in error.message)


def field_managers(error: ApiError) -> list[str]:
    """The managers that hold fields which we declare otherwise, in a server-side apply conflict."""
    named = [
        re.search(r'conflict with "([^"]+)"', cause.get("message", ""))
        for cause in error.causes
        if cause.get("reason") == "FieldManagerConflict"
    ]
    return sorted({match[1] for match in named if match})


def cause_of(error: ApiError, collection: str) -> str:
    """What an object was refused for; the same for all that are refused for it.

    :arg collection: path of its kind.
    """
    managers = field_managers(error)
    return f"{HELD_BY}{', '.join(managers)}" if managers else refusals.cause_of(error, collection)


def explain(error: ApiError) -> str:
    """The server's words, and what to do where that is known."""
    managers = field_managers(error)
    if managers:
        return f"{error.message}. Fields are held by {', '.join(managers)}; to take them over set {option_name('force_conflicts')}: true"
    if error.status == 401 and error.reason != NO_CREDENTIALS:
        return f"{error.message or 'Unauthorized'}: the credentials are not accepted (expired, or of another cluster)"
    if _MISSING_NAMESPACE.search(error.message):
        return f"{error.message}: it is neither on the cluster nor in the plan"
    if _FIXED.search(error.message):
        return (
            f"{error.message}. This cannot be changed on a live object: take the setting back, or delete the object (a volume claim "
            "with its data, so save that first) and run this again"
        )
    return error.message
