# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects and kinds of two versions."""

from __future__ import annotations

from ..rule import rule
from ..signals import refused

rule(
    __name__,
    refused(
        r"strict decoding error|unknown field \"(?P<field>[^\"]+)\"|failed to create typed patch object|"
        r"field not declared in schema"
    ),
    cause="Objects have fields that the cluster does not know: {field}.",
    remedy="The kind on the cluster is of another version than the object: look who installed its CRD (kubectl get crd <name> -o yaml "
    "--show-managed-fields). A patch of your own in a setting: correct it.",
    shown="strict decoding error: unknown field; field not declared in schema",
)
