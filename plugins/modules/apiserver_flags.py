# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: apiserver_flags
short_description: Have kube-apiserver issue tokens of ServiceAccounts (TokenRequest)
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - "Gives kube-apiserver the flags that TokenRequest needs, where it lacks them: C(--service-account-signing-key-file),
    C(--service-account-issuer) and C(--service-account-key-file), which Kubernetes requires since 1.20. Istio of Kubeflow 1.2 and newer gets no tokens
    without them. It can change the issuer, and add audiences (C(--api-audiences)) too."
  - Reads the static pod of kube-apiserver as YAML, changes only the flags that are needed, and leaves the rest as it is, byte for byte. Changes nothing
    where TokenRequest works with what is asked for.
  - Keeps a back-up outside of the folder of manifests (the kubelet would run it), with the manifest's owner and mode 0600, and replaces the manifest by a
    rename, so that a power cut leaves the old one or the new one.
  - Waits until the kubelet has restarted kube-apiserver, that is until the running process has the new flags, C(/readyz) says ok, and a TokenReview accepts
    what a TokenRequest gives. When the API does not come back in time, or its new process ends twice, puts the back-up back by itself,
    and says what that process logged.
  - Brings ConfigMap C(kubeadm-config) to the same flags where there is one, since an upgrade with kubeadm writes the manifest anew from it.
  - Works through the shell of the task's connection and needs nothing else on the machine; the edit is made on the controller. Files are read and written
    as root.
  - "Knows kubeadm, kind and kubespray. Says what to set where on k3s, RKE2, MicroK8s and minikube, which have no such manifest or write it anew, and that
    nothing is needed on managed clusters; it fails there only when something that is wanted is missing."
  - One control plane at a time. Refuses to begin while the API or another control plane is down.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.cluster
  - mlplatform.kubeflow._connection
  - mlplatform.kubeflow._naming
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options:
  service_account_issuer:
    description:
      - Who issues tokens from now on, a URL or a plain name like V(kubernetes.default.svc).
      - Empty means the issuer that is there, and V(https://kubernetes.default.svc.cluster.local) where none is, which is kubeadm's own.
      - An issuer that is no https URL serves Istio, but is not published for other verifiers (OIDC discovery), which the gateway of Kubeflow 1.9 and
        newer needs.
      - "The issuer that is there stays accepted as a second one, so that tokens of running pods stay valid. Kubernetes before 1.22 has one issuer only:
        another one is refused there, unless O(replace_issuer) is set."
    type: str
    default: ""
  api_audiences:
    description: Audiences that the API server accepts beside those that it does. None is taken away.
    type: list
    elements: str
    default: []
  service_account_signing_key_file:
    description:
      - Path of the private key that tokens are signed with, as kube-apiserver sees it.
      - Empty means the one that is there, else C(sa.key) beside the key that tokens are verified with.
    type: str
    default: ""
  service_account_key_file:
    description:
      - Path of a key that tokens are verified with too, as kube-apiserver sees it. Empty means those that are there. None is taken away.
    type: str
    default: ""
  replace_issuer:
    description: Whether earlier issuers are no longer accepted. Tokens that pods have from them end at once.
    type: bool
    default: false
  check_keys:
    description:
      - Whether key files that change are looked at before anything is written. They have to be keys, and a pair. Of a private key, only characters of
        its public part are read.
      - V(false) where kube-apiserver sees other files than the machine's shell. A wrong key is then found by the restart, and rolled back.
    type: bool
    default: true
  manifest:
    description: Path of the static pod on the machine.
    type: str
    default: /etc/kubernetes/manifests/kube-apiserver.yaml
  backup_folder:
    description: Folder for back-ups on the machine. Not the manifest's own.
    type: str
    default: /etc/kubernetes/mlplatform-backups
  pod_logs:
    description: Folder of the kubelet's logs on the machine.
    type: str
    default: /var/log/pods
  node_name:
    description: The machine's node, in clusters of several control planes. Empty means the one that has its host name.
    type: str
    default: ""
  command_prefix:
    description:
      - Words that come before the shell's own, where the machine is reached through a program on the task's host, like V([docker, exec, kind-control-plane])
        with a local connection.
    type: list
    elements: str
    default: []
  timeout:
    description: Seconds that the API may take to come back, before the back-up is put back; and seconds for that.
    type: int
    default: 300
notes:
  - "Undo: copy RV(backup) over O(manifest) (not into its folder beside it), and remove the flags from ConfigMap C(kubeadm-config) where there is one."
seealso:
  - module: mlplatform.kubeflow.preflight
"""

EXAMPLES = r"""
# In a play on kube_control_plane with become: true, serial: 1 and any_errors_fatal: true, as playbooks/nodes.yml is.
- name: Make TokenRequest work
  mlplatform.kubeflow.apiserver_flags:
    kubeconfig: /home/me/cluster.kubeconfig

- name: The same for a node of kind
  mlplatform.kubeflow.apiserver_flags:
    kubeconfig: /home/me/.kube/kind
    command_prefix: [docker, exec, kind-control-plane]
  vars:
    ansible_connection: local

- name: Accept tokens for one more audience
  mlplatform.kubeflow.apiserver_flags:
    kubeconfig: /home/me/cluster.kubeconfig
    api_audiences: [istio-ca]
"""

RETURN = r"""
msg:
  description: What was found or done, or what went wrong, in one line.
  returned: always
  type: str
distribution:
  description: "How kube-apiserver is started: V(kubeadm), V(kind), V(kubespray), V(k3s), V(RKE2), V(MicroK8s), V(minikube), V(GKE), V(EKS), V(AKS) or
    V(unknown)."
  returned: always
  type: str
flags:
  description: The flags that are wanted in the manifest, each with all of its values; empty where there is no manifest.
  returned: always
  type: dict
  sample:
    service-account-issuer: [https://kubernetes.default.svc.cluster.local]
    service-account-signing-key-file: [/etc/kubernetes/pki/sa.key]
issuer:
  description: Who issues tokens.
  returned: always
  type: str
backup:
  description: Path of the back-up on the machine; empty when nothing was written.
  returned: always
  type: str
api_away_seconds:
  description: Seconds for which C(/readyz) did not say ok, to a fifth of a second.
  returned: always
  type: float
rolled_back:
  description: Whether the back-up was put back.
  returned: always
  type: bool
roll_back_seconds:
  description: Seconds from then until the API answered as before.
  returned: always
  type: float
kubeadm_config:
  description: Whether ConfigMap C(kubeadm-config) was changed.
  returned: always
  type: bool
"""
