# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CustomResourceDefinition: its objects can be made, and read in each of its versions."""

from __future__ import annotations

import dataclasses

from ..conditions import condition_is_true, conditions
from ..rule import Item, Seen, rule
from ..status import CURRENT, Status
from ..webhook_calls import can_be_called


@rule(("apiextensions.k8s.io", "CustomResourceDefinition"))
def status(item: Item, seen: Seen) -> Status:
    names = conditions(item).get("NamesAccepted") or {}
    if names.get("status") == "False":
        return Status("Failed", f"its names are taken: {names.get('message', '')}")
    established = condition_is_true(item, "Established")
    if established != CURRENT:
        return dataclasses.replace(established, progress=(int(names.get("status") == "True"),))
    if len(item["spec"].get("versions") or ()) <= 1:
        # With one version the conversion webhook is never called, and some are never set up.
        return CURRENT
    # Objects cannot even be listed while their conversion is down.
    conversion = (item["spec"].get("conversion") or {}).get("webhook") or {}
    converts = can_be_called([("conversion webhook", conversion.get("clientConfig") or {})], seen)
    return dataclasses.replace(converts, progress=(2, *converts.progress)) if converts != CURRENT else CURRENT
