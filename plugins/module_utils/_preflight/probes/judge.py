# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What probes have shown, as rows of preflight's table."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..._common.naming import option_name
from ..._common.words import few
from ..._nodes.kernel import OPTIONS
from ..._nodes.prerequisites import ARGUMENTS, INSTANCES, WATCHES
from ..._readiness.image_failures import cause
from ..._readiness.pods import container_statuses
from ..check import Finding, Problem, answer_of
from ..look import Item
from .images import IMAGES
from .script import Facts, facts_of

VOLUMES, REGISTRIES = "probe_volumes", "probe_registries"
PROBES = {
    VOLUMES: "Whether a claim of each StorageClass that the plan uses binds, and a pod can write to it.",
    "probe_dns": "Whether a pod on each node resolves the API server's name, and those that you name.",
    "probe_api_server": "Whether a pod on each node reaches the API server.",
    REGISTRIES: "Whether each node reaches the registries of the plan's images.",
    IMAGES: "Whether registries have each image of the plan, also those in arguments, ConfigMaps and custom resources; asked from this machine.",
    "probe_inotify": "Whether nodes allow enough watches of files.",
    "probe_kernel_modules": "Whether nodes have the kernel modules of Istio's redirect rules.",
    "probe_processor": "Whether processors have AVX and x86-64-v2.",
}
"""What each asks, by name."""


def short_name(row: str) -> str:
    """What a probe is called where it is asked for."""
    return row.removeprefix("probe_")


NODE_ROWS = tuple(name for name in PROBES if name not in (VOLUMES, REGISTRIES, IMAGES))
_API = "kubernetes.default.svc.cluster.local"
_NODES = "ansible-playbook -i <inventory with the machines> mlplatform.kubeflow.nodes"
_TABLES = ("iptable_nat", "nf_nat")
# Characters of what a kubelet says.
_SHOWN = 240
# A registry that counts requests has been reached.
_LIMITED = re.compile(r"\b429\b|toomanyrequests|too many requests", re.IGNORECASE)


@dataclass
class Seen:
    """All that was seen.

    * C(nodes): the node of each pod. C(asked): by pod and container, the registry and image. C(classes): the StorageClass of each claim,
      None for the default one; its pod has the same name. C(hosts): what pods have to resolve.
    * C(bound): seconds until each claim was bound. C(pulls): what a registry said. C(events), C(refused): by name of the object.
    * C(why_over): why it ended before all was told, empty when all was. C(left_out): how many nodes were not asked.
    """

    simulated: bool = False
    began: float = 0.0
    hosts: list[str] = field(default_factory=list)
    nodes: dict[str, str] = field(default_factory=dict)
    asked: dict[str, dict[str, tuple[str, str]]] = field(default_factory=dict)
    classes: dict[str, str | None] = field(default_factory=dict)
    pods: Mapping[str, Item] = field(default_factory=dict)
    claims: Mapping[str, Item] = field(default_factory=dict)
    bound: dict[str, float] = field(default_factory=dict)
    pulls: dict[tuple[str, str], str] = field(default_factory=dict)
    events: Mapping[str, list[str]] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    why_over: str = ""
    left_out: int = 0

    @property
    def names(self) -> list[str]:
        """As they are asked for: the dot at the end keeps search lists out."""
        return [f"{name.rstrip('.')}." for name in (_API, *self.hosts)]


def rows(wanted: Iterable[str], seen: Seen) -> list[Finding]:
    """A row for each name."""
    told = {name: _message_of(pod) for name, pod in seen.pods.items() if name in seen.nodes and name not in seen.asked}
    facts = {seen.nodes[name]: facts_of(text) for name, text in told.items() if text}
    silent = [problem for name in seen.nodes if name not in seen.asked and seen.nodes[name] not in facts for problem in _silent(seen, name)]
    return [_row(name, seen, facts, silent) for name in wanted]


