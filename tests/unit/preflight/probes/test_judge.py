# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of probes."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.kernel import OPTIONS
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Finding
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.judge import NODE_ROWS, PROBES, Seen, rows, short_name

GOOD = """sysctl fs.inotify.max_user_instances 8192
sysctl fs.inotify.max_user_watches 1255360
flags lacking
module iptable_nat
api 0 10.96.0.1:443 HTTP/1.0 400 Bad Request
name kubernetes.default.svc.cluster.local. Server: 10.96.0.10 Address: 10.96.0.10:53 Name: kubernetes.default.svc.cluster.local Address: 10.96.0.1
end
"""
REGISTRY = {"registry-0": ("quay.io", "quay.io/a/b:x")}


def pod(text: str | None = None, *, phase: str = "Succeeded", waiting: dict[str, str] | None = None) -> dict[str, Any]:
    state: dict[str, Any] = {"waiting": waiting} if waiting else {"terminated": {"reason": "Completed", "message": text}}
    return {"metadata": {"name": "one"}, "status": {"phase": phase, "containerStatuses": [{"name": "look", "state": state}]}}


def row(name: str, *texts: str, **more: Any) -> Finding:
    """On as many nodes as there are texts."""
    nodes = {f"node-{number}": f"n{number}" for number, _text in enumerate(texts)}
    seen = Seen(nodes={**nodes, **more.pop("nodes", {})}, pods={f"node-{n}": pod(text) for n, text in enumerate(texts)}, **more)
    [found] = rows([name], seen)
    return found


@pytest.mark.parametrize("name", NODE_ROWS)
def test_a_good_node_passes(name: str) -> None:
    assert row(name, GOOD).result == "pass"


@pytest.mark.parametrize(
    ("name", "before", "after", "result", "words"),
    [
        ("probe_inotify", "instances 8192", "instances 128", "warn", "fs.inotify.max_user_instances is 128 on node n1"),
        ("probe_inotify", "watches 1255360", "watches 8192", "warn", "fs.inotify.max_user_watches is 8192 on node n1"),
        ("probe_inotify", "sysctl fs.inotify.max_user_watches", "", "warn", "fs.inotify.max_user_watches could not be read on node n1"),
        ("probe_processor", "lacking", "lacking avx", "warn", "node n1 has no AVX"),
        ("probe_processor", "lacking", "lacking sse4_2", "warn", "no x86-64-v2 (it lacks sse4_2)"),
        ("probe_api_server", "api 0 10.96.0.1:443 HTTP/1.0 400 Bad Request", "api 1 10.96.0.1:443 nc: timed out", "fail", "node n1"),
        ("probe_dns", "Name: kubernetes.default.svc.cluster.local", "NXDOMAIN", "fail", "node n1 does not resolve kubernetes.default"),
        ("probe_kernel_modules", "module iptable_nat", "module ip_tables", "warn", "are not loaded on node n1"),
    ],
)
def test_what_one_node_lacks_is_said_of_that_node(name: str, before: str, after: str, result: str, words: str) -> None:
    assert before in GOOD
    found = row(name, GOOD, GOOD.replace(before, after))
    assert (found.result, words in found.message, bool(found.remedy)) == (result, True, True), found


def test_a_kernel_that_has_no_module_is_told_from_one_that_has_not_loaded_it() -> None:
    built_in = GOOD.replace("module iptable_nat", "\n".join(f"option {option}=y" for option in OPTIONS.values()))
    assert row("probe_kernel_modules", built_in).result == "pass"
    without = built_in.replace("option CONFIG_NETFILTER_XT_MATCH_OWNER=y\n", "")
    assert "built without xt_owner" in row("probe_kernel_modules", without).message


def test_a_host_of_somebody_else_is_no_failure() -> None:
    found = row("probe_dns", GOOD, hosts=["login.example.com"])
    assert (found.result, found.message) == ("warn", "a pod on node n0 does not resolve login.example.com")


@pytest.mark.parametrize(
    ("message", "reached"),
    [
        ('failed to pull and unpack image "quay.io/a/b:x": failed to resolve reference "quay.io/a/b:x": quay.io/a/b:x: not found', True),
        ("unexpected status from HEAD request to https://quay.io/v2/a/b/manifests/x: 401 Unauthorized", True),
        ("toomanyrequests: You have reached your pull rate limit", True),
        ('Head "https://quay.io/v2/a/b/manifests/x": dial tcp: lookup quay.io on 10.0.0.1:53: no such host', False),
        (
            'Head "https://quay.io/v2/a/b/manifests/x": tls: failed to verify certificate: x509: certificate signed by unknown authority',
            False,
        ),
        ("", False),
    ],
)
def test_a_registry_that_answers_is_reached_whatever_it_says(message: str, reached: bool) -> None:
    pulls = {("registries-0", "registry-0"): message} if message else {}
    found = row("probe_registries", nodes={"registries-0": "n0"}, asked={"registries-0": REGISTRY}, pulls=pulls, why_over="it is over")
    assert found.result == ("pass" if reached else "warn")
    assert ("cannot reach registry quay.io" in found.message) is not reached
    if not message:
        assert found.evidence == ["quay.io: it is over"]


def test_a_refused_pod_is_said_once_with_who_refused_it() -> None:
    seen = Seen(nodes={"node-0": "n0"}, refused={"node-0": "denied by policy x"})
    for found in rows(["probe_dns", "probe_inotify"], seen):
        assert found.result == "warn"
        assert found.message == "the probe's pod on node n0 was refused: denied by policy x"


def test_a_pod_that_does_not_begin_says_why() -> None:
    stuck = pod(waiting={"reason": "ErrImagePull", "message": "no such host"}, phase="Pending")
    [found] = rows(["probe_dns"], Seen(nodes={"node-0": "n0"}, pods={"node-0": stuck}))
    assert "told nothing: ErrImagePull: no such host" in found.message
    assert "with a shell: probe_image." in found.remedy


def test_a_volume_that_pods_may_not_write_to_is_told() -> None:
    failed = pod("sh: can't create /volume/probe: Permission denied", phase="Failed")
    [found] = rows(["probe_volumes"], Seen(classes={"volume-0": "nfs"}, bound={"volume-0": 1.0}, pods={"volume-0": failed}))
    assert found.result == "warn"
    assert "could not write to a volume of StorageClass nfs" in found.message
    assert "Permission denied" in found.message
    assert "fsGroup" in found.remedy


def test_without_claims_or_nodes_nothing_is_wrong_and_nothing_is_claimed() -> None:
    volumes, dns = rows(["probe_volumes", "probe_dns"], Seen())
    assert (volumes.result, volumes.message) == ("pass", "the plan claims no volumes")
    assert (dns.result, "no node takes pods" in dns.message) == ("warn", True)


def test_names_are_short_where_they_are_asked_for() -> None:
    assert {f"probe_{short_name(name)}" for name in PROBES} == set(PROBES)
