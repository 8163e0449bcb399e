# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings of probes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.judge import PROBES
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.registries import asked_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.run import Probing, ProbingError

IMAGE = "docker.io/library/busybox:1.36.1"


def probing(**more: Any) -> Probing:
    return Probing.of(**{"names": ["all"], "image": IMAGE, "registries": {}, "hosts": [], "seconds": 60, **more})


def test_all_are_all_and_others_keep_their_order() -> None:
    assert list(probing().names) == list(PROBES)
    assert list(probing(names=["inotify", "volumes"]).names) == ["probe_volumes", "probe_inotify"]


@pytest.mark.parametrize(
    ("registries", "image"),
    [
        ({}, IMAGE),
        ({"docker.io": "mirror.example.com/hub"}, "mirror.example.com/hub/library/busybox:1.36.1"),
        ({"quay.io": "x.example.com"}, IMAGE),
    ],
)
def test_the_image_comes_from_where_all_others_do(registries: dict[str, str], image: str) -> None:
    assert probing(registries=registries).image == image


@pytest.mark.parametrize("host", ["a b", "-a.example.com", "a..b", "x" * 64, ".".join(["abc"] * 80), "$(id)", "a;b", "https://a"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(ProbingError, match="probe_hosts"):
        probing(hosts=[host])


@given(some.text())
def test_a_host_is_such_as_a_shell_takes_for_one_word_or_is_refused(text: str) -> None:
    try:
        hosts = probing(hosts=[text]).hosts
    except ProbingError:
        return
    assert all(set(host) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") for host in hosts)


@given(some.text())
def test_an_image_is_one_or_is_refused(text: str) -> None:
    try:
        assert probing(image=text).image
    except ProbingError as error:
        assert str(error).startswith("probe_image: ")


def test_each_registry_is_asked_once_for_what_it_does_not_have() -> None:
    containers = [
        {"name": str(number), "image": image} for number, image in enumerate(["mysql:8", "quay.io/a/b@sha256:" + "0" * 64, "quay.io/c/d:1"])
    ]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, "spec": {"containers": containers}}
    assert asked_of([pod], "none") == {"registry-0": ("docker.io", "mysql:none"), "registry-1": ("quay.io", "quay.io/a/b:none")}


def test_registries_without_tls_are_hosts() -> None:
    given = probing(plain=["http://Mirror.lab:5000/", "localhost"])
    assert given.plain == {"mirror.lab:5000", "localhost"}
    with pytest.raises(ProbingError, match=r"probe_plain_http_registries.*mirror\.lab/hub"):
        probing(plain=["mirror.lab/hub"])


@pytest.mark.parametrize(
    ("names", "writes", "left"),
    [(["all"], True, ["probe_images"]), (["images"], False, ["probe_images"]), (["volumes"], True, None)],
)
def test_only_images_are_probed_without_writing(names: list[str], writes: bool, left: list[str] | None) -> None:
    given = probing(names=names)
    reading = given.without_writes()
    assert given.writes is writes
    assert (reading.names if reading else None) == left and not (reading and reading.writes)
