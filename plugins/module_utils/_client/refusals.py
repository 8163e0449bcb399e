# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who refuses a request when the API server itself has nothing against it, read from its words."""

from __future__ import annotations

import re

from .http import ApiError

# apiserver/pkg/admission/plugin/webhook: "failed calling webhook", and for CRDs "conversion webhook for ... failed".
_UNCALLABLE = re.compile(r"failed calling webhook|conversion webhook for .* failed|no endpoints available for service")
# What the same refusal of many objects has in common. The names of policies, webhooks and quotas are in the API server's own words:
# apiserver/pkg/admission/plugin/{webhook,policy/validating}, plugin/pkg/admission/{resourcequota,namespace/lifecycle}.
_CAUSES = (
    re.compile(r'(?:failed calling|admission) webhook "[^"]+"'),
    re.compile(r"conversion webhook for [^,\s]+"),
    re.compile(r"ValidatingAdmissionPolicy '[^']+'"),
    re.compile(r"exceeded quota: [^,\s]+"),
    re.compile(r"namespace \S+ because it is being terminated"),
)


def is_uncallable_webhook(error: ApiError) -> bool:
    """A webhook could not be asked. (One that was asked and said no gives another text, and is final.)"""
    return bool(_UNCALLABLE.search(error.message))


def is_unreadable_kind(error: ApiError) -> bool:
    """A kind's objects cannot be read: who converts them cannot be called.

    The API server may hide that behind its cache, which it cannot fill then (staging apiserver, storage/cacher: C(storage is (re)initializing)).
    """
    return is_uncallable_webhook(error) or "storage is (re)initializing" in error.message


def stranger_in(error: ApiError) -> str:
    """The webhook, policy, quota or namespace that a refusal is about; empty when it names none."""
    return next((found[0] for pattern in _CAUSES if (found := pattern.search(error.message))), "")


def cause_of(error: ApiError, collection: str = "") -> str:
    """What a refusal is about; the same for all objects that are refused for it.

    :arg collection: path of the object's kind.
    """
    return stranger_in(error) or f"{error.status} {error.reason}" + (f" {collection}" if error.status == 404 else "")
