# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the stand-ins would write, without a cluster."""

from __future__ import annotations

import base64
import copy
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[4] / "roles/cluster_kwok/files"))

from standins import cabundles, gotemplate, injector, reviews, services, storage
from standins.worker import Worker

TEMPLATE = """
metadata:
  labels:
    security.istio.io/tlsMode: {{ index .ObjectMeta.Labels `security.istio.io/tlsMode` | default "istio" | quote }}
  annotations: {
    {{- if ge (len .Spec.Containers) 1 }}
    first: "{{ (index .Spec.Containers 0).Name }}",
    {{- end }}
  }
spec:
  {{ if eq (annotation .ObjectMeta `sidecar.istio.io/interceptionMode` .ProxyConfig.InterceptionMode) `NONE` }}
  initContainers: []
  {{ else -}}
  initContainers:
  - name: istio-validation
    image: "{{ .ProxyImage }}"
  {{ end -}}
  {{ if not .NativeSidecars }}
  containers:
  {{ end }}
  - name: istio-proxy
    image: "{{ .ProxyImage }}"
    {{ if .NativeSidecars }}restartPolicy: Always{{end}}
    args: ["--of={{ .DeploymentMeta.Name }}"]
    securityContext:
      runAsUser: {{ .ProxyUID | default "1337" }}
      {{- toYaml .Values.global.proxy.securityContext | nindent 6 }}
  volumes:
  - emptyDir: {}
    name: istio-envoy
"""
CONFIG = json.dumps({"policy": "enabled", "defaultTemplates": ["sidecar"], "templates": {"sidecar": TEMPLATE}})
VALUES = json.dumps(
    {"global": {"hub": "example.org/istio", "tag": "1.2", "proxy": {"image": "proxyv2", "securityContext": {"runAsNonRoot": True}}}}
)
POD = {
    "kind": "Pod",
    "apiVersion": "v1",
    "metadata": {
        "generateName": "web-5f-",
        "labels": {"app": "web", "pod-template-hash": "5f"},
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5f", "controller": True}],
    },
    "spec": {"containers": [{"name": "app", "image": "app:1"}], "volumes": [{"name": "data"}]},
}


def injected(pod: dict, *, native: bool = False, config: str = CONFIG) -> dict | None:
    """The pod after the patch."""
    pod = copy.deepcopy(pod)
    patch = injector.inject({"object": pod, "namespace": "team"}, config, VALUES, "", native=native)
    if patch is None:
        return None
    for change in patch:
        assert change["op"] == "add"
        _, part, *rest = change["path"].split("/")
        if rest:
            pod[part][rest[0]] = change["value"]
        else:
            pod[part] = change["value"]
    return pod


def test_injector_adds_what_the_template_says() -> None:
    pod = injected(POD)
    assert pod is not None
    assert [found["name"] for found in pod["spec"]["containers"]] == ["app", "istio-proxy"]
    proxy = pod["spec"]["containers"][1]
    assert proxy["image"] == "example.org/istio/proxyv2:1.2"
    assert proxy["args"] == ["--of=web"]
    assert proxy["securityContext"] == {"runAsUser": 1337, "runAsNonRoot": True}
    assert [found["name"] for found in pod["spec"]["initContainers"]] == ["istio-validation"]
    assert [found["name"] for found in pod["spec"]["volumes"]] == ["data", "istio-envoy"]
    assert pod["metadata"]["labels"] == {"app": "web", "pod-template-hash": "5f", "security.istio.io/tlsMode": "istio"}
    status = json.loads(pod["metadata"]["annotations"]["sidecar.istio.io/status"])
    assert status["containers"] == ["istio-proxy"] and status["initContainers"] == ["istio-validation"]
    assert pod["metadata"]["annotations"]["first"] == "app"


def test_injector_native_sidecars_are_init_containers() -> None:
    pod = copy.deepcopy(POD)
    pod["spec"]["initContainers"] = [{"name": "mine", "image": "mine:1"}]
    result = injected(pod, native=True)
    assert result is not None
    assert [found["name"] for found in result["spec"]["initContainers"]] == ["istio-validation", "istio-proxy", "mine"]
    assert result["spec"]["initContainers"][1]["restartPolicy"] == "Always"
    assert [found["name"] for found in result["spec"]["containers"]] == ["app"]


