# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings for all parts, once."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  workloads:
    description: Settings of workloads in every part. They are laid over each other in order.
    type: list
    elements: dict
    default: []
    suboptions:
      part:
        description: Name of the part; may hold wildcards.
        type: str
        default: "*"
      name:
        description: Name of the Deployment, StatefulSet, DaemonSet, Job or CronJob; may hold wildcards.
        type: str
        default: "*"
      container:
        description: Name of the container that O(workloads[].resources) are for; may hold wildcards.
        type: str
        default: "*"
      replicas:
        description: Number of pods. Where a HorizontalPodAutoscaler has the say, its least.
        type: int
      resources:
        description: Requests and limits of the containers.
        type: dict
        suboptions:
          requests:
            description: 'Like V({cpu: 100m, memory: 256Mi}).'
            type: dict
          limits:
            description: 'Like V({memory: 1Gi}).'
            type: dict
      node_selector:
        description: Labels that a node has to have.
        type: dict
      tolerations:
        description: Taints of nodes that are tolerated.
        type: list
        elements: dict
        default: []
        suboptions:
          key:
            description: Key of the taint.
            type: str
          operator:
            description: How O(workloads[].tolerations[].value) is compared.
            type: str
            choices: [Equal, Exists]
          value:
            description: Value of the taint.
            type: str
          effect:
            description: Effect of the taint. When not given, all.
            type: str
            choices: [NoSchedule, PreferNoSchedule, NoExecute]
          tolerationSeconds:
            description: Seconds for which V(NoExecute) is tolerated.
            type: int
      priority_class:
        description: Name of the PriorityClass.
        type: str
        default: ""
  volumes:
    description: Settings of persistent volume claims in every part. They are laid over each other in order.
    type: list
    elements: dict
    default: []
    suboptions:
      part:
        description: Name of the part; may hold wildcards.
        type: str
        default: "*"
      name:
        description: Name of the claim, or of the template of claims; may hold wildcards.
        type: str
        default: "*"
      size:
        description: Like V(20Gi).
        type: str
        default: ""
      storage_class:
        description: Name of the StorageClass.
        type: str
        default: ""
  resources:
    description: What containers request of CPU and memory. V(upstream), V(none) (no limits either), or a factor like V(0.5).
    type: str
    default: upstream
  image_registries:
    description: >-
      What takes the place of a registry, a registry or a path in one, like V({docker.io: registry.example.com/hub}); V(*) is for all others.
      A registry that no image comes from is refused.
    type: dict
    default: {}
  images:
    description: >-
      Single images, by the name that they take the place of; a name with a tag or digest means that one alone.
      Without a tag or digest of their own they keep upstream's. An image that no container runs is refused.
    type: dict
    default: {}
  image_map:
    description: >-
      Images that are gone, by name as for O(images), and what takes their place where O(images) says nothing. O(image_registries) is applied to
      what takes it. An entry that no container runs does nothing.
    type: dict
    default: {}
  image_pull_policy:
    description: When images are pulled. Empty means upstream's.
    type: str
    choices: ["", Always, IfNotPresent, Never]
    default: ""
  image_pull_secrets:
    description: Names of Secrets that hold credentials of registries; they have to be in each namespace.
    type: list
    elements: str
    default: []
  labels:
    description: Labels of every object. Not of pods, and not in selectors.
    type: dict
    default: {}
  annotations:
    description: Annotations of every object. Not of pods.
    type: dict
    default: {}
  network_policies:
    description: Whether parts keep their NetworkPolicies.
    type: bool
    default: true
"""
