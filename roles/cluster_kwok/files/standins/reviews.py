# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a webhook answers: AdmissionReview and ConversionReview, of any version."""

from __future__ import annotations

import base64
import json

from .api import Object


def admission(review: Object, patch: list[Object] | None = None) -> Object:
    """Allowed, with a JSON patch when there is one."""
    response: Object = {"uid": review["request"]["uid"], "allowed": True}
    if patch:
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(patch).encode()).decode()}
    return {"apiVersion": review["apiVersion"], "kind": "AdmissionReview", "response": response}


def conversion(review: Object) -> Object:
    """The same objects under the wanted version's name.

    A LIST asks with its own empty metadata as null up to Kubernetes 1.21, and takes no null as an answer.
    """
    request = review["request"]
    converted = [
        {**thing, "apiVersion": request["desiredAPIVersion"], "metadata": thing.get("metadata") or {}} for thing in request["objects"]
    ]
    response = {"uid": request["uid"], "convertedObjects": converted, "result": {"status": "Success"}}
    return {"apiVersion": review["apiVersion"], "kind": "ConversionReview", "response": response}
