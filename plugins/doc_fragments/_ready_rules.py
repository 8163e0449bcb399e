# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Documentation of the user's own rules of readiness."""

from __future__ import annotations


class ModuleDocFragment:
    """For modules that read rules of readiness."""

    DOCUMENTATION = r"""
requirements:
  - jmespath
options:
  ready_rules:
    description:
      - "Rules of readiness of your own, each for a kind: C(kind), like V(SparkApplication), and C(group) where the plan has the kind in
        several; C(ready), an expression that holds when the object is ready; and if you like C(failed), one that holds when it has failed
        for good, which ends the wait, and C(message), one that says why it is not ready."
      - A rule takes the place of the one that the collection has for the kind.
      - Its expressions are JMESPath (U(https://jmespath.org/specification.html)) on the object as the API server gives it. One holds
        when its result is anything but false, null, and an empty text, list or mapping. One that cannot be evaluated on an object makes
        the object not ready, and that is said.
      - An object whose C(status.observedGeneration) is older than its C(metadata.generation) is not ready whatever the rule says.
      - A rule for a kind that is not in the plan has no effect, and module M(mlplatform.kubeflow.preflight) warns of it.
    type: list
    elements: dict
    default: []
"""
