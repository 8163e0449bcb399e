# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: binary
short_description: Get binaries at exact versions, from PATH, a mirror, a release page or their source
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Finds each wanted binary at exactly the wanted version in E(PATH). What is not there is downloaded and held against its checksum,
    or built from its Go module as C(go.mod) and C(go.sum) pin it.
  - A checksum of O(checksums) decides. What the publisher tells next to its file is then a second witness, which may be missing but not
    disagree. For what O(checksums) does not name the published checksum decides alone, and C(binaries[].checksum) says so.
  - What was downloaded or built is kept in a cache of the user, so another run needs no network. Two runs at once do the work once.
    A run that was interrupted leaves nothing that looks finished.
  - A source that does not have a binary, or cannot be reached, is passed over for the next. A file that is not what its checksum says, or
    that tells another version, fails the task at once.
  - Downloads honour E(http_proxy), E(https_proxy) and E(no_proxy); builds honour Go's own variables, like E(GOPROXY).
requirements:
  - Go, for what is built (C(go.mod) says which)
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
attributes:
  check_mode:
    support: full
    details:
      - Later tasks need the binaries to show what they would do, and the cache is scratch.
        So it is filled in check mode too, where that is never reported as a change.
  diff_mode:
    support: full
options:
  wanted:
    description: The binaries. A name can be wanted in one version only.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name, as in O(recipes[].name).
        type: str
        required: true
      version:
        description: Version, without a leading C(v).
        type: str
        required: true
  recipes:
    description:
      - How binaries tell their version and where they come from.
      - In O(recipes[].download) and O(recipes[].build), C({version}), C({major}), C({minor}), C({os}) (V(linux), V(darwin)),
        C({arch}) (V(amd64), V(arm64)) and C({archive}) (V(zip) on macOS, else V(tar.gz)) are filled in.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the binary.
        type: str
        required: true
      versions:
        description: Versions that this recipe is for. Empty means every version that no other recipe of the name is for.
        type: list
        elements: str
        default: []
      version_command:
        description: Arguments with which it tells its version. Empty where none does; then it is looked up in the file itself.
        type: list
        elements: str
        required: true
      version_pattern:
        description: A regular expression whose group is the version, without C(v), in what it then writes, or in the file.
        type: str
        required: true
      download:
        description: Its release page.
        type: dict
        suboptions:
          url:
            description: URL of the binary, or of an archive that has it.
            type: str
            required: true
          checksum_url:
            description: URL of what tells the SHA-256 checksum of O(recipes[].download.url).
            type: str
            required: true
          checksum_form:
            description:
              - V(list) is lines of checksum and file name, as C(sha256sum) writes them.
              - V(single) is one checksum.
              - V(github) is GitHub's description of the release, in JSON.
            type: str
            choices: [list, single, github]
            required: true
          member:
            description: Path of the binary inside the archive. Without it the file is the binary.
            type: str
      build:
        description: Its Go module.
        type: dict
        suboptions:
          module:
            description: Folder of the C(go.mod) and C(go.sum) that pin it.
            type: path
            required: true
          package:
            description: Import path of its main package.
            type: str
            required: true
          ldflags:
            description: Flags for Go's linker.
            type: list
            elements: str
            default: []
          openapi:
            description:
              - A package of the module that has to be made first, with C(openapi-gen) from the same C(go.mod).
              - The module of Kubernetes before 1.24 lacks its C(k8s.io/kubernetes/pkg/generated/openapi).
            type: str
  checksums:
    description:
      - Pinned SHA-256 checksums by name, version and platform, like V(linux/amd64) or V(darwin/arm64), of the file at
        O(recipes[].download.url), so of the archive where it is one.
    type: dict
    default: {}
  sources:
    description:
      - Where to look, in this order. V(path) is E(PATH), V(mirror) is O(mirror), V(download) is the release page, V(build) is Go.
      - The cache is looked up before the first source that is not V(path).
    type: list
    elements: str
    choices: [path, mirror, download, build]
    default: [path, mirror, download, build]
  mirror:
    description:
      - A folder or URL laid out as C(<host>/<path>) of the original URLs, with the published checksums in their places.
      - A checksum that is not published can lie beside its file, as C(<path>.sha256).
      - Empty means none.
    type: str
    default: ""
  cache:
    description: The cache folder. By default C(mlplatform.kubeflow) in E(XDG_CACHE_HOME), or in C(~/.cache).
    type: path
  connect_timeout:
    description: Seconds for reaching a server.
    type: float
    default: 5
  silence_timeout:
    description: Seconds after which a server that says nothing counts as failed.
    type: float
    default: 30
  download_timeout:
    description: Seconds for one download.
    type: float
    default: 1800
  build_timeout:
    description: Seconds for one build. Go keeps what it compiled, so a build that was cut off goes on in the next run.
    type: float
    default: 3600
