# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: kubeadm_documents
short_description: The configuration of kubeadm for a cluster of one machine
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Documents that C(kubeadm init --config) reads, in the form that the version of Kubernetes knows.
options:
  _input:
    description:
      - What the cluster shall be, by the keys C(name), C(version) (without a leading C(v)), C(pod_cidr), C(service_cidr),
        C(image_repository), C(address) (of the API server, beside those that kubeadm finds), C(apiserver_flags) (without dashes) and
        C(patches) (documents that are merged into those of the same C(kind)).
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Show the configuration
  ansible.builtin.debug:
    msg: "{{ shape | mlplatform.kubeflow.kubeadm_documents }}"
  vars:
    shape:
      name: mycluster
      version: 1.34.4
      pod_cidr: 10.244.0.0/16
      service_cidr: 10.96.0.0/12
      image_repository: registry.k8s.io
"""

RETURN = r"""
_value:
  description: The documents.
  type: list
  elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._providers.kubeadm.configuration import (
    ConfigurationError,
    Document,
    Shape,
    documents,
)


def kubeadm_documents(shape: Mapping[str, Any]) -> list[Document]:
    try:
        found: list[Document] = documents(Shape(**shape))
    except (ConfigurationError, TypeError) as error:
        raise AnsibleFilterError(f"kubeadm_documents: {error}") from error
    return found


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"kubeadm_documents": kubeadm_documents}