def _row(name: str, seen: Seen, facts: Mapping[str, Facts], silent: Sequence[Problem]) -> Finding:
    if name == VOLUMES:
        problems, good = list(_volumes(seen)), _good_volumes(seen)
    elif seen.simulated:
        return Finding(name, "pass", "the nodes are simulated: no program runs on them")
    elif not seen.nodes:
        return Finding(name, "warn", "no node takes pods, so none was asked", "kubectl get nodes; kubectl describe nodes shows taints.")
    elif name == REGISTRIES:
        problems, good = list(_registries(seen)), _good_registries(seen)
    else:
        judge, good = _JUDGES[name]
        problems = [*silent, *judge(seen, facts)]
        more = f" ({seen.left_out} more were not asked)" if seen.left_out else ""
        good = good.format(nodes=("1 node" if len(facts) == 1 else f"{len(facts)} nodes") + more, limits=_limits(facts))
    return answer_of(problems, good).of(name)


def _message_of(pod: Item) -> str:
    for status in container_statuses(pod):
        if ended := (status.get("state") or {}).get("terminated"):
            return str(ended.get("message") or "")
    return ""


def _silent(seen: Seen, name: str) -> Iterator[Problem]:
    """A pod that did not tell anything, and why."""
    where = f"the probe's pod on node {seen.nodes[name]}" if name in seen.nodes else f"the pod of claim {name}"
    if name in seen.refused:
        yield Problem(
            f"{where} was refused: {seen.refused[name]}",
            "Let the policy, quota or webhook that is named take pods of namespaces kubeflow-probe-*, or leave the probes out.",
            blocks=False,
        )
        return
    pod = seen.pods.get(name) or {}
    waiting = [(status.get("state") or {}).get("waiting") or {} for status in container_statuses(pod)]
    ended = [(status.get("state") or {}).get("terminated") or {} for status in container_statuses(pod)]
    status = pod.get("status") or {}
    words = [f"{one.get('reason')}: {one.get('message') or ''}".rstrip(": ") for one in (*waiting, *ended) if one.get("reason")]
    words += [f"{status.get('reason')}: {status.get('message')}"] if status.get("reason") else []
    evidence = tuple(seen.events.get(name, ()))
    why = "; ".join(words) or (evidence[-1] if evidence else seen.why_over or "it ended without a word")
    yield Problem(
        f"{where} told nothing: {why}",
        f"Its image has to be one that nodes have or can pull, with a shell: {option_name('probe_image')}. A slow pull: "
        f"{option_name('probe_timeout')}.",
        blocks=False,
        evidence=evidence,
    )


def _volumes(seen: Seen) -> Iterator[Problem]:
    for name, storage_class in seen.classes.items():
        of_class = f"of StorageClass {storage_class}" if storage_class else "of the default StorageClass"
        if name in seen.refused and name not in seen.claims:
            yield Problem(f"a claim {of_class} was refused: {seen.refused[name]}", _ASK, blocks=False)
        elif name in seen.bound:
            pod = seen.pods.get(name) or {}
            phase = (pod.get("status") or {}).get("phase")
            if phase == "Failed":
                yield Problem(
                    f"a pod could not write to a volume {of_class}: {_message_of(pod) or 'it ended with an error'}",
                    "The volume does not belong to the pod's group (fsGroup): NFS and hostPath provisioners ignore it. Choose another class: "
                    "kubeflow_volumes: [{storage_class: <name>}].",
                    blocks=False,
                    evidence=tuple(seen.events.get(name, ())),
                )
            elif phase != "Succeeded" and not seen.simulated:
                yield from _silent(seen, name)
        else:
            said = tuple(seen.events.get(name, ()))
            why = said[-1] if said else seen.refused.get(name) or "nobody says why"
            waited = f", {seen.why_over}" if seen.why_over else ""
            yield Problem(
                f"a claim {of_class} is not bound{waited}: {why}",
                "kubectl get storageclass; the pods of its provisioner have to run. Another class: kubeflow_volumes: [{storage_class: <name>}].",
                evidence=said,
            )


