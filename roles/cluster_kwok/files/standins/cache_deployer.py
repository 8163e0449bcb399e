# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pipelines' cache-deployer, up to Kubeflow 1.5: a script that makes a Secret and a webhook configuration, and then sleeps.

It runs once for each start of its pod. What somebody deletes later stays away until it is started again.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable

from .api import Api, ApiError, Object
from .authority import Authority
from .secret_data import encoded
from .services import Workload
from .worker import Worker

DEPLOYMENT = "cache-deployer-deployment"
SECRET = "webhook-server-tls"
SERVICE = "cache-server"
# It runs kubectl apply.
MANAGER = "kubectl-client-side-apply"
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
# What the script asks for its certificate. Without it, from Kubernetes 1.22 on, it ends in an error.
_REQUESTS = "/apis/certificates.k8s.io/v1beta1"
_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"

log = logging.getLogger(__name__)


def _applied(thing: Object) -> Object:
    """With the annotation that kubectl apply leaves."""
    text = json.dumps({**thing, "metadata": {"annotations": {}, **thing["metadata"]}}, separators=(",", ":")) + "\n"
    return {**thing, "metadata": {**thing["metadata"], "annotations": {_LAST_APPLIED: text}}}


def secret_for(namespace: str, authority: Authority) -> Object:
    """The Secret, with the names of keys that cache-server reads."""
    names = [SERVICE, f"{SERVICE}.{namespace}", f"{SERVICE}.{namespace}.svc"]
    issued = authority.issue(names[-1], names)
    data = encoded({"cert.pem": issued.certificate, "key.pem": issued.key})
    return _applied({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET, "namespace": namespace}, "data": data})


def configuration_for(namespace: str, authority: Authority) -> Object:
    """The webhook configuration. It fails open."""
    service = {"name": SERVICE, "namespace": namespace, "path": "/mutate"}
    webhook = {
        "name": f"{SERVICE}.{namespace}.svc",
        "clientConfig": {"service": service, "caBundle": base64.b64encode(authority.pem).decode()},
        "failurePolicy": "Ignore",
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}],
        "sideEffects": "None",
        "timeoutSeconds": 5,
        "objectSelector": {"matchLabels": {"pipelines.kubeflow.org/cache_enabled": "true"}},
        "admissionReviewVersions": ["v1beta1"],
    }
    name = f"cache-webhook-{namespace}"
    kind = "MutatingWebhookConfiguration"
    return _applied({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "webhooks": [webhook]})


class CacheDeployer:
    """C(authority) gives the cluster's: the script asks the API server to have its certificate signed, and approves that itself."""

    def __init__(self, api: Api, authority: Callable[[], Authority]) -> None:
        self._api, self._authority = api, authority
        self.worker = Worker("cache deployer", self._run)
        self._workload = Workload(api, DEPLOYMENT, self._turned)

    def start(self) -> None:
        self.worker.start()
        self._workload.start()

    def _turned(self) -> None:
        for namespace in self._workload.ready_namespaces():
            self.worker.add(namespace)

    def _run(self, namespace: str) -> None:
        if namespace not in self._workload.ready_namespaces():
            return
        if self._api.find(_REQUESTS) is None:
            log.info("%s/%s: nothing is made, as this server has no %s", namespace, DEPLOYMENT, _REQUESTS)
            return
        secrets = f"/api/v1/namespaces/{namespace}/secrets"
        made = {f"{_WEBHOOKS}/cache-webhook-{namespace}": _WEBHOOKS, f"{secrets}/{SECRET}": secrets}
        there = [path for path in made if self._api.find(path)]
        if len(there) == len(made):
            return
        # Half of it is of no use to anybody: the script starts again.
        for path in there:
            self._api.request("DELETE", path)
        authority = self._authority()
        self._create(secrets, secret_for(namespace, authority))
        self._create(_WEBHOOKS, configuration_for(namespace, authority))

    def _create(self, path: str, body: Object) -> None:
        try:
            self._api.request("POST", path, body, manager=MANAGER)
        except ApiError as error:
            if error.status != 409:
                raise
