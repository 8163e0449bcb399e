"""The form in which objects are sent."""

from __future__ import annotations

import copy

import pytest

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._objects.objects import Key, is_filled, key_of, pod_template, to_send


def thing(kind="ConfigMap", api_version="v1", **fields):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "x"}, **fields}


def test_a_key_does_not_depend_on_the_version():
    old, new = thing("Certificate", "cert-manager.io/v1alpha2"), thing("Certificate", "cert-manager.io/v1")
    assert key_of(old) == key_of(new) == Key("cert-manager.io", "Certificate", "", "x")
    assert str(key_of(new)) == "Certificate.cert-manager.io x"
    assert str(Key("apps", "Deployment", "kubeflow", "ui")) == "Deployment kubeflow/ui"


def test_the_original_is_left_alone():
    item = thing("Secret", stringData={"a": "b"}, status={})
    before = copy.deepcopy(item)
    to_send(item, namespaced=True)
    assert item == before


def test_a_namespace_is_dropped_where_the_kind_has_none_and_given_where_it_has_one():
    item = thing("ClusterRole", "rbac.authorization.k8s.io/v1")
    item["metadata"]["namespace"] = "kubeflow"
    assert "namespace" not in to_send(item, namespaced=False)["metadata"]
    assert to_send(thing(), namespaced=True)["metadata"]["namespace"] == "default"


def test_string_data_goes_as_data():
    sent = to_send(thing("Secret", data={"old": "eA=="}, stringData={"password": "ä"}), namespaced=True)
    assert sent["data"] == {"old": "eA==", "password": "w6Q="}
    assert "stringData" not in sent


def test_rules_of_an_aggregated_cluster_role_are_not_sent():
    role = thing("ClusterRole", "rbac.authorization.k8s.io/v1", rules=[])
    assert "rules" in to_send(role, namespaced=False)
    assert "rules" not in to_send({**role, "aggregationRule": {"clusterRoleSelectors": []}}, namespaced=False)


@pytest.mark.parametrize(
    ("item", "place"),
    [
        (
            thing(
                "MutatingWebhookConfiguration",
                "admissionregistration.k8s.io/v1",
                webhooks=[{"name": "w", "clientConfig": {"caBundle": "Cg=="}}],
            ),
            lambda sent: sent["webhooks"][0]["clientConfig"],
        ),
        (
            thing(
                "CustomResourceDefinition",
                "apiextensions.k8s.io/v1",
                spec={"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"caBundle": "Cg=="}}}},
            ),
            lambda sent: sent["spec"]["conversion"]["webhook"]["clientConfig"],
        ),
        (
            thing(
                "CustomResourceDefinition",
                "apiextensions.k8s.io/v1beta1",
                spec={"conversion": {"webhookClientConfig": {"caBundle": "Cg=="}}},
            ),
            lambda sent: sent["spec"]["conversion"]["webhookClientConfig"],
        ),
        (thing("APIService", "apiregistration.k8s.io/v1", spec={"caBundle": "Cg=="}), lambda sent: sent["spec"]),
    ],
)
def test_no_ca_bundle_is_sent(item, place):
    assert "caBundle" in place(item)
    assert "caBundle" not in place(to_send(item, namespaced=False))


def test_status_and_creation_timestamps_are_not_sent():
    item = thing(
        "StatefulSet",
        "apps/v1",
        status={"replicas": 1},
        spec={
            "template": {"metadata": {"creationTimestamp": None}, "spec": {"containers": []}},
            "volumeClaimTemplates": [{"metadata": {"name": "v", "creationTimestamp": None}, "status": {}}],
        },
    )
    item["metadata"]["creationTimestamp"] = None
    sent = to_send(item, namespaced=True)
    assert "creationTimestamp" not in str(sent)
    assert "status" not in str(sent)


def test_ports_get_the_protocol_that_old_servers_do_not_default():
    service = to_send(thing("Service", spec={"ports": [{"port": 80}, {"port": 53, "protocol": "UDP"}]}), namespaced=True)
    assert [port["protocol"] for port in service["spec"]["ports"]] == ["TCP", "UDP"]
    workload = thing(
        "Deployment", "apps/v1", spec={"template": {"spec": {"containers": [{"name": "c", "ports": [{"containerPort": 80}]}]}}}
    )
    assert to_send(workload, namespaced=True)["spec"]["template"]["spec"]["containers"][0]["ports"][0]["protocol"] == "TCP"


def test_a_cron_job_has_its_pod_template_deeper():
    template = {"spec": {"containers": []}}
    assert pod_template(thing("CronJob", "batch/v1", spec={"jobTemplate": {"spec": {"template": template}}})) == template
    assert pod_template(thing("Service", "serving.knative.dev/v1", spec={"template": template})) is None


def test_what_declares_nothing_is_not_sent():
    secret = thing("Secret", data={})
    secret["metadata"].update(labels={}, annotations=None)
    assert to_send(secret, namespaced=False) == thing("Secret")
    container = {"name": "main", "env": [], "ports": None, "volumeMounts": [], "args": [], "resources": {}}
    pod = {"containers": [container], "volumes": [], "nodeSelector": {}}
    sent = to_send(thing("Deployment", "apps/v1", spec={"template": {"metadata": {"annotations": {}}, "spec": pod}}), namespaced=False)
    assert sent["spec"]["template"] == {
        "metadata": {},
        # These three are declared as they are.
        "spec": {"containers": [{"name": "main", "args": [], "resources": {}}], "nodeSelector": {}},
    }


def test_an_empty_value_of_the_wrong_type_is_left_for_the_server_to_refuse():
    for empty in ([], "", 0, False):
        assert to_send(thing(data=empty), namespaced=False) == thing(data=empty)


def test_an_empty_value_of_a_custom_resource_is_sent():
    item = thing("Thing", "example.com/v1", data={}, spec={"containers": [{"env": []}]})
    item["metadata"]["annotations"] = {}
    assert to_send(item, namespaced=False) == item


@pytest.mark.parametrize(("bundle", "expected"), [(None, False), ("", False), ("Cg==", False), ("!", False), ("eA==", True)])
def test_placeholders_are_no_certificates(bundle: str | None, expected: bool) -> None:
    assert is_filled(bundle) is expected