_ASK = "Let the policy or quota that is named take claims of namespaces kubeflow-probe-*, or leave the probe out."


def _good_volumes(seen: Seen) -> str:
    if not seen.classes:
        return "the plan claims no volumes"
    shown = ", ".join(
        f"{storage_class or 'the default StorageClass'} in {seen.bound.get(name, 0):.1f} s" for name, storage_class in seen.classes.items()
    )
    return f"a claim is bound: {shown}" + (
        "; the nodes are simulated, so nothing was written" if seen.simulated else ", and a pod wrote to it"
    )


def _registries(seen: Seen) -> Iterator[Problem]:
    lost: dict[str, dict[str, None]] = defaultdict(dict)
    evidence: dict[str, str] = {}
    for name, asked in seen.asked.items():
        if asked and name in seen.refused:
            yield from _silent(seen, name)
            continue
        for container, (registry, image) in asked.items():
            said = [seen.pulls.get((name, container), ""), *(line for line in seen.events.get(name, ()) if image in line)]
            if not any(cause(text, image) or _LIMITED.search(text) for text in said):
                told = next((text for text in said if text), seen.why_over or "no answer")
                lost[registry][seen.nodes[name]] = None
                # The end says why: what is before it names the image again and again.
                evidence.setdefault(registry, f"{registry}: {_tail(told)}")
    if lost:
        nodes = {node for some in lost.values() for node in some}
        yield Problem(
            f"{_shown(nodes)} cannot reach {'registry' if len(lost) == 1 else 'registries'} {', '.join(sorted(lost))}",
            "The container runtime needs the network's proxy (HTTPS_PROXY of its systemd unit) and authorities; setting them in pods does not "
            f"help. Or name a registry that nodes reach: {option_name('image_registries')}. Where all images are on the nodes already, that is enough.",
            blocks=False,
            evidence=tuple(evidence[registry] for registry in sorted(lost)),
        )


