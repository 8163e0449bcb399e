# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan names that one program has to answer for: images, commands and ports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import pod_template

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_HANDLERS = ("httpGet", "tcpSocket", "grpc")
# What is called by its name alone is looked up in PATH.
_BIN = "/usr/local/bin"

# The ConfigMap of istiod's injector, which names the image of sidecars and what their hooks execute.
_INJECTOR = ("istio-system", "istio-sidecar-injector")
_AGENT = "pilot-agent"

Thing = dict[str, Any]


@dataclass(frozen=True)
class Named:
    """C(commands) are absolute paths."""

    images: frozenset[str]
    commands: frozenset[str]
    ports: frozenset[int]


def _command(words: list[str] | None, folder: str) -> Iterator[str]:
    if words:
        yield str(PurePosixPath(folder if "/" in words[0] else _BIN, words[0]))


def _port(found: object) -> Iterator[int]:
    """A number; a name is one of a container's, which are all known."""
    if isinstance(found, int) or (isinstance(found, str) and found.isdigit()):
        yield int(found)


def _hooks(container: Thing) -> Iterator[Thing]:
    yield from (probe for name in _PROBES if (probe := container.get(name)))
    yield from (hook for hook in (container.get("lifecycle") or {}).values() if hook)


def _sidecar(config: Thing) -> str:
    """The image of sidecars, from the values of the injector's template."""
    values = json.loads(config["data"]["values"])["global"]
    image = str(values["proxy"]["image"])
    return image if "/" in image else f"{values['hub']}/{image}:{values['tag']}"


def named(objects: Iterable[Thing], working_dir: str) -> Named:
    """C(working_dir) is the one of the image, where relative commands are."""
    images, commands, ports = set[str](), set[str](), set[int]()
    for item in objects:
        if item["kind"] == "Service":
            # Containers need not declare what they listen to.
            for port in item["spec"].get("ports") or []:
                ports.update(_port(port.get("targetPort", port["port"])))
        if item["kind"] == "ConfigMap" and (item["metadata"].get("namespace"), item["metadata"]["name"]) == _INJECTOR:
            images.add(_sidecar(item))
            commands.update(_command([_AGENT], working_dir))
        spec = (pod_template(item) or {}).get("spec") or {}
        for container in [*spec.get("containers", []), *spec.get("initContainers", [])]:
            folder = container.get("workingDir") or working_dir
            images.add(container["image"])
            commands.update(_command(container.get("command"), folder))
            ports.update(port["containerPort"] for port in container.get("ports") or [])
            for hook in _hooks(container):
                commands.update(_command((hook.get("exec") or {}).get("command"), folder))
                for handler in _HANDLERS:
                    ports.update(_port((hook.get(handler) or {}).get("port")))
    return Named(frozenset(images), frozenset(commands), frozenset(ports))
