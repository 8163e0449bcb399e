# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The provisioner of the default StorageClass: volumes as objects only, no disk is touched.

The class binds when a pod uses the claim, as kind's and most others do.
"""

from __future__ import annotations

import threading

from .api import Api, ApiError, Object
from .faults import Faults
from .mirror import Key, Mirror
from .worker import Worker

PROVISIONER = "kwok.mlplatform.kubeflow/volumes"
CLASS = "standard"
IS_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"


def storage_class(default: str) -> Object:
    """The StorageClass; C(default) says whether it is the default one."""
    annotations = {IS_DEFAULT: default}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": CLASS, "annotations": annotations},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
    }


def volume_for(claim: Object) -> Object | None:
    """The PersistentVolume that this claim waits for, or None when it waits for something else."""
    metadata, spec = claim["metadata"], claim["spec"]
    annotations = metadata.get("annotations") or {}
    if spec.get("volumeName") or "deletionTimestamp" in metadata:
        return None
    # Set by the persistent volume controller once it is the provisioner's turn.
    if PROVISIONER not in (
        annotations.get("volume.kubernetes.io/storage-provisioner"),
        annotations.get("volume.beta.kubernetes.io/storage-provisioner"),
    ):
        return None
    name = f"pvc-{metadata['uid']}"
    volume: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_PROVISIONED_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "storageClassName": spec.get("storageClassName", ""),
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "persistentVolumeReclaimPolicy": "Delete",
            "hostPath": {"path": f"/var/lib/kwok/{name}", "type": "DirectoryOrCreate"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
                "resourceVersion": metadata["resourceVersion"],
            },
        },
    }
    if node := annotations.get("volume.kubernetes.io/selected-node"):
        terms = [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]
        volume["spec"]["nodeAffinity"] = {"required": {"nodeSelectorTerms": terms}}
    return volume


class Storage:
    """C(claims) holds all claims; others may listen to it before C(start)."""

    def __init__(self, api: Api, faults: Faults) -> None:
        self._api, self._faults = api, faults
        faults.listen(self._faults_changed)
        self.class_there = threading.Event()
        self._worker = Worker("storage", self._reconcile)
        self.claims = Mirror(api, "/api/v1/persistentvolumeclaims", self._claim_changed)
        self._volumes = Mirror(api, "/api/v1/persistentvolumes", self._volume_changed)

    def _faults_changed(self) -> None:
        for key in self.claims.names():
            self._worker.add(("claim", *key))

    def _claim_changed(self, key: Key, _found: Object | None) -> None:
        self._worker.add(("claim", *key))

    def _volume_changed(self, key: Key, _found: Object | None) -> None:
        self._worker.add(("volume", *key))

    def start(self) -> None:
        self._worker.start()
        self._worker.add(("class", "", CLASS))
        self.claims.start()
        self._volumes.start()

    def _send(self, method: str, path: str, body: Object | None, *, unless: int) -> None:
        try:
            self._api.request(method, path, body)
        except ApiError as error:
            if error.status != unless:
                raise

    def _reconcile(self, key: tuple[str, str, str]) -> None:
        kind, namespace, name = key
        if kind == "class":
            self._send("POST", "/apis/storage.k8s.io/v1/storageclasses", storage_class(self._faults.default_class()), unless=409)
            self.class_there.set()
        elif kind == "claim":
            claim = self.claims.get(namespace, name)
            if claim and self._faults.provisions(namespace, name) and (volume := volume_for(claim)):
                self._send("POST", "/api/v1/persistentvolumes", volume, unless=409)
        else:
            found = self._volumes.get(namespace, name)
            if found is None or (found["metadata"].get("annotations") or {}).get(_PROVISIONED_BY) != PROVISIONER:
                return
            released = (found.get("status") or {}).get("phase") == "Released"
            if released and found["spec"].get("persistentVolumeReclaimPolicy") == "Delete":
                self._send("DELETE", f"/api/v1/persistentvolumes/{name}", None, unless=404)
