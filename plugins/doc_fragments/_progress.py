# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a module tells while it works."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  show_progress:
    description:
      - Whether lines of progress are shown while the module works. There is a line for a part whose state has changed, and one of totals that
        says what is waited for longest and since when, every 5 seconds when the standard error is a terminal, otherwise every 15 seconds and,
        after 5 minutes, every 30 seconds.
      - They go to the standard error, by Ansible's own display. With more than one host each begins with the host. What has nothing to do says
        nothing.
      - Only with a local connection, and neither in check mode, nor with C(async) or C(no_log).
    type: bool
    default: true
  progress:
    description:
      - A named pipe for the lines of progress. The action plugin of the same name gives it; it is not for playbooks.
      - When nobody reads it any more, the module ends as it does by SIGTERM.
    type: path
attributes:
  action:
    description: Indicates this has a corresponding action plugin, so that some parts are executed on the controller.
    support: full
    details: The module does the work. The action plugin shows its progress, and sees to it that the module ends with the run.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details: Then no progress is shown.
"""
