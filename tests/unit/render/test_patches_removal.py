# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Objects that settings leave out, Secrets of the user's own instead of upstream's, and lists in documents."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.added import added_objects
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.change import Change, ChangeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.compile import Common, Patches, compile_patches
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.json_merge import merged_document

Thing = dict[str, Any]

SECRET: Thing = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db", "namespace": "kubeflow"}, "stringData": {"password": ""}}
POLICY: Thing = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p", "namespace": "kubeflow"}}
SERVICE: Thing = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "mysql", "namespace": "kubeflow"}}


def deployment(spec: Thing, *, namespace: str = "kubeflow") -> Thing:
    metadata = {"name": "server", "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {"template": {"spec": spec}}}


def compiled(objects: list[Thing], *changes: Change, common: Common | None = None) -> Patches:
    return compile_patches("part", objects, changes, common or Common())


def patched_spec(patches: Patches) -> Thing:
    spec: Thing = yaml.safe_load(patches.files["deployment-server.yaml"])["spec"]["template"]["spec"]
    return spec


def test_a_removed_object_is_named_with_the_setting_and_has_no_patch() -> None:
    change = Change("part_host", "Service", "mysql", remove=True)
    patches = compiled([SERVICE, SECRET], change, common=Common(labels={"team": "ml"}))
    assert {str(key): setting for key, setting in patches.removed.items()} == {"Service kubeflow/mysql": "part_host"}
    assert list(patches.files) == ["secret-db.yaml"]


def test_what_is_to_be_removed_has_to_be_there() -> None:
    with pytest.raises(ChangeError, match=r"part_host: there is no Service mysqll .*nearest is Service mysql"):
        compiled([SERVICE], Change("part_host", "Service", "mysqll", remove=True))


def test_a_release_that_has_nothing_to_change_says_so() -> None:
    with pytest.raises(ChangeError, match="part_x: this release has nothing that it could change"):
        compiled([SERVICE], Change("part_x", "ConfigMap", ""))


def test_network_policies_are_left_out_where_there_are_any() -> None:
    assert [key.name for key in compiled([POLICY, SERVICE], common=Common(network_policies=False)).removed] == ["p"]
    assert not compiled([SERVICE], common=Common(network_policies=False))
    assert Common(network_policies=False)
    assert not Common()


def test_pods_read_the_users_secret_wherever_they_name_upstreams() -> None:
    def environment(name: str) -> list[Thing]:
        return [
            {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": name, "key": "password"}}},
            {"name": "PLAIN", "value": "x"},
            {"name": "OTHER", "valueFrom": {"secretKeyRef": {"name": "other", "key": "a"}}},
        ]

    spec = {
        "initContainers": [{"name": "first", "env": environment("db")}, {"name": "second"}],
        "containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "db"}}]}],
        "volumes": [
            {"name": "files", "secret": {"secretName": "db"}},
            {"name": "both", "projected": {"sources": [{"secret": {"name": "db"}}, {"configMap": {"name": "db"}}]}},
            {"name": "none", "emptyDir": {}},
        ],
    }
    patches = compiled([SECRET, deployment(spec)], Change("part_secret", "Secret", "db", instead="mine"))
    assert [key.name for key in patches.removed] == ["db"]
    assert patched_spec(patches) == {
        "initContainers": [{"name": "first", "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "mine"}}}]}],
        "containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "mine"}}, {"configMapRef": {"name": "db"}}]}],
        "volumes": [
            {"name": "files", "secret": {"secretName": "mine"}},
            {"name": "both", "projected": {"sources": [{"secret": {"name": "mine"}}, {"configMap": {"name": "db"}}]}},
        ],
    }
    assert patches.files["deployment-server.yaml"].startswith("# By part_secret\n")


def test_pods_of_another_namespace_read_another_secret() -> None:
    reader = deployment({"containers": [{"name": "main", "envFrom": [{"secretRef": {"name": "db"}}]}]}, namespace="other")
    assert not compiled([SECRET, reader], Change("part_secret", "Secret", "db", instead="mine")).files


def test_entries_of_a_list_in_a_document() -> None:
    base = {"collectors": [{"kind": "File", "image": "a", "waits": True}, {"kind": "StdOut", "image": "b"}], "other": [1]}
    change = {"collectors": {"[kind=File]": {"image": "c", "waits": None}, "[kind=New]": {"image": "d"}, "[kind=StdOut]": None}}
    assert merged_document(base, change) == {"collectors": [{"kind": "File", "image": "c"}, {"kind": "New", "image": "d"}], "other": [1]}
    assert base["collectors"][0]["image"] == "a"


def test_other_mappings_replace_a_list() -> None:
    assert merged_document({"a": [1]}, {"a": {"b": 1}}) == {"a": {"b": 1}}
    assert merged_document({"a": [1]}, {"a": {}}) == {"a": {}}


# What settings add

ISSUER = Change("part_tls", "Issuer", "own", namespace="kubeflow", add={"apiVersion": "cert-manager.io/v1", "spec": {"selfSigned": {}}})
ISSUER_OBJECT: Thing = {
    "apiVersion": "cert-manager.io/v1",
    "kind": "Issuer",
    "metadata": {"name": "own", "namespace": "kubeflow"},
    "spec": {"selfSigned": {}},
}


def test_an_added_object_is_whole_and_gets_what_all_get() -> None:
    [(setting, item)] = added_objects([SERVICE], [ISSUER, Change("part_host", "Service", "mysql", remove=True)])
    assert (setting, item) == ("part_tls", ISSUER_OBJECT)
    patches = compiled([SERVICE, item], ISSUER, common=Common(labels={"team": "ml"}))
    assert yaml.safe_load(patches.files["issuer-own.yaml"])["metadata"]["labels"] == {"team": "ml"}


def test_annotations_of_an_added_object_are_kept_and_a_cluster_has_no_namespace() -> None:
    annotations = {"cert-manager.io/inject-ca-from": "a/b"}
    change = Change("part_tls", "MutatingWebhookConfiguration", "w", add={"apiVersion": "v1", "metadata": {"annotations": annotations}})
    assert change.added()["metadata"] == {"name": "w", "annotations": annotations}


@pytest.mark.parametrize("there", [[ISSUER_OBJECT], []])
def test_what_is_there_is_not_added_again(there: list[Thing]) -> None:
    with pytest.raises(ChangeError, match=r"part_tls: this release's part has Issuer.cert-manager.io kubeflow/own already"):
        added_objects(there, [ISSUER, ISSUER])