def _tail(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN else f"…{words[-_SHOWN:].partition(' ')[2]}"


def _good_registries(seen: Seen) -> str:
    registries = sorted({registry for asked in seen.asked.values() for registry, _image in asked.values()})
    return f"nodes reach {', '.join(registries)}" if registries else "the plan runs no images"


def _dns(seen: Seen, facts: Mapping[str, Facts]) -> Iterator[Problem]:
    for name in seen.names:
        lost = {
            node: one.names.get(name, (False, "it was not asked"))[1]
            for node, one in facts.items()
            if not one.names.get(name, (False, ""))[0]
        }
        if lost:
            ours = name.startswith(_API)
            yield Problem(
                f"a pod on {_shown(lost)} does not resolve {name.rstrip('.')}",
                "kubectl -n kube-system get pods,endpoints -l k8s-app=kube-dns; a network policy or firewall may keep port 53 closed."
                if ours
                else "Look which servers CoreDNS asks (forward in ConfigMap kube-system/coredns), and whether they know the name.",
                blocks=ours,
                evidence=tuple(f"{node}: {said}" for node, said in list(lost.items())[:3]),
            )


def _api_server(_seen: Seen, facts: Mapping[str, Facts]) -> Iterator[Problem]:
    lost = {node: one.api[1] if one.api else "it was not asked" for node, one in facts.items() if not (one.api and one.api[0])}
    if lost:
        yield Problem(
            f"a pod on {_shown(lost)} does not reach the API server",
            "kube-proxy (or what takes its place) has to run on each node, and no firewall between pods and the control plane.",
            evidence=tuple(f"{node}: {said}" for node, said in list(lost.items())[:3]),
        )


def _inotify(_seen: Seen, facts: Mapping[str, Facts]) -> Iterator[Problem]:
    needed = {INSTANCES: int(ARGUMENTS["inotify_instances"]["default"]), WATCHES: int(ARGUMENTS["inotify_watches"]["default"])}
    remedy = (
        f"On each: sysctl -w {' '.join(f'{name}={value}' for name, value in needed.items())}, and in /etc/sysctl.d to stay; or {_NODES} "
    )
    remedy += "(role prerequisites). Otherwise controllers end with 'too many open files'."
    for parameter, wanted in needed.items():
        if unread := [node for node, one in facts.items() if parameter not in one.sysctls]:
            yield Problem(f"{parameter} could not be read on {_shown(unread)}", f"On each: sysctl {parameter}", blocks=False)
        few = {node: one.sysctls[parameter] for node, one in facts.items() if one.sysctls.get(parameter, wanted) < wanted}
        if few:
            yield Problem(
                f"{parameter} is {min(few.values())} on {_shown(few)}, and {wanted} is what Kubeflow needs",
                remedy,
                blocks=False,
                evidence=tuple(f"{node}: {parameter} = {value}" for node, value in few.items()),
            )


def _limits(facts: Mapping[str, Facts]) -> str:
    """The least of all nodes."""
    least = {name: [one.sysctls[name] for one in facts.values() if name in one.sysctls] for name in (INSTANCES, WATCHES)}
    return ", ".join(f"{name} {min(values)}" for name, values in least.items() if values)


def _kernel_modules(_seen: Seen, facts: Mapping[str, Facts]) -> Iterator[Problem]:
    lacking: dict[str, list[str]] = defaultdict(list)
    idle: list[str] = []
    for node, one in facts.items():
        there = {name for name, option in OPTIONS.items() if name in one.modules or one.options.get(option) == "y"}
        # Those of rules are loaded with the first rule; that tables are not there yet is what some systems never mend by themselves.
        if without := [name for name, option in OPTIONS.items() if name not in there and one.options and option not in one.options]:
            lacking[", ".join(without)].append(node)
        elif not there.intersection(_TABLES):
            idle.append(node)
    for names, nodes in lacking.items():
        yield Problem(
            f"the kernel of {_shown(nodes)} was built without {names}", "Another kernel, or Istio's CNI plugin with nftables.", blocks=False
        )
    if idle:
        yield Problem(
            f"{' and '.join(_TABLES)} are not loaded on {_shown(idle)}: Istio's redirect rules need them",
            f"On each: modprobe -a {' '.join(OPTIONS)}, and in /etc/modules-load.d to stay; or {_NODES} (role prerequisites).",
            blocks=False,
        )


def _processor(_seen: Seen, facts: Mapping[str, Facts]) -> Iterator[Problem]:
    without = [node for node, one in facts.items() if one.flags and "avx" in one.flags]
    if without:
        yield Problem(
            f"the processor of {_shown(without)} has no AVX: metadata-grpc and images with TensorFlow end with 'Illegal instruction'",
            _MODEL,
            blocks=False,
        )
    old = {node: [flag for flag in one.flags if flag != "avx"] for node, one in facts.items() if one.flags and set(one.flags) - {"avx"}}
    if old:
        lacking = sorted({flag for flags in old.values() for flag in flags})
        yield Problem(
            f"the processor of {_shown(old)} is no x86-64-v2 (it lacks {', '.join(lacking)}): images of MySQL and MinIO do not start",
            _MODEL,
            blocks=False,
        )


_MODEL = "Give the virtual machine the processor model 'host', or keep such nodes out with a taint."


def _shown(nodes: Iterable[str]) -> str:
    some = sorted(set(nodes))
    return f"node {few(some)}"


_JUDGES = {
    "probe_dns": (_dns, "pods resolve all names, on {nodes}"),
    "probe_api_server": (_api_server, "pods reach the API server, on {nodes}"),
    "probe_inotify": (_inotify, "enough on {nodes}: {limits}"),
    "probe_kernel_modules": (_kernel_modules, "there on {nodes}, or loaded with the first rule"),
    "probe_processor": (_processor, "AVX and x86-64-v2 on {nodes}, where they are x86-64 at all"),
}
