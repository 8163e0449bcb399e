# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A key that a container takes from a ConfigMap or Secret is not in it."""

from __future__ import annotations

from ..rule import rule
from ..signals import event, waiting

rule(
    __name__,
    waiting("CreateContainerConfigError", r"couldn't find key (?P<key>\S+) in (?P<kind>ConfigMap|Secret) (?P<name>\S+)"),
    event(r"references non-existent (?:config|secret) key: (?P<key>\S+)", reason="FailedMount"),
    cause="A key that containers need is not in its {kind}: {key} of {name}.",
    remedy="Apply again what brings it (ansible-playbook -i <inventory> mlplatform.kubeflow.site --tags <part>), or add the key where "
    "the object is your own.",
    shown="couldn't find key … in ConfigMap …; references non-existent secret key",
)
