# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: node_prerequisites
short_description: Give a node of a cluster what Kubeflow needs of it
version_added: 0.1.0
author:
  - The mlplatform.kubeflow authors (@mlplatform)
description:
  - Raises the limits of inotify and loads kernel modules, now and at every boot.
  - Writes C(/etc/sysctl.d/99-zz-kubeflow.conf) and C(/etc/modules-load.d/kubeflow.conf), and leaves files of these names alone that it
    has not written.
  - Needs root. What fails does not keep the rest from being done, and the error says what was done and what was not.
extends_documentation_fragment:
  - mlplatform.kubeflow._attributes
  - mlplatform.kubeflow._attributes.local
  - mlplatform.kubeflow._prerequisites
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
options: {}
seealso:
  - module: mlplatform.kubeflow.node_prerequisites_info
"""

EXAMPLES = r"""
- name: Prepare a node
  mlplatform.kubeflow.node_prerequisites:
  become: true

- name: Take it back
  mlplatform.kubeflow.node_prerequisites:
    state: absent
  become: true
"""

RETURN = r"""
done:
  description: What was done, a line each; in check mode what would be.
  returned: always
  type: list
  elements: str
  sample: [/etc/modules-load.d/kubeflow.conf written, kernel module xt_owner loaded]
stays:
  description: What remains until a reboot, a line each.
  returned: success
  type: list
  elements: str
  sample: [fs.inotify.max_user_instances stays 2280 until a reboot]
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.change import carry_out, foresee
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.host import Host
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.kernel import State
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.prerequisites import (
    ARGUMENTS,
    Plan,
    PrerequisitesError,
    plan_of,
)
from ansible_collections.mlplatform.kubeflow.plugins.module_utils._nodes.sysctl import current


def differences(plan: Plan, host: Host) -> list[dict[str, str]]:
    found = [
        {"before_header": path, "after_header": path, "before": plan.before[path] or "", "after": content or ""}
        for path, content in plan.files.items()
    ]
    for key, value in plan.values.items():
        found.append({"before_header": key, "after_header": key, "before": f"{current(host, key)}\n", "after": f"{value}\n"})
    for name in plan.modules:
        what = f"kernel module {name}"
        found.append(
            {"before_header": what, "after_header": what, "before": f"{State.LOADABLE.value}\n", "after": f"{State.LOADED.value}\n"}
        )
    return found


def main() -> None:
    module = AnsibleModule(argument_spec=dict(ARGUMENTS), supports_check_mode=True)
    if os.geteuid() != 0:
        module.fail_json(msg="Nothing was done: it needs root. Set become: true (ansible_become), as playbooks/nodes.yml does", done=[])

    def write(path: str, content: str | None) -> None:
        place = Path(path)
        if content is None:
            place.unlink()
            return
        place.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        # Not ending in .conf, so that nobody reads it while it is half-written.
        descriptor, unfinished = tempfile.mkstemp(prefix=f".{place.name}.", dir=place.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            Path(unfinished).chmod(0o644)
            Path(unfinished).replace(place)
        except BaseException:
            Path(unfinished).unlink()
            raise
        module.set_default_selinux_context(path, False)

    host = Host()
    try:
        plan = plan_of(host, module.params)
    except PrerequisitesError as error:
        module.fail_json(msg=f"Nothing was done: {error}", done=[])
    result: dict[str, Any] = {"changed": plan.changed, "stays": plan.stays, "diff": differences(plan, host)}
    if module.check_mode:
        expected = foresee(plan, host)
        if expected.failed:
            module.fail_json(msg=expected.prospect, **{**result, "changed": bool(expected.done)}, done=expected.done)
        module.exit_json(done=expected.done, **result)
    done = carry_out(plan, host, write)
    if done.failed:
        module.fail_json(msg=done.message, **{**result, "changed": bool(done.done)}, done=done.done)
    module.exit_json(done=done.done, **result)


if __name__ == "__main__":
    main()
