# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a pod cannot become ready by itself, or cannot even be made."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .._objects.objects import Key, is_going
from .conditions import conditions
from .events import Event, newest
from .failure import Failure
from .image_failures import image_failure
from .pods import Pod, container_statuses
from .rule import Item

# A node may join, and room may be made; an autoscaler says that it is at work.
_NODE_GRACE = 120.0
_SCALING = ("TriggeredScaleUp", "Nominated", "NominatedNode")
# The claim has a verdict of its own; these taints go by themselves once a node is up (kubernetes.io/docs: well-known taints).
_NOT_THE_NODES = re.compile(
    r"unbound immediate PersistentVolumeClaims|node\.kubernetes\.io/|node\.cloudprovider\.kubernetes\.io/", re.IGNORECASE
)
# The program that fills it in may be at it.
_KEY_GRACE = 20.0
_KEY = re.compile(r"couldn't find key (\S+) in (ConfigMap|Secret) ([^/\s]+)/(\S+)")
# A ReplicaSet tries again at once, and then less and less often; labels of a Namespace and old pods may be about to go.
_REFUSED_GRACE = 20.0
_QUOTA = re.compile(r"exceeded quota|failed quota")
_REFUSED = re.compile(
    r"violates PodSecurity|unable to validate against any (?:pod security policy|security context constraint)"
    r"|admission webhook \"[^\"]*\" denied the request| is invalid: |is forbidden: \[?(?:minimum|maximum) "
)
# A webhook that cannot be called is no refusal: it comes up. One that lacks something itself says no until that is there.
_NOT_ASKED = re.compile(
    r"failed calling (?:admission )?webhook"
    r"|denied the request: .*(?:not found|no endpoints|connection refused|time(?:d)? ?out|deadline exceeded|not (?:yet )?(?:ready|synced)|unavailable)",
    re.IGNORECASE | re.DOTALL,
)
# A claim's newest word decides: each attempt of the volume controller (pkg/controller/volume/persistentvolume) says one of these.
_OF_A_CLAIM = (
    "FailedBinding",
    "ProvisioningFailed",
    "WaitForFirstConsumer",
    "WaitForPodScheduled",
    "ExternalProvisioning",
    "Provisioning",
    "ProvisioningSucceeded",
)
_CLAIM_GRACE = 15.0
_NO_CLASS = re.compile(r"no storage class is set|storageclass(?:es)?\.storage\.k8s\.io \"[^\"]*\" not found", re.IGNORECASE)

Declared = Mapping[Key, frozenset[str]]
"""Keys of the data of ConfigMaps and Secrets that the plan holds and fills by itself."""


def failure_of(
    pod: Pod, events: Sequence[Event], declared: Declared | None = None, errors: Mapping[str, str] | None = None
) -> Failure | None:
    """The failure of a pod; None for one that is well, is slow, or may heal.

    :arg events: about this pod, the newest last.
    :arg errors: as for C(image_failure).
    """
    phase = (pod.get("status") or {}).get("phase")
    if is_going(pod) or phase in ("Succeeded", "Failed"):
        return None
    return image_failure(pod, events, errors) or _missing_key(pod, declared or {}) or _unschedulable(pod, events)


def _missing_key(pod: Pod, declared: Declared) -> Failure | None:
    for status in container_statuses(pod):
        waiting = (status.get("state") or {}).get("waiting") or {}
        named = _KEY.search(waiting.get("message") or "") if waiting.get("reason") == "CreateContainerConfigError" else None
        if named is None:
            continue
        name, kind, namespace, of = named.groups()
        keys = declared.get(Key("", kind, namespace, of))
        # Of one that the plan does not hold, or holds empty for a controller, nobody knows who fills it.
        if keys and name not in keys:
            return Failure(
                "KeyMissing", f"container {status['name']}: {waiting['message']}, and the plan's {kind} has no such key", _KEY_GRACE
            )
    return None


def _unschedulable(pod: Pod, events: Sequence[Event]) -> Failure | None:
    if (pod.get("spec") or {}).get("nodeName"):
        return None
    condition = conditions(pod).get("PodScheduled") or {}
    message = condition.get("message") or ""
    if condition.get("status") != "False" or condition.get("reason") != "Unschedulable" or _NOT_THE_NODES.search(message):
        return None
    if newest(events, *_SCALING):
        return None
    return Failure("Unschedulable", f"no node takes its pod: {message}", _NODE_GRACE)


def refusal(text: str) -> Failure | None:
    """Whether the API server refuses pods for good, by what it told their controller."""
    if _NOT_ASKED.search(text):
        return None
    if _QUOTA.search(text):
        return Failure("QuotaExceeded", text, _REFUSED_GRACE)
    return Failure("AdmissionRefused", text, _REFUSED_GRACE) if _REFUSED.search(text) else None


def refused_pods(workload: Item, events: Sequence[Event]) -> tuple[str, Failure | None]:
    """Why pods of a workload are not made, as its controller was told; the text is empty when they are.

    :arg events: about the workload and its ReplicaSets, the newest last.
    """
    condition = conditions(workload).get("ReplicaFailure") or {}
    text = condition.get("message") or "" if condition.get("status") == "True" else ""
    if not text and not _has_its_pods(workload):
        said = newest(events, "FailedCreate", "SuccessfulCreate")
        text = str(said.get("message") or "") if said and said.get("reason") == "FailedCreate" else ""
    return text, refusal(text) if text else None


def _has_its_pods(workload: Item) -> bool:
    spec, status = workload.get("spec") or {}, workload.get("status") or {}
    if "desiredNumberScheduled" in status:
        return bool(status.get("currentNumberScheduled", 0) >= status["desiredNumberScheduled"])
    if "template" in spec and "completions" in spec:
        return bool((status.get("active") or 0) + (status.get("succeeded") or 0))
    return bool(status.get("replicas", 0) >= spec.get("replicas", 1))


def claim_failure(name: str, events: Sequence[Event]) -> Failure | None:
    """Whether a PersistentVolumeClaim that is not bound waits for a StorageClass that is not there.

    :arg events: about the claim, the newest last.
    """
    said = newest(events, *_OF_A_CLAIM)
    text = str((said or {}).get("message") or "")
    return Failure("NoStorageClass", f"claim {name}: {text}", _CLAIM_GRACE) if _NO_CLASS.search(text) else None


def claims_of(pod: Pod) -> list[str]:
    """Names of the claims that a pod mounts; that of a generic ephemeral volume is made of the pod's and the volume's."""
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    named = [(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes]
    own = [f"{pod['metadata']['name']}-{volume['name']}" for volume in volumes if volume.get("ephemeral") is not None]
    return [name for name in (*named, *own) if name]
