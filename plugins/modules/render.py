# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: render
short_description: Render parts of Kubeflow to a plan
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Writes one kustomization per part, builds all of them side by side, and keeps the objects as YAML for people and as JSON for the other modules.
  - A part of manifests from M(mlplatform.kubeflow.source) whose inputs did not change is taken from the user's cache.
    Manifests in any other folder may change unseen, so they are always built.
  - Refuses a plan in which an object belongs to two parts.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
    details: The plan and the cache are scratch, so they are written in check mode too, and never reported as a change.
  diff_mode:
    support: none
options:
  release:
    description: Name of the Kubeflow release, for the plan.
    type: str
    required: true
  parts:
    description: The parts, in order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the part, and of its folder in the plan.
        type: str
        required: true
      paths:
        description: Folders below O(manifests), each with a kustomization.
        type: list
        elements: str
        required: true
      namespace:
        description: Namespace that is set on every namespaced object of the part.
        type: str
      provided:
        description:
          - The cluster has the part from elsewhere.
            It is rendered for M(mlplatform.kubeflow.preflight), which looks whether it is there, and not applied.
        type: bool
        default: false
  manifests:
    description: Folder of the upstream manifests, from M(mlplatform.kubeflow.source).
    type: path
    required: true
  plan:
    description: Folder of the plan. Folders of other parts that this module made in it are removed. Made with mode 0700, files with mode 0600.
    type: path
    required: true
  kustomize:
    description: Path of the kustomize binary.
    type: path
    required: true
  workers:
    description: How many parts are built at the same time. By default one per processor.
    type: int
  timeout:
    description: Seconds that one part may take.
    type: int
    default: 300
  cache:
    description: The cache folder. By default C(mlplatform.kubeflow) in C($XDG_CACHE_HOME), or in C(~/.cache).
    type: path
seealso:
  - module: mlplatform.kubeflow.apply
"""

EXAMPLES = r"""
- name: Render two parts
  mlplatform.kubeflow.render:
    release: "26.03"
    parts:
      - name: kubeflow_namespace
        paths: [common/kubeflow-namespace/base]
      - name: cert_manager
        paths: [common/cert-manager/overlays/kubeflow]
    manifests: "{{ source.path }}/manifests"
    plan: /tmp/plan
    kustomize: /usr/local/bin/kustomize
"""

RETURN = r"""
plan:
  description: Folder of the plan.
  returned: success
  type: str
  sample: /tmp/plan
parts:
  description: Outcome for each part, in order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the part.
      type: str
    objects:
      description: Number of objects.
      type: int
    cached:
      description: Whether nothing had to be built.
      type: bool
    seconds:
      description: Wall time in seconds.
      type: float
"""

import os
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._cache import cache_root
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render import PartSpec, RenderError, kustomize_runner, render
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._requirements import require


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "release": {"type": "str", "required": True},
            "parts": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "paths": {"type": "list", "elements": "str", "required": True},
                    "namespace": {"type": "str"},
                    "provided": {"type": "bool", "default": False},
                },
            },
            "manifests": {"type": "path", "required": True},
            "plan": {"type": "path", "required": True},
            "kustomize": {"type": "path", "required": True},
            "workers": {"type": "int"},
            "timeout": {"type": "int", "default": 300},
            "cache": {"type": "path"},
        },
        supports_check_mode=True,
    )
    require(module, "yaml")
    params = module.params
    try:
        rc, version, stderr = module.run_command([params["kustomize"], "version"], handle_exceptions=False)
    except OSError as error:
        module.fail_json(msg=f"{params['kustomize']} cannot be run: {error.strerror}. Option kustomize is the path of a kustomize binary.")
    if rc != 0:
        module.fail_json(msg=f"{params['kustomize']} version failed: {stderr.strip() or version.strip()}")
    cache = Path(params["cache"]) if params["cache"] else cache_root()
    try:
        parts = render(
            [PartSpec(part["name"], tuple(part["paths"]), part["namespace"], part["provided"]) for part in params["parts"]],
            release=params["release"],
            manifests=Path(params["manifests"]),
            plan=Path(params["plan"]),
            cache=cache / "render",
            sources=cache / "source",
            run=kustomize_runner(params["kustomize"], timeout=params["timeout"]),
            kustomize_version=version.strip(),
            workers=params["workers"] or os.cpu_count() or 1,
        )
    except (RenderError, OSError) as error:
        module.fail_json(msg=f"Kubeflow {params['release']} does not render; the cluster was not touched.\n{error}")
    module.exit_json(changed=False, plan=params["plan"], parts=[asdict(part) for part in parts])


if __name__ == "__main__":
    main()