@pytest.mark.parametrize(
    ("labels", "annotations", "network", "expected"),
    [
        ({}, {}, False, True),
        ({"sidecar.istio.io/inject": "false"}, {}, False, False),
        ({}, {"sidecar.istio.io/inject": "false"}, False, False),
        # The label wins over the annotation.
        ({"sidecar.istio.io/inject": "true"}, {"sidecar.istio.io/inject": "false"}, False, True),
        ({"sidecar.istio.io/inject": "true"}, {}, True, False),
        ({"never": "me"}, {}, False, False),
    ],
)
def test_injector_leaves_pods_alone(labels: dict, annotations: dict, network: bool, expected: bool) -> None:
    pod = {"metadata": {"labels": labels, "annotations": annotations}, "spec": {"hostNetwork": network, "containers": []}}
    assert injector.wanted(pod, [{"matchLabels": {"never": "me"}}], [], by_default=True) is expected


def test_injector_policy_disabled_needs_a_label() -> None:
    config = json.dumps({"policy": "disabled", "templates": {"sidecar": TEMPLATE}})
    assert injected(POD, config=config) is None
    asked = copy.deepcopy(POD)
    asked["metadata"]["labels"]["sidecar.istio.io/inject"] = "true"
    assert injected(asked, config=config) is not None


def test_injector_unknown_template_is_said() -> None:
    pod = copy.deepcopy(POD)
    pod["metadata"]["annotations"] = {"inject.istio.io/templates": "gatway"}
    with pytest.raises(injector.InjectionError, match=r"'gatway' not found; have sidecar"):
        injected(pod)


def test_injector_lays_over_a_container_of_the_same_name() -> None:
    pod = copy.deepcopy(POD)
    pod["spec"]["containers"].append({"name": "istio-proxy", "image": "auto", "ports": [{"containerPort": 1}]})
    result = injected(pod)
    assert result is not None
    assert len(result["spec"]["containers"]) == 2
    assert result["spec"]["containers"][1]["image"] == "example.org/istio/proxyv2:1.2"
    assert result["spec"]["containers"][1]["ports"] == [{"containerPort": 1}]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a {{- /* no */}} b", "a b"),
        ("{{ if .a }}x{{ else if .b }}y{{ else }}z{{ end }}", "y"),
        ("{{ range $k, $v := .map }}{{ $k }}={{ $v }};{{ end }}", "p=1;q=2;"),
        ("{{ range .none }}x{{ else }}empty{{ end }}", "empty"),
        ("{{ $f := true }}{{ range .list }}{{ if not $f }},{{ end }}{{ . }}{{ $f = false }}{{ end }}", "1,2"),
        ("{{ with .none }}x{{ end }}{{ with .b }}{{ . }}{{ end }}", "yes"),
        ('{{ define "t" }}<{{ .b }}>{{ end }}{{ template "t" . }}', "<yes>"),
        ('{{ printf "%s-%d %q %t" .b 3 "x" true }}', 'yes-3 "x" true'),
        ("{{ or .none .map.q }}", "2"),
        ("{{ (index .list 1) }}{{ .missing }}", "2<no value>"),
        ("{{ eq .b `no` `yes` }}", "true"),
        ("{{ .outer.GetInner.Value }}", "deep"),
        ('{{ or (index .map "none") .b.String }}', "yes"),
    ],
)
def test_template(source: str, expected: str) -> None:
    data = {"b": "yes", "map": {"q": 2, "p": 1}, "list": [1, 2], "outer": {"inner": {"value": "deep"}}}
    assert gotemplate.Template(source, {}).render(data) == expected


@pytest.mark.parametrize("source", ["{{ if .a }}x", "{{ end }}", "{{ nothing 1 }}", "{{ (and 1 }}"])
def test_template_errors(source: str) -> None:
    with pytest.raises(gotemplate.TemplateError):
        gotemplate.Template(source, {}).render({})


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_reviews(version: str) -> None:
    admission = reviews.admission({"apiVersion": f"admission.k8s.io/{version}", "request": {"uid": "u"}}, [{"op": "add"}])
    assert admission["apiVersion"] == f"admission.k8s.io/{version}"
    assert admission["response"]["uid"] == "u" and admission["response"]["allowed"]
    assert json.loads(base64.b64decode(admission["response"]["patch"])) == [{"op": "add"}]
    asked = {
        "apiVersion": f"apiextensions.k8s.io/{version}",
        "request": {"uid": "u", "desiredAPIVersion": "g/v2", "objects": [{"apiVersion": "g/v1", "metadata": None, "spec": {"a": 1}}]},
    }
    conversion = reviews.conversion(asked)
    assert conversion["response"]["convertedObjects"] == [{"apiVersion": "g/v2", "metadata": {}, "spec": {"a": 1}}]
    assert conversion["response"]["result"] == {"status": "Success"}


