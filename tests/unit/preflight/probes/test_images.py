# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What becomes of what registries say."""

from __future__ import annotations

import re
from typing import Any

import pytest
from checked import node, question, thing, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Answer, Gone, answer_of
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.look import SIMULATED
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.image_uses import manifest_of, uses
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.probes.images import problems
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._registry.said import Kind, Said
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.reference import Reference

Thing = dict[str, Any]
UNKNOWN: tuple[Kind, ...] = ("login", "unreached", "certificate", "limited", "failed", "strange", "late")
SIMULATED_NODE = node(metadata={"annotations": {SIMULATED: "fake"}})


def judged(*objects: Thing, said: dict[str, Said] | None = None, every: Said | None = None, **more: Any) -> Answer:
    """C(said) by image; C(every) of all others, which are there unless that says something else."""
    asked = question(*objects, **more)
    named, _left = uses(asked.plan.parts)
    told = {manifest_of(read): one for image, one in (said or {}).items() if (read := Reference.parse(image))}
    return answer_of(problems(named, {one: told.get(one) or every or Said("there") for one in named}, asked), "all there")


def one(image: str, said: Said, **more: Any) -> Answer:
    return judged(workload("w", image=image), said={image: said}, **more)


MISSING = Said("missing", "it answers 404 MANIFEST_UNKNOWN")
DENIED = Said("denied", "it answers 401 UNAUTHORIZED")


def test_images_that_are_there_are_good() -> None:
    assert judged(workload("w")).result == "pass"


def test_an_image_that_is_not_there_stops_a_run_and_who_names_it_is_said() -> None:
    answer = judged(workload("w", image="quay.io/a/b:1"), workload("v", image="quay.io/c:1"), said={"quay.io/a/b:1": MISSING})
    assert answer.result == "fail"
    assert answer.message == "quay.io does not have quay.io/a/b:1 (Deployment kubeflow/w of part a) (it answers 404 MANIFEST_UNKNOWN)"
    assert "images: {<name>: <other name>}" in answer.remedy and "image_registries: {quay.io: " in answer.remedy
    assert answer.evidence == ("quay.io/a/b:1: it answers 404 MANIFEST_UNKNOWN; Deployment kubeflow/w of part a",)


def test_an_image_that_only_users_need_is_a_warning() -> None:
    spawner = thing("ConfigMap", "spawner", "kubeflow", data={"config": "image: ghcr.io/a/notebook:1"})
    answer = judged(spawner, said={"ghcr.io/a/notebook:1": MISSING})
    assert answer.result == "warn" and "ConfigMap kubeflow/spawner of part a" in answer.message and "settings of the part" in answer.remedy


def test_what_pods_need_and_what_users_need_have_remedies_of_their_own() -> None:
    spawner = thing("ConfigMap", "spawner", "kubeflow", data={"config": "image: ghcr.io/a/notebook:1"})
    answer = judged(spawner, workload("w", image="ghcr.io/b:1"), every=MISSING, found={"nodes": [SIMULATED_NODE]})
    assert answer.message.count("ghcr.io does not have") == 2
    assert "name what is there" in answer.remedy and "only what users start later" in answer.remedy


def test_many_of_one_registry_are_one_problem_with_all_of_them_as_evidence() -> None:
    images = [f"gcr.io/gone/i{number}:1" for number in range(9)]
    answer = judged(*(workload(f"w{number}", image=image) for number, image in enumerate(images)), every=MISSING)
    assert "and 6 more" in answer.message and len(answer.evidence) == 9


@pytest.mark.parametrize(
    ("found", "result"),
    [
        ([node()], "fail"),
        ([SIMULATED_NODE], "warn"),
        ([node(), {**node("two"), "status": {"images": [{"names": ["quay.io/a/b@sha256:" + "0" * 64, "quay.io/a/b:1"]}]}}], "warn"),
        ([{**node(), "status": {"images": [{"names": ["quay.io/a/b:2", "<none>@<none>"]}, {}]}}], "fail"),
    ],
)
def test_where_nodes_pull_nothing_or_have_it_already_it_is_a_warning(found: list[Thing], result: str) -> None:
    assert one("quay.io/a/b:1", MISSING, found={"nodes": found}).result == result


