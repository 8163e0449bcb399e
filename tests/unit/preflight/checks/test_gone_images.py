# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Images that registries do not have any more."""

from __future__ import annotations

import pytest
from checked import ask, found, node, thing, workload

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.check import Gone
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._preflight.look import SIMULATED

MOVED = Gone("gcr.io/a/moved:1", "2024-08", "https://example.com/1", "quay.io/a/moved:1")
GONE = (MOVED, Gone("gcr.io/b/*", "2025-11", "https://example.com/2"), Gone("docker.io/library/lost"))


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert ask("gone_images", workload("a", image="gcr.io/b/x:1")) is None


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("gcr.io/a/moved:1", "image_map: living"),
        ("gcr.io/b/x:1", "from a mirror"),
        ("gcr.io/b/c/x@sha256:" + "0" * 64, "from a mirror"),
        ("lost:3", "from a mirror"),
    ],
)
def test_what_is_gone_is_a_warning_with_its_source(image: str, words: str) -> None:
    answer = found("gone_images", workload("a", image=image), gone=GONE)
    assert answer.result == "warn"
    assert image in answer.message and words in answer.remedy and answer.evidence[0].startswith(image)


@pytest.mark.parametrize("image", ["gcr.io/a/moved:2", "quay.io/a/moved:1", "mirror.example.com/b/x:1", "gcr.io/bb/x:1", "mine/lost:3"])
def test_what_is_not_gone_or_comes_from_a_mirror_is_good(image: str) -> None:
    assert found("gone_images", workload("a", image=image), gone=GONE).result == "pass"


def test_images_in_arguments_config_maps_and_custom_resources_count() -> None:
    argument = workload("a", spec={"containers": [{"name": "main", "image": "x:1", "args": ["--executor-image", "gcr.io/b/argument:1"]}]})
    settings = thing("ConfigMap", "a", data={"config": "image: gcr.io/b/configured:1"})
    own = thing("Runtime", "a", api="example.com/v1", spec={"image": "gcr.io/b/own:1"})
    answer = found("gone_images", argument, settings, own, gone=GONE)
    assert "3 images" in answer.message
    assert [line.split()[0] for line in answer.evidence] == ["gcr.io/b/argument:1", "gcr.io/b/configured:1", "gcr.io/b/own:1"]
    assert all("https://example.com/2" in line for line in answer.evidence)


def test_simulated_nodes_pull_nothing() -> None:
    simulated = node()
    simulated["metadata"]["annotations"] = {SIMULATED: "fake"}
    answer = found("gone_images", workload("a", image="gcr.io/b/x:1"), gone=GONE, found={"nodes": [simulated]})
    assert answer.result == "pass" and "simulated" in answer.message
