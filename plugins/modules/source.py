# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: source
short_description: Fetch the upstream manifests of a Kubeflow release
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Fetches the git repositories and files that a Kubeflow release is built from into the user's cache, side by side, checks their commits,
    and replaces the remote bases of their kustomizations by relative paths, in that copy.
  - Later builds need no network.
requirements:
  - git
extends_documentation_fragment:
  - mlplatform.kubeflow._naming
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
    details: The cache is scratch, so it is filled in check mode too, and never reported as a change.
  diff_mode:
    support: none
options:
  repositories:
    description: Git repositories.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of its folder in the result.
        type: str
        required: true
      url:
        description: URL that kustomizations use for it.
        type: str
        required: true
      ref:
        description: Tag or branch.
        type: str
        required: true
      commit:
        description:
          - Commit that O(repositories[].ref) must be.
          - Inside a mirror, the commit that C(<path>.commits.yml) beside the bundle tells comes first.
        type: str
  files:
    description: Remote bases that are plain files.
    type: list
    elements: dict
    default: []
    suboptions:
      url:
        description: URL that kustomizations use for it.
        type: str
        required: true
      sha256:
        description: Checksum of the original file. A mirror's file is not held against it.
        type: str
  mirror:
    description:
      - A folder or URL laid out as C(<host>/<path>) of the original URLs, git repositories as bundles (C(<path>.bundle)), files as they are.
      - Empty means the originals.
    type: str
    default: ""
  cache:
    description: The cache folder. By default C(mlplatform.kubeflow) in C($XDG_CACHE_HOME), or in C(~/.cache).
    type: path
"""

EXAMPLES = r"""
- name: Fetch what Kubeflow 26.03 is built from
  mlplatform.kubeflow.source:
    repositories:
      - name: manifests
        url: https://github.com/kubeflow/manifests
        ref: release-26.03
        commit: d68ebc7fab366ab40ddd1541d2ec22febb31bc83
    mirror: /srv/mirror
  register: source
"""

RETURN = r"""
path:
  description: Folder that holds one sub-folder per repository.
  returned: success
  type: str
  sample: /home/me/.cache/mlplatform.kubeflow/source/0f1e2d3c4b5a6978
fetched:
  description: Whether it was fetched now rather than found in the cache.
  returned: success
  type: bool
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.download import secrets_in
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.naming import NAMING_SPEC, name_options
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.requirements import require
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._render.source import (
    RemoteFile,
    Repository,
    SourceError,
    Sources,
    prepare,
)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "repositories": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "url": {"type": "str", "required": True},
                    "ref": {"type": "str", "required": True},
                    "commit": {"type": "str"},
                },
            },
            "files": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"url": {"type": "str", "required": True}, "sha256": {"type": "str"}},
            },
            "mirror": {"type": "str", "default": ""},
            "cache": {"type": "path"},
            **NAMING_SPEC,
        },
        supports_check_mode=True,
    )
    require(module, "yaml")
    name_options(module.params)
    module.get_bin_path("git", required=True)
    sources = Sources(
        tuple(Repository(**entry) for entry in module.params["repositories"]),
        tuple(RemoteFile(**entry) for entry in module.params["files"]),
    )
    module.no_log_values.update(secrets_in(module.params["mirror"]))
    cache = Path(module.params["cache"]) if module.params["cache"] else cache_root()
    try:
        path, fetched = prepare(sources, cache=cache, mirror=module.params["mirror"])
    except SourceError as error:
        module.fail_json(msg=str(error))
    except OSError as error:
        where = f"{cache}/source" if error.filename is None else error.filename
        module.fail_json(
            msg=f"The manifests are not in the cache yet, and cannot be put there: {where}: {error.strerror}. Make room, or set XDG_CACHE_HOME to a "
            "folder that can be written."
        )
    module.exit_json(changed=False, path=str(path), fetched=fetched)


if __name__ == "__main__":
    main()
