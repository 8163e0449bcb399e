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
  - Settings become kustomize patches that lie over what upstream gives, one for each object that they change.
    A setting whose object is not in the part fails, and names the nearest.
  - Refuses a plan in which an object belongs to two parts.
extends_documentation_fragment:
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
  - mlplatform.kubeflow._settings
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
      changes:
        description:
          - What the part's settings change of what upstream gives. They go over settings for all parts.
          - What stands under a name like C(image) or C(--sidecar-image) has to be a reference to an image; empty, it was not given.
        type: list
        elements: dict
        default: []
        suboptions:
          setting:
            description: Name of the variable, for messages and for people who read the patches.
            type: str
            required: true
          kind:
            description: Kind of the object.
            type: str
            required: true
          name:
            description: Name of the object, without the hash that kustomize adds to it.
            type: str
            required: true
          namespace:
            description: Its namespace. Needed only where the part has the name twice.
            type: str
            default: ""
          merge:
            description: A strategic merge patch, without what identifies the object.
            type: dict
          document:
            description:
              - A key of the ConfigMap or Secret that holds YAML or JSON as text, and what is merged into that (RFC 7396).
                Beyond RFC 7396, a key like V([kind=File]) chooses an entry of a list.
            type: dict
            suboptions:
              key:
                description: The key.
                type: str
                required: true
              merge:
                description: What is merged into its text. V(null) removes.
                type: raw
              lists:
                description: Lists in its text, and what becomes of their entries after that.
                type: list
                elements: dict
                default: []
                suboptions: &lists
                  path:
                    description: Keys that lead to the list, and names where they lead through a list of named things.
                    type: list
                    elements: str
                    required: true
                  where:
                    description: What an entry has that is changed. When not given, all are.
                    type: dict
                    default: {}
                  merge:
                    description: What is merged into those entries (RFC 7396). V(null) removes.
                    type: dict
                    default: {}
                  append:
                    description: Entries that come after the others.
                    type: list
                    elements: raw
                    default: []
          arguments:
            description: Flags on the command line of a container.
            type: dict
            suboptions:
              container:
                description: Name of the container.
                type: str
                required: true
              flags:
                description: By flag, with its dashes, a value, a list (the flag is repeated) or V(null) (it goes).
                type: dict
                required: true
          lists:
            description: Lists that a patch replaces as a whole, such as those of custom resources, and what becomes of their entries.
            type: list
            elements: dict
            default: []
            suboptions: *lists
          rename:
            description: Another name for the object.
            type: str
            default: ""
          restarts:
            description: Deployments that read the object through the API only when they start.
            type: list
            elements: str
            default: []
          remove:
            description: Leave the object out. One that an earlier run has applied stays on the cluster.
            type: bool
            default: false
          add:
            description:
              - An object that upstream does not have, by all its fields but its kind, name and namespace.
              - It fails where the part has such an object.
            type: dict
            default: {}
          instead:
            description: >-
              Name of a ConfigMap or Secret that the part's pods read instead of this one, by the same keys. This one is left out.
            type: str
            default: ""
  partial:
    description:
      - Whether O(parts) are not all of the release. Settings for all parts that choose nothing are then a warning rather than an error,
        since they may be of parts that are not there.
    type: bool
    default: false
  manifests:
    description: Folder of the upstream manifests, from M(mlplatform.kubeflow.source).
    type: path
    required: true
  plan:
    description:
      - Folder of the plan. Folders of other parts that this module made in it are removed. Made with mode 0700, files with mode 0600.
      - Runs may render into one folder at the same time. It shows what was rendered last, and C(.plans) in it keeps what others work on,
        by RV(digest).
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
digest:
  description: By which the other modules find this very plan, whatever is rendered after it. The same for the same release and objects.
  returned: success
  type: str
  sample: 4f1a2b3c4d5e6f708192a3b4
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
    patched:
      description: Of upstream's objects, those that settings change or leave out.
      type: int
    cached:
      description: Whether nothing had to be built.
      type: bool
    seconds:
      description: Wall time in seconds.
      type: float
images_not_replaced:
  description: Images that O(image_registries) and O(images) are about, and that stand in arguments, ConfigMaps or custom resources.
  returned: success
  type: list
  elements: str
began:
  description: When the module began, in seconds since the epoch.
  returned: success
  type: float
ended:
  description: When it ended, in seconds since the epoch.
  returned: success
  type: float
"""

import os
import time
from dataclasses import asdict
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.files import is_full
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import NAMING_SPEC, name_options, option_name
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.change import ChangeError
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render._patches.options import CHANGE, change_of, common_of, common_spec
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.render import (
    NO_SPACE,
    PartSpec,
    RenderError,
    Tools,
    kustomize_runner,
    render,
)


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
                    "changes": {"type": "list", "elements": "dict", "default": [], "options": CHANGE},
                },
            },
            "partial": {"type": "bool", "default": False},
            **common_spec(),
            "manifests": {"type": "path", "required": True},
            "plan": {"type": "path", "required": True},
            "kustomize": {"type": "path", "required": True},
            "workers": {"type": "int"},
            "timeout": {"type": "int", "default": 300},
            "cache": {"type": "path"},
            **NAMING_SPEC,
        },
        supports_check_mode=True,
    )
    require(module, "yaml")
    name_options(module.params)
    params = module.params
    began = time.time()
    try:
        common = common_of(params)
    except ChangeError as error:
        module.fail_json(msg=str(error))
    try:
        rc, version, stderr = module.run_command([params["kustomize"], "version"], handle_exceptions=False)
    except OSError as error:
        module.fail_json(msg=f"{params['kustomize']} cannot be run: {error.strerror}. Option kustomize is the path of a kustomize binary.")
    if rc != 0:
        module.fail_json(msg=f"{params['kustomize']} version failed: {stderr.strip() or version.strip()}")
    cache = Path(params["cache"]) if params["cache"] else cache_root()
    tools = Tools(
        run=kustomize_runner(params["kustomize"], timeout=params["timeout"]),
        kustomize_version=version.strip(),
        cache=cache / "render",
        sources=cache / "source",
        workers=params["workers"] or os.cpu_count() or 1,
    )
    try:
        rendered = render(
            [
                PartSpec(part["name"], tuple(part["paths"]), part["namespace"], part["provided"], tuple(map(change_of, part["changes"])))
                for part in params["parts"]
            ],
            common,
            release=params["release"],
            manifests=Path(params["manifests"]),
            plan=Path(params["plan"]),
            partial=params["partial"],
            tools=tools,
        )
    except (RenderError, OSError) as error:
        words = str(error)
        if is_full(error):
            words += f"\n{NO_SPACE}"
        elif isinstance(error, OSError):
            # Of a home that cannot be written, as in an execution environment that runs as somebody else.
            words = (
                f"The plan cannot be written: {error.filename or params['plan']}: {error.strerror}. Set {option_name('work_directory')} "
                "(or XDG_STATE_HOME) to a folder that can be written."
            )
        module.fail_json(msg=f"Kubeflow {params['release']} does not render; the cluster was not touched.\n{words}")
    for line in [*rendered.unmatched, *([rendered.not_kept] if rendered.not_kept else [])]:
        module.warn(line)
    module.exit_json(
        changed=False,
        plan=params["plan"],
        digest=rendered.digest,
        parts=[asdict(part) for part in rendered.parts],
        images_not_replaced=rendered.not_replaced,
        began=began,
        ended=time.time(),
    )


if __name__ == "__main__":
    main()