@pytest.mark.parametrize(
    ("image", "result"),
    [
        ("mysql:8", "fail"),
        ("ghcr.io/a/b:1", "fail"),
        ("quay.io/a/b:1", "fail"),
        ("gcr.io/a/b:1", "fail"),
        # Somebody's own, which may be for some.
        ("registry.example.com/a:1", "warn"),
        ("europe-docker.pkg.dev/mine/a:1", "warn"),
        ("nvcr.io/nvidia/a:1", "warn"),
    ],
)
def test_what_is_denied_is_not_there_where_upstreams_images_are_for_everybody(image: str, result: str) -> None:
    answer = one(image, DENIED)
    assert answer.result == result and "401 UNAUTHORIZED" in answer.message
    assert "image_pull_secrets" in answer.remedy


def test_what_is_denied_may_be_there_for_pods_with_a_login() -> None:
    own = workload("w", image="quay.io/mine/b:1", spec={"containers": [{"image": "quay.io/mine/b:1"}], "imagePullSecrets": [{"name": "x"}]})
    assert judged(own, said={"quay.io/mine/b:1": DENIED}).result == "warn"


@pytest.mark.parametrize(("image", "result"), [("gcr.io/mine/b:1", "warn"), ("eu.gcr.io/mine/b:1", "warn"), ("quay.io/a/b:1", "fail")])
def test_what_is_denied_may_be_there_for_nodes_of_the_same_cloud(image: str, result: str) -> None:
    google = node(spec={"providerID": "gce://project/zone/name"})
    assert one(image, DENIED, found={"nodes": [google]}).result == result


@pytest.mark.parametrize("kind", UNKNOWN)
def test_what_nobody_knows_is_one_warning_for_a_registry(kind: Kind) -> None:
    images = [f"{host}/i{number}:1" for host in ("ghcr.io", "quay.io") for number in range(5)]
    answer = judged(*(workload(f"w{number}", image=image) for number, image in enumerate(images)), every=Said(kind, "as they say"))
    assert answer.result == "warn" and answer.remedy
    assert answer.message.count("nothing is known of") == (1 if kind == "late" else 2)
    assert kind == "late" or ("ghcr.io" in answer.message and "quay.io" in answer.message)
    # All images are named, and what was said of them once.
    assert all(image in " ".join(answer.evidence) for image in images) and len(answer.evidence) <= 2


def test_what_is_missing_comes_before_what_is_not_known() -> None:
    answer = judged(
        workload("a", image="docker.io/a/b:1"),
        workload("b", image="quay.io/b:1"),
        said={"a/b:1": Said("unreached", "x"), "quay.io/b:1": MISSING},
    )
    assert answer.result == "fail" and answer.message.startswith("quay.io does not have")


def test_one_without_tls_is_told_how_to_be_asked_and_upstreams_are_not() -> None:
    assert "probe_plain_http_registries: [mirror.lab:5000]" in one("mirror.lab:5000/a:1", Said("unreached", "WRONG_VERSION_NUMBER")).remedy
    assert "plain_http" not in one("quay.io/a:1", Said("unreached", "refused")).remedy


def test_a_mirror_is_to_be_filled() -> None:
    assert one("mirror.lab/quay.io/a:1", MISSING).remedy.startswith("mirror.lab: copy them there")


@pytest.mark.parametrize("living", ["", "quay.io/a/moved:1"])
def test_what_is_known_to_be_gone_has_one_cause_and_remedy(living: str) -> None:
    known = Gone("gcr.io/a/b:1", "2024-08", "https://example.com/1", living)
    answer = one("gcr.io/a/b:1", MISSING, gone=(known,))
    other = one("gcr.io/a/b:2", MISSING, gone=(known,))
    assert "as is known since 2024-08 (gone_images)" in answer.message and "gone_images" not in other.message
    assert ("image_map: living" in answer.remedy) is bool(living) and "<other name>" not in answer.remedy
    assert "<other name>" in other.remedy


def test_nothing_is_left_to_fill_in() -> None:
    """Braces of templates that nobody has filled."""
    for kind in (*UNKNOWN, "missing", "denied"):
        answer = one("registry.example.com/a:1", Said(kind, "words"))  # type: ignore[arg-type]
        assert not re.search(r"\{[a-z_]+\}", answer.message + answer.remedy), kind
