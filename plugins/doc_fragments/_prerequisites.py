# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the module that changes nodes and the one that tells of them have in common."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  state:
    description:
      - V(present) is about having all of it, V(absent) about taking back what was written.
      - A reboot ends what files no longer ask for.
    type: str
    choices: [present, absent]
    default: present
  inotify_instances:
    description:
      - What C(fs.inotify.max_user_instances) should be at least; Kubeflow's README asks for the default.
      - A node that has more, now or by another file, keeps that.
    type: int
    default: 2280
  inotify_watches:
    description: What C(fs.inotify.max_user_watches) should be at least, likewise.
    type: int
    default: 1255360
  kernel_modules:
    description:
      - Names of kernel modules that should be loaded. The default is what the redirect rules of Istio's sidecars are made with.
      - What the kernel has built in counts as loaded. What it lacks is told, and not asked for at boot, where it would be an error.
    type: list
    elements: str
    default: [br_netfilter, nf_nat, xt_REDIRECT, xt_owner, iptable_nat, iptable_mangle, iptable_filter]
  other_distributions:
    description: Whether to go on where neither a Debian nor a RHEL is, nor what is made from them.
    type: bool
    default: false
"""
