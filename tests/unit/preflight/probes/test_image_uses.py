# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What of a plan names which image, and what a registry is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from checked import thing, workload
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.image_uses import Use, manifest_of, uses
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry.ask import Manifest
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.reference import Reference
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.plan import Part

Thing = dict[str, Any]
DIGEST = "sha256:" + "a" * 64
_PATH = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,4})?", fullmatch=True)
_HOST = st.sampled_from(["", "docker.io/", "index.docker.io/", "ghcr.io/", "localhost:5000/", "Registry.example.com/"])
_TAG = st.from_regex(r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,9})?", fullmatch=True)
_DIGEST = st.sampled_from(["", f"@{DIGEST}"])


def of(*objects: Thing, part: str = "one") -> dict[Manifest, Use]:
    return uses([Part(part, objects)])[0]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("mysql", Manifest("docker.io", "library/mysql", "latest")),
        ("mysql:8", Manifest("docker.io", "library/mysql", "8")),
        ("docker.io/mysql:8", Manifest("docker.io", "library/mysql", "8")),
        ("kserve/agent:1", Manifest("docker.io", "kserve/agent", "1")),
        (f"gcr.io/a/b/c@{DIGEST}", Manifest("gcr.io", "a/b/c", DIGEST)),
        (f"gcr.io/a/b:1@{DIGEST}", Manifest("gcr.io", "a/b", DIGEST)),
        ("localhost:5000/a:1", Manifest("localhost:5000", "a", "1")),
    ],
)
def test_what_a_registry_is_asked_for(image: str, expected: Manifest) -> None:
    read = Reference.parse(image)
    assert read and manifest_of(read) == expected


@given(_HOST, st.lists(_PATH, min_size=1, max_size=3), _TAG, _DIGEST)
def test_every_image_has_a_place_to_be_asked_for(host: str, path: list[str], tag: str, digest: str) -> None:
    """Whatever is written: a host, a whole name, and the digest before the tag."""
    read = Reference.parse(f"{host}{'/'.join(path)}{tag}{digest}")
    assert read
    found = manifest_of(read)
    assert found.registry == (host.rstrip("/").lower().replace("index.", "") or "docker.io")
    assert found.repository.removeprefix("library/") == "/".join(path) or path[0] == "library"
    assert ("/" in found.repository) or found.registry != "docker.io"
    assert found.reference == (digest[1:] or tag[1:] or "latest")


@given(st.text())
def test_whatever_a_plan_says_it_is_read(text: str) -> None:
    uses([Part("a", (thing("ConfigMap", "a", data={"image": text, "config": f"image: {text}"}), workload("b", image=text or "x:1")))])


def test_who_names_an_image_is_said_and_pods_are_told_from_the_rest() -> None:
    settings = thing("ConfigMap", "spawner", "kubeflow", data={"config": "image: ghcr.io/a/notebook:1 and quay.io/a/b:1"})
    runtime = thing("ClusterServingRuntime", "r", api="serving.kserve.io/v1alpha1", spec={"containers": [{"image": "kserve/server:1"}]})
    argument = {"containers": [{"image": "quay.io/a/b:1", "args": ["--image", "quay.io/a/executor:1"]}]}
    found = of(settings, runtime, workload("w", spec=argument), part="two")
    assert {str(use.image): use.pulled for use in found.values()} == {
        "ghcr.io/a/notebook:1": False,
        "quay.io/a/b:1": True,
        "kserve/server:1": False,
        "quay.io/a/executor:1": False,
    }
    assert found[Manifest("quay.io", "a/b", "1")].by == ["ConfigMap kubeflow/spawner of part two", "Deployment kubeflow/w of part two"]
    assert found[Manifest("docker.io", "kserve/server", "1")].by == ["ClusterServingRuntime r of part two"]


def test_an_image_that_is_written_in_two_ways_is_one() -> None:
    (use,) = of(workload("a", image="mysql:8"), workload("b", image="docker.io/library/mysql:8")).values()
    assert len(use.by) == 2


def test_beginnings_of_names_are_left_out_of_texts_and_not_of_containers() -> None:
    hub = thing("ConfigMap", "istio", data={"mesh": "hub: docker.io/istio", "values": "gcr.io/x/y:$(TAG)", "allowCustomImage": "true"})
    found, left = uses([Part("a", (hub, workload("w", image="docker.io/a/b")))])
    assert [*found] == [Manifest("docker.io", "a/b", "latest")]
    assert left == 3


def test_what_the_injector_puts_in_and_what_is_never_pulled() -> None:
    gateway = workload("gateway", image="auto")
    never = workload("n", spec={"containers": [{"image": "mine.example.com/a:1", "imagePullPolicy": "Never"}]})
    assert [use.pulled for use in of(gateway, never).values()] == [False]


@pytest.mark.parametrize("by", ["pod", "account", "nobody"])
def test_namespaces_with_a_login(by: str) -> None:
    secrets = [{"name": "login"}]
    account = thing("ServiceAccount", "default", "kubeflow", **({"imagePullSecrets": secrets} if by == "account" else {}))
    one = workload("one", image="ghcr.io/a/b:1")
    other = workload("other", "elsewhere", image="ghcr.io/c:1")
    if by == "pod":
        one["spec"]["template"]["spec"]["imagePullSecrets"] = secrets
    assert [use.secrets for use in of(account, one, other).values()] == [by != "nobody", False]
