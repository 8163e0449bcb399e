# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which kinds a diagnosis reads, and of which it reads nothing but the names."""

from __future__ import annotations

from typing import NamedTuple


class Read(NamedTuple):
    """C(version) empty: the one that the API server prefers. C(names): no contents, which are none of our business."""

    group: str
    version: str
    kind: str
    plural: str
    names: bool = False


# The events of a namespace are read beside them.
OF_NAMESPACES = (
    Read("", "v1", "Pod", "pods"),
    Read("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims"),
    Read("", "v1", "Service", "services"),
    Read("", "v1", "ResourceQuota", "resourcequotas"),
    Read("", "v1", "ServiceAccount", "serviceaccounts", names=True),
    Read("", "v1", "Secret", "secrets", names=True),
    Read("", "v1", "ConfigMap", "configmaps", names=True),
    Read("apps", "v1", "Deployment", "deployments"),
    Read("apps", "v1", "ReplicaSet", "replicasets"),
    Read("apps", "v1", "StatefulSet", "statefulsets"),
    Read("apps", "v1", "DaemonSet", "daemonsets"),
    Read("batch", "v1", "Job", "jobs"),
    Read("discovery.k8s.io", "", "EndpointSlice", "endpointslices"),
    Read("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies"),
    Read("cert-manager.io", "", "Certificate", "certificates"),
    Read("cert-manager.io", "", "CertificateRequest", "certificaterequests"),
    Read("cert-manager.io", "", "Issuer", "issuers"),
    Read("serving.knative.dev", "", "Service", "services"),
    Read("security.istio.io", "", "RequestAuthentication", "requestauthentications"),
)
OF_THE_CLUSTER = (
    Read("", "v1", "Namespace", "namespaces"),
    Read("", "v1", "Node", "nodes"),
    Read("storage.k8s.io", "v1", "StorageClass", "storageclasses"),
    Read("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", names=True),
    Read("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    Read("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
    # Their contents are tens of megabytes.
    Read("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", names=True),
    Read("apiregistration.k8s.io", "v1", "APIService", "apiservices"),
    Read("certificates.k8s.io", "", "CertificateSigningRequest", "certificatesigningrequests"),
    Read("cert-manager.io", "", "ClusterIssuer", "clusterissuers"),
    Read("kubeflow.org", "", "Profile", "profiles"),
)