def test_ca_bundles() -> None:
    configuration = {
        "webhooks": [
            {"name": "a", "clientConfig": {"service": {"namespace": "n", "name": "s"}, "caBundle": "Cg=="}},
            {"name": "b", "clientConfig": {"service": {"namespace": "n", "name": "t"}, "caBundle": "bmV3"}},
            {"name": "c", "clientConfig": {"url": "https://example.org"}},
        ]
    }
    assert cabundles.services_of(configuration) == {("n", "s"), ("n", "t")}
    assert cabundles.patch_for(configuration, list(cabundles.client_configs(configuration))[:2], "bmV3") == [
        {"op": "test", "path": "/webhooks/0/name", "value": "a"},
        {"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": "bmV3"},
    ]
    crd = {"spec": {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"namespace": "n", "name": "s"}}}}}}
    (pointer,) = cabundles.client_configs(crd)
    assert cabundles.patch_for(crd, [pointer], "bmV3") == [
        {"op": "add", "path": "/spec/conversion/webhook/clientConfig/caBundle", "value": "bmV3"}
    ]
    assert cabundles.client_configs({"spec": {"conversion": {"strategy": "None"}}}) == {}


def test_endpoints() -> None:
    assert not services.ready_in({"endpoints": None})
    assert not services.ready_in({"endpoints": [{"conditions": {"ready": False}}]})
    assert services.ready_in({"endpoints": [{"conditions": {"ready": False}}, {"conditions": {"ready": True}}]})
    assert services.ready_in({"endpoints": [{"addresses": ["10.0.0.1"]}]})


def test_pods_are_found_by_the_address_of_an_endpoint() -> None:
    one, two = ({"kind": "Pod", "namespace": "n", "name": name} for name in ("a", "b"))
    endpoints = [{"addresses": ["10.0.0.1"], "targetRef": one}, {"addresses": ["10.0.0.2", "fd00::2"], "targetRef": two}]
    endpoints.append({"addresses": ["10.0.0.3"]})
    assert services.pods_in({"endpoints": endpoints}) == {"10.0.0.1": ("n", "a"), "10.0.0.2": ("n", "b"), "fd00::2": ("n", "b")}
    assert services.pods_in({"endpoints": None}) == {}


def test_volume_comes_when_it_is_the_provisioners_turn() -> None:
    claim = {
        "metadata": {"name": "c", "namespace": "n", "uid": "u", "resourceVersion": "1"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "standard", "resources": {"requests": {"storage": "1Gi"}}},
    }
    assert storage.volume_for(claim) is None
    claim["metadata"]["annotations"] = {"volume.kubernetes.io/storage-provisioner": "somebody.else"}
    assert storage.volume_for(claim) is None
    claim["metadata"]["annotations"] = {
        "volume.kubernetes.io/storage-provisioner": storage.PROVISIONER,
        "volume.kubernetes.io/selected-node": "node-1",
    }
    volume = storage.volume_for(claim)
    assert volume is not None
    assert volume["spec"]["claimRef"]["uid"] == "u"
    assert "node-1" in json.dumps(volume["spec"]["nodeAffinity"])
    claim["spec"]["volumeName"] = "there"
    assert storage.volume_for(claim) is None


def test_worker_does_each_key_once_and_again_after_a_failure() -> None:
    import threading

    done, seen = threading.Event(), []

    def reconcile(key: str) -> None:
        seen.append(key)
        if seen.count("a") < 2:
            raise OSError("no answer")
        if "b" in seen:
            done.set()

    worker = Worker("test", reconcile)
    for key in ("a", "a", "a"):
        worker.add(key)
    worker.add("b", after=0.01)
    worker.start()
    worker.add("b", after=0.5)
    assert done.wait(5)
    assert seen.count("a") == 2
