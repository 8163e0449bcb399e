# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Kubeflow's profile controller: a namespace for each Profile, with its service accounts and who may do what in it.

github.com/kubeflow/dashboard components/profile-controller/controllers/profile_controller.go, and what that was in
github.com/kubeflow/kubeflow at 1.4.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import yaml

from .api import MERGE, Api, ApiError, Object
from .mirror import Mirror
from .services import Workload
from .worker import Worker

GROUP = "kubeflow.org"
CRD = f"profiles.{GROUP}"
DEPLOYMENT = "profiles-deployment"
# The name of its program.
MANAGER = "manager"
FINALIZER = "profile-finalizer"
_LABELS_FILE = "namespace-labels.yaml"
_PATH = f"/apis/{GROUP}/v1/profiles"
_ROLES = "rbac.authorization.k8s.io"
_SECURITY = "security.istio.io"
_POLICY = "ns-owner-access-istio"
# The user's name comes in this header, unless the controller's settings name another one.
_HEADER = "kubeflow-userid"

log = logging.getLogger(__name__)


def owned_by(profile: Object) -> Object:
    metadata = profile["metadata"]
    reference = {"apiVersion": f"{GROUP}/v1", "kind": "Profile", "name": metadata["name"], "uid": metadata["uid"]}
    return reference | {"controller": True, "blockOwnerDeletion": True}


def labels_with(found: dict[str, str], defaults: dict[str, str]) -> dict[str, str]:
    """Labels of the namespace: defaults where there are none, without those whose default is empty, and in the mesh."""
    kept = {name: value for name, value in found.items() if defaults.get(name, "-") != ""}
    return {**{name: value for name, value in defaults.items() if value}, **kept, "istio-injection": "enabled"}


def namespace_for(profile: Object, defaults: dict[str, str]) -> Object:
    metadata = {
        "name": profile["metadata"]["name"],
        "annotations": {"owner": profile["spec"]["owner"]["name"]},
        "labels": labels_with({}, defaults),
        "ownerReferences": [owned_by(profile)],
    }
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def policy_for(profile: Object, settings: Mapping[str, str]) -> Object:
    """Who may call what runs in the namespace. Of the settings, those of 1.4 name no principals yet."""
    name, owner = profile["metadata"]["name"], profile["spec"]["owner"]["name"]
    header = f"request.headers[{settings.get('USERID_HEADER') or _HEADER}]"
    by_owner: Object = {"when": [{"key": header, "values": [settings.get("USERID_PREFIX", "") + owner]}]}
    callers = [settings[key] for key in ("ISTIO_INGRESS_GATEWAY_PRINCIPAL", "KFP_UI_PRINCIPAL") if settings.get(key)]
    if callers:
        by_owner["from"] = [{"source": {"principals": callers}}]
    rules = [
        by_owner,
        {"when": [{"key": "source.namespace", "values": [name]}]},
        {"to": [{"operation": {"paths": ["/healthz", "/metrics", "/wait-for-drain"]}}]},
    ]
    if notebooks := settings.get("NOTEBOOK_CONTROLLER_PRINCIPAL"):
        operation = {"methods": ["GET"], "paths": ["*/api/kernels"]}
        rules.append({"from": [{"source": {"principals": [notebooks]}}], "to": [{"operation": operation}]})
    metadata = {
        "name": _POLICY,
        "namespace": name,
        "annotations": {"user": owner, "role": "admin"},
        "ownerReferences": [owned_by(profile)],
    }
    return {"apiVersion": f"{_SECURITY}/v1beta1", "kind": "AuthorizationPolicy", "metadata": metadata, "spec": {"rules": rules}}


def _binding(profile: Object, name: str, role: str, subject: Object, annotations: dict[str, str]) -> Object:
    metadata: Object = {"name": name, "namespace": profile["metadata"]["name"], "ownerReferences": [owned_by(profile)]}
    if annotations:
        metadata["annotations"] = annotations
    reference = {"apiGroup": _ROLES, "kind": "ClusterRole", "name": role}
    return {"apiVersion": f"{_ROLES}/v1", "kind": "RoleBinding", "metadata": metadata, "roleRef": reference, "subjects": [subject]}


def content_for(profile: Object) -> dict[str, Object]:
    """What comes into the namespace: path below it, and object."""
    name, owner = profile["metadata"]["name"], profile["spec"]["owner"]
    found: dict[str, Object] = {}
    for account, role in (("default-editor", "kubeflow-edit"), ("default-viewer", "kubeflow-view")):
        metadata = {"name": account, "namespace": name, "ownerReferences": [owned_by(profile)]}
        found[f"serviceaccounts/{account}"] = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}
        subject = {"kind": "ServiceAccount", "name": account, "namespace": name}
        found[f"rolebindings/{account}"] = _binding(profile, account, role, subject, {})
    annotations = {"user": owner["name"], "role": "admin"}
    found["rolebindings/namespaceAdmin"] = _binding(profile, "namespaceAdmin", "kubeflow-admin", owner, annotations)
    if (quota := profile["spec"].get("resourceQuotaSpec") or {}).get("hard"):
        metadata = {"name": "kf-resource-quota", "namespace": name, "ownerReferences": [owned_by(profile)]}
        found["resourcequotas/kf-resource-quota"] = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": quota}
    return found