"""

EXAMPLES = r"""
- name: Get kustomize 5.8.1
  mlplatform.kubeflow.binary:
    wanted:
      - name: kustomize
        version: 5.8.1
    recipes:
      - name: kustomize
        version_command: [version]
        version_pattern: v(\S+)
        download:
          url: "https://github.com/kubernetes-sigs/kustomize/releases/download/\
            kustomize%2Fv{version}/kustomize_v{version}_{os}_{arch}.tar.gz"
          checksum_url: https://github.com/kubernetes-sigs/kustomize/releases/download/kustomize%2Fv{version}/checksums.txt
          checksum_form: list
          member: kustomize
    checksums:
      kustomize:
        5.8.1:
          linux/amd64: 029a7f0f4e1932c52a0476cf02a0fd855c0bb85694b82c338fc648dcb53a819d
  register: binary

- name: Build with it
  ansible.builtin.command:
    argv: ["{{ binary.paths.kustomize }}", build, /srv/example]
  changed_when: false
"""

RETURN = r"""
paths:
  description: Absolute path of each binary, by its name.
  returned: success
  type: dict
  sample:
    kustomize: /home/me/.cache/mlplatform.kubeflow/binary/kustomize/5.8.1-linux-amd64/kustomize
binaries:
  description: The binaries, in the order of O(wanted).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name.
      returned: success
      type: str
      sample: kustomize
    version:
      description: Version.
      returned: success
      type: str
      sample: 5.8.1
    path:
      description: Absolute path.
      returned: success
      type: str
      sample: /usr/local/bin/kustomize
    source:
      description: Where this run has it from, V(path), V(cache), V(mirror), V(download) or V(build).
      returned: success
      type: str
      sample: path
    origin:
      description: Where the file comes from, which for V(cache) is where an earlier run had it from.
      returned: success
      type: str
      sample: /usr/local/bin/kustomize
    checksum:
      description:
        - What the download was held against, V(pinned) for O(checksums), or V(published) when there was only its publisher's own.
        - Empty for what was not downloaded.
      returned: success
      type: str
      sample: pinned
"""

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._binary import (
    DEFAULT_SOURCES,
    Binary,
    BinaryError,
    Build,
    Download,
    Obtained,
    Recipe,
    Timeouts,
    host_platform,
    obtain,
    resolve,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.cache import cache_root
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._common.download import secrets_in

ARGUMENT_SPEC: dict[str, Any] = {
    "wanted": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {"name": {"type": "str", "required": True}, "version": {"type": "str", "required": True}},
    },
    "recipes": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "versions": {"type": "list", "elements": "str", "default": []},
            "version_command": {"type": "list", "elements": "str", "required": True},
            "version_pattern": {"type": "str", "required": True},
            "download": {
                "type": "dict",
                "options": {
                    "url": {"type": "str", "required": True},
                    "checksum_url": {"type": "str", "required": True},
                    "checksum_form": {"type": "str", "choices": ["list", "single", "github"], "required": True},
                    "member": {"type": "str"},
                },
            },
            "build": {
                "type": "dict",
                "options": {
                    "module": {"type": "path", "required": True},
                    "package": {"type": "str", "required": True},
                    "ldflags": {"type": "list", "elements": "str", "default": []},
                    "openapi": {"type": "str"},
                },
            },
        },
    },
    "checksums": {"type": "dict", "default": {}},
    "sources": {"type": "list", "elements": "str", "choices": list(DEFAULT_SOURCES), "default": list(DEFAULT_SOURCES)},
    "mirror": {"type": "str", "default": ""},
    "cache": {"type": "path"},
    "connect_timeout": {"type": "float", "default": 5},
    "silence_timeout": {"type": "float", "default": 30},
    "download_timeout": {"type": "float", "default": 1800},
    "build_timeout": {"type": "float", "default": 3600},
}


def recipe_of(entry: dict[str, Any]) -> Recipe:
    download, build = entry["download"], entry["build"]
    binary = Binary(
        name=entry["name"],
        version="",
        version_command=tuple(entry["version_command"]),
        version_pattern=entry["version_pattern"],
        download=Download(**download) if download else None,
        build=Build(**{**build, "module": Path(build["module"]), "ldflags": tuple(build["ldflags"])}) if build else None,
    )
    return Recipe(binary, tuple(entry["versions"]))


def lines(obtained: list[Obtained]) -> str:
    return "".join(f"{one.binary}: {one.path} ({one.origin})\n" for one in obtained)


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    params = module.params
    module.no_log_values.update(secrets_in(params["mirror"]))
    host = host_platform()
    try:
        got = obtain(
            resolve(params["wanted"], [recipe_of(entry) for entry in params["recipes"]], host, params["checksums"]),
            cache=Path(params["cache"]).absolute() if params["cache"] else cache_root(),
            host=host,
            mirror=params["mirror"],
            sources=params["sources"],
            timeouts=Timeouts(params["connect_timeout"], params["silence_timeout"], params["download_timeout"], params["build_timeout"]),
        )
    except BinaryError as error:
        module.fail_json(msg=str(error))
    changed = any(one.made for one in got.values()) and not module.check_mode
    before = list(got.values()) if not changed else [one for one in got.values() if not one.made]
    module.exit_json(
        changed=changed,
        paths={name: str(one.path) for name, one in got.items()},
        binaries=[
            {
                "name": name,
                "version": one.binary.version,
                "path": str(one.path),
                "source": one.source,
                "origin": one.origin.place,
                "checksum": one.origin.checksum,
            }
            for name, one in got.items()
        ],
        diff={"before": lines(before), "after": lines(list(got.values()))},
    )


if __name__ == "__main__":
    main()
