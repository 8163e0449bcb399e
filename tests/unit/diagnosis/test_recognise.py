# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which release is on a cluster."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._client.http import ApiError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.deadline import Deadline
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._diagnosis.recognise import recognise, version_of

KNOWN = {
    "old": {"istio-system/istiod": "1.9.6", "kubeflow/ml-pipeline": "1.7.0", "auth/dex": "v2.24.0"},
    "new": {"istio-system/istiod": "1.28.0", "kubeflow/ml-pipeline": "2.16.0", "kubeflow-system/trainer": "sha256:00ff"},
}


class Client:
    """A cluster that has Deployments with these images, by namespace and name, and these Profiles."""

    def __init__(self, images: dict[str, str], profiles: tuple[str, ...] = (), refusal: int = 0) -> None:
        self.images, self.profiles, self.refusal = images, profiles, refusal

    def get(self, path: str, **_how: Any) -> Any:
        if self.refusal:
            raise ApiError(self.refusal, "you may not")
        if path == "/apis/kubeflow.org":
            return {"preferredVersion": {"version": "v1"}}
        if path.endswith("/profiles"):
            return {"items": [{"metadata": {"name": name}} for name in self.profiles]}
        space = path.split("/namespaces/")[1].partition("/")[0]
        found = [key for key in self.images if key.startswith(f"{space}/") and path.endswith("/deployments")]
        return {
            "items": [
                {
                    "metadata": {"name": key.partition("/")[2]},
                    "spec": {"template": {"spec": {"containers": [{"image": "e.org/proxy:9"}, {"image": self.images[key]}]}}},
                }
                for key in found
            ]
        }


def seen(client: Client) -> Any:
    return recognise(client, KNOWN, Deadline(5))  # type: ignore[arg-type]


def test_a_release_is_known_by_its_versions_wherever_the_images_come_from() -> None:
    client = Client(
        {"istio-system/istiod": "mirror.example.com:5000/x/pilot:1.9.6", "kubeflow/ml-pipeline": "a/b:1.7.0", "auth/dex": "c:v2.24.0"},
        ("team",),
    )
    found = seen(client)
    assert (found.name, found.alike, found.there) == ("old", 3, 3)
    assert found.namespaces == {"istio-system", "kubeflow", "auth", "team"}
    assert found.text == "Kubeflow old, by the versions of 3 of 3 workloads."


def test_how_sure_it_is_is_said() -> None:
    found = seen(
        Client({"istio-system/istiod": "pilot:1.28.0", "kubeflow/ml-pipeline": "a:1.7.0", "kubeflow-system/trainer": "t:v1@sha256:00ff"})
    )
    assert (found.name, found.alike, found.there) == ("new", 2, 3)
    assert "changed by hand" in found.text


def test_another_release_and_none_are_told_apart() -> None:
    assert "another release" in seen(Client({"istio-system/istiod": "pilot:1.17.0"})).text
    assert "no Kubeflow" in seen(Client({})).text
    assert "you may not" in seen(Client({}, refusal=403)).text
    with pytest.raises(ApiError):
        seen(Client({}, refusal=500))


@pytest.mark.parametrize(
    ("image", "version"),
    [("a:1", "1"), ("a", "latest"), ("h:5000/a/b", "latest"), ("h:5000/a/b:2", "2"), ("a:1@sha256:ab", "sha256:ab")],
)
def test_the_version_of_an_image(image: str, version: str) -> None:
    assert version_of(image) == version