class Profiles:
    def __init__(self, api: Api) -> None:
        self._api = api
        self.worker = Worker("profiles", self._reconcile)
        self._controller = Workload(api, DEPLOYMENT, self._all)
        self._profiles = Mirror(api, _PATH, lambda key, _found: self.worker.add(key[1]))
        self._following = False

    def start(self) -> None:
        self.worker.start()
        self._controller.start()

    def crd_changed(self, name: str) -> None:
        """Told of every CRD; its own starts the work."""
        if name == CRD:
            if self._following:
                self._profiles.nudge()
            else:
                self._following = True
                self._profiles.start()

    def _all(self) -> None:
        for _other, name in self._profiles.names():
            self.worker.add(name)

    def _defaults(self) -> dict[str, str]:
        """The labels in the ConfigMap that the controller's pod mounts."""
        for deployment in self._controller.found():
            namespace = deployment["metadata"]["namespace"]
            for volume in deployment["spec"]["template"]["spec"].get("volumes") or []:
                source = (volume.get("configMap") or {}).get("name")
                found = self._api.find(f"/api/v1/namespaces/{namespace}/configmaps/{source}") if source else None
                if found and _LABELS_FILE in (found.get("data") or {}):
                    labels: Any = yaml.safe_load(found["data"][_LABELS_FILE]) or {}
                    return {str(name): str(value or "") for name, value in labels.items()}
        return {}

    def _settings(self) -> dict[str, str]:
        """Of the ConfigMaps that the environment of the controller's containers is made from."""
        settings: dict[str, str] = {}
        for deployment in self._controller.found():
            for container in deployment["spec"]["template"]["spec"]["containers"]:
                for source in container.get("envFrom") or []:
                    name = (source.get("configMapRef") or {}).get("name")
                    path = f"/api/v1/namespaces/{deployment['metadata']['namespace']}/configmaps/{name}"
                    found = self._api.find(path) if name else None
                    settings |= (found or {}).get("data") or {}
        return settings

    def _reconcile(self, name: str) -> None:
        profile = self._profiles.get("", name)
        if profile is None or not self._controller.ready:
            return
        finalizers = profile["metadata"].get("finalizers") or []
        if "deletionTimestamp" in profile["metadata"]:
            if FINALIZER in finalizers:
                self._change(profile, {}, [item for item in finalizers if item != FINALIZER])
            return
        if not self._namespace(profile):
            return
        # In its order: it stops at what fails, and begins again.
        self._policy(policy_for(profile, self._settings()))
        for path, body in content_for(profile).items():
            group = f"/apis/{_ROLES}/v1" if body["kind"] == "RoleBinding" else "/api/v1"
            self._create(f"{group}/namespaces/{name}/{path}", body)
        # It writes the whole Profile, in which an empty quota is not left out.
        spec: Object = {} if "resourceQuotaSpec" in profile["spec"] else {"resourceQuotaSpec": {}}
        if spec or FINALIZER not in finalizers:
            self._change(profile, spec, [*(item for item in finalizers if item != FINALIZER), FINALIZER])

    def _policy(self, wanted: Object) -> None:
        path = f"/apis/{_SECURITY}/v1beta1/namespaces/{wanted['metadata']['namespace']}/authorizationpolicies/{_POLICY}"
        found = self._api.find(path)
        if found is None:
            self._create(path, wanted)
        elif found.get("spec") != wanted["spec"]:
            self._api.request("PUT", path, {**found, "spec": wanted["spec"]}, manager=MANAGER)

    def _namespace(self, profile: Object) -> bool:
        """Whether there is a namespace that belongs to this profile."""
        path, owner = f"/api/v1/namespaces/{profile['metadata']['name']}", profile["spec"]["owner"]["name"]
        defaults = self._defaults()
        found = self._api.find(path)
        if found is None:
            self._create(path, namespace_for(profile, defaults))
            return True
        if (found["metadata"].get("annotations") or {}).get("owner") != owner:
            message = f"namespace already exist, but not owned by profile creator {owner}"
            self._fail(profile, message)
            return False
        labels = found["metadata"].get("labels") or {}
        wanted = labels_with(labels, defaults)
        if wanted != labels:
            gone = dict.fromkeys(name for name in labels if name not in wanted)
            self._api.request("PATCH", path, {"metadata": {"labels": {**wanted, **gone}}}, content_type=MERGE, manager=MANAGER)
        return True

    def _create(self, path: str, body: Object) -> None:
        if self._api.find(path):
            return
        try:
            self._api.request("POST", path.rpartition("/")[0], body, manager=MANAGER)
        except ApiError as error:
            if error.status != 409:
                raise

    def _change(self, profile: Object, spec: Object, finalizers: list[str]) -> None:
        metadata = {"finalizers": finalizers, "resourceVersion": profile["metadata"]["resourceVersion"]}
        try:
            path = f"{_PATH}/{profile['metadata']['name']}"
            self._api.request("PATCH", path, {"metadata": metadata, "spec": spec}, content_type=MERGE, manager=MANAGER)
        except ApiError as error:
            # Gone; or changed, and then there is a next time.
            if error.status not in (404, 409):
                raise

    def _fail(self, profile: Object, message: str) -> None:
        conditions = (profile.get("status") or {}).get("conditions") or []
        if any(found.get("message") == message for found in conditions):
            return
        status = {"conditions": [*conditions, {"type": "Failed", "message": message}]}
        path = f"{_PATH}/{profile['metadata']['name']}/status"
        self._api.request("PATCH", path, {"status": status}, content_type=MERGE, manager=MANAGER)
