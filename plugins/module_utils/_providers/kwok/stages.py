# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What kwok plays: nodes that are Ready and stay so, unless an annotation says that the stand-ins play it. Pods are the stand-ins' business."""

from __future__ import annotations

from typing import Any

from .server import UNREADY

_CONDITIONS = """\
{{ $now := Now }}
{{ $changed := or .metadata.creationTimestamp $now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type | Quote }}
  status: {{ .status | Quote }}
  reason: {{ .reason | Quote }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
  lastTransitionTime: {{ $changed | Quote }}
{{ end }}
"""
_INITIAL = """\
addresses:
- {type: Hostname, address: {{ NodeName | Quote }}}
nodeInfo:
  architecture: amd64
  bootID: ""
  containerRuntimeVersion: kwok://0
  kernelVersion: kwok
  kubeProxyVersion: {{ Version | Quote }}
  kubeletVersion: {{ Version | Quote }}
  machineID: ""
  operatingSystem: linux
  osImage: ""
  systemUUID: ""
phase: Running
"""
# A node that is not heard of for 40 seconds counts as lost.
_HEARTBEAT_MILLISECONDS = 20000


def _stage(name: str, kind: str, spec: dict[str, Any]) -> dict[str, Any]:
    resource = {"resourceRef": {"apiGroup": "v1", "kind": kind}}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": resource | spec}


def stages() -> list[dict[str, Any]]:
    """Stages of nodes, and one of pods that fits none: without any, kwok would make all pods Ready at once."""
    ready = '.status.conditions.[] | select( .type == "Ready" ) | .status'
    left_alone = {"key": f'.metadata.annotations["{UNREADY}"]', "operator": "DoesNotExist"}
    initialise = {
        "selector": {"matchExpressions": [{"key": ready, "operator": "NotIn", "values": ["True"]}, left_alone]},
        "next": {"statusTemplate": _CONDITIONS + _INITIAL},
    }
    heartbeat = {
        "selector": {"matchExpressions": [{"key": ready, "operator": "In", "values": ["True"]}, left_alone]},
        "delay": {"durationMilliseconds": _HEARTBEAT_MILLISECONDS, "jitterDurationMilliseconds": _HEARTBEAT_MILLISECONDS + 5000},
        "next": {"statusTemplate": _CONDITIONS},
        "immediateNextStage": True,
    }
    none = {"selector": {"matchLabels": {"kwok.mlplatform.kubeflow/pods": "are-not-played-by-kwok"}}, "next": {}}
    return [
        _stage("node-initialize", "Node", initialise),
        _stage("node-heartbeat", "Node", heartbeat),
        _stage("pods-of-others", "Pod", none),
    ]
