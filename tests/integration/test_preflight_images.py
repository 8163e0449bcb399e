# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Probe C(images) of preflight: a plan's images are asked for from this machine, and nothing is made on the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Cluster, Ran, write_plan
from connect_proxy import connect_proxy
from registry_server import DOCKER_REGISTRY, Authority, docker_registry, errors, push, registry_server
from waiting import sooner_than

Thing = dict[str, Any]
NODES = "/api/v1/nodes"


def pod(image: str, name: str = "one") -> Thing:
    spec = {"containers": [{"name": "one", "image": image}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def settings(text: str) -> Thing:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "spawner", "namespace": "default"}, "data": {"config": text}}


def row(ran: Ran) -> Thing:
    [found] = [entry for entry in ran["findings"] if entry["check"] == "probe_images"]
    return dict(found)


@pytest.fixture
def with_a_node(cluster: Cluster) -> Iterator[None]:
    """A node that is not simulated: it would pull."""
    cluster.create(NODES, {"metadata": {"name": "pulls"}})
    yield
    cluster.delete(f"{NODES}/pulls")


@pytest.mark.skipif(not DOCKER_REGISTRY, reason="there is no docker-registry: apt-get install docker-registry")
def test_images_of_a_real_registry(cluster: Cluster, with_a_node: None, tmp_path: Path) -> None:
    """One that is there, one that pods lack, and one that only a ConfigMap names, by a name of Docker Hub's that nobody reaches."""
    with docker_registry(tmp_path / "registry") as registry:
        push(registry, "mirror/there", "1")
        objects = [pod(f"{registry}/mirror/there:1"), pod(f"{registry}/mirror/gone:1", "two")]
        plan = write_plan(tmp_path / "plan", first=objects[:1], second=objects[1:])
        ran = cluster.module("preflight", {"plan": plan, "probes": ["images"]})
        assert ran.failed and ran["msg"].startswith("The cluster was not touched:")
        found = row(ran)
        words = "answers 404 MANIFEST_UNKNOWN: manifest unknown" if "MANIFEST" in found["message"] else "answers 404 NAME_UNKNOWN"
        assert f"{registry} does not have {registry}/mirror/gone:1 (Pod default/two of part second) ({registry} {words}" in found["message"]
        assert found["result"] == "fail" and "overrides: [probe_images]" in found["remedy"] and "there:1" not in ran["msg"]
        overridden = cluster.module("preflight", {"plan": plan, "probes": ["images"], "overrides": ["probe_images"]})
        assert not overridden.failed and not overridden["changed"] and row(overridden)["result"] == "warn"
        push(registry, "mirror/gone", "1")
        again = cluster.module("preflight", {"plan": plan, "probes": ["images"]})
    assert not again.failed
    assert row(again)["message"] == "registries have all 2 images of the plan"


def test_no_registry_is_asked_unless_somebody_wants_it(cluster: Cluster, tmp_path: Path) -> None:
    with registry_server() as server:
        plan = write_plan(tmp_path, a=[pod(f"{server.host}/a:1")])
        assert not cluster.module("preflight", {"plan": plan}).failed
        assert server.asked == []


def test_check_mode_asks_as_well(cluster: Cluster, tmp_path: Path) -> None:
    with registry_server("a:1") as server:
        ran = cluster.module("preflight", {"plan": write_plan(tmp_path, a=[pod(f"{server.host}/a:1")]), "probes": ["images"]}, check=True)
        assert row(ran)["result"] == "pass" and server.asked


def test_what_only_users_need_and_what_simulated_nodes_never_pull_are_warnings(cluster: Cluster, tmp_path: Path) -> None:
    with registry_server() as server:
        server.replies["/v2/"] = [(404, {}, errors("NAME_UNKNOWN", "no such repository"))] * 9
        ran = cluster.module("preflight", {"plan": write_plan(tmp_path, a=[pod(f"{server.host}/a:1")]), "probes": ["images"]})
    assert not ran.failed and row(ran)["result"] == "warn" and "no such repository" in row(ran)["message"]


def test_docker_hub_through_a_proxy_with_a_spawners_image(cluster: Cluster, with_a_node: None, tmp_path: Path) -> None:
    """By the names that people write, with the environment's proxy and authorities; the token is in no output."""
    authority = Authority.made(tmp_path / "authority")
    context = authority.context("registry-1.docker.io", "auth.example.com")
    with (
        registry_server("library/mysql:8", context=context, token="hidden-token") as server,
        connect_proxy(("127.0.0.1", server.port)) as proxy,
    ):
        server.realm = "https://auth.example.com/token"
        plan = write_plan(tmp_path / "plan", a=[pod("mysql:8"), settings("image: docker.io/kubeflow/notebook:1")])
        way = {"HTTPS_PROXY": proxy.url(), "SSL_CERT_FILE": str(authority.path), "NO_PROXY": "127.0.0.1"}
        ran = cluster.module("preflight", {"plan": plan, "probes": ["images"]}, env=way)
        untrusted = cluster.module("preflight", {"plan": plan, "probes": ["images"]}, env={**way, "SSL_CERT_FILE": "/dev/null"})
    found = row(ran)
    assert not ran.failed and found["result"] == "warn" and "mysql" not in found["message"]
    assert "docker.io does not have docker.io/kubeflow/notebook:1 (ConfigMap default/spawner of part a)" in found["message"]
    assert "hidden-token" not in ran.stdout + ran.stderr
    assert row(untrusted)["result"] == "warn"
    assert "does not trust the certificate of docker.io, so nothing is known of 2 images" in row(untrusted)["message"]


def test_without_a_way_out_each_registry_is_one_warning(cluster: Cluster, with_a_node: None, tmp_path: Path) -> None:
    images = [f"{host}/a{number}:1" for host in ("quay.io", "ghcr.io") for number in range(6)]
    plan = write_plan(tmp_path, a=[pod(image, f"p{number}") for number, image in enumerate(images)])
    # A proxy that nobody is behind.
    env = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    with sooner_than(30):
        ran = cluster.module("preflight", {"plan": plan, "probes": ["images"]}, env=env)
    assert not ran.failed and row(ran)["result"] == "warn"
    assert row(ran)["message"].count("this machine does not reach") == 2
    assert "through the proxy http://127.0.0.1:9" in row(ran)["message"] and "probes: [registries]" in row(ran)["remedy"]


def test_the_time_of_probes_ends_it(cluster: Cluster, with_a_node: None, tmp_path: Path) -> None:
    with registry_server() as server:
        server.replies["/v2/"] = [None] * 9
        plan = write_plan(tmp_path, a=[pod(f"{server.host}/a:1")])
        ran = cluster.module("preflight", {"plan": plan, "probes": ["images"], "probe_timeout": 2})
    assert not ran.failed and row(ran)["result"] == "warn"
    assert ran["ended"] - ran["began"] < 15
