# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What this does is documented in the module of the same name."""

from __future__ import annotations

from ..plugin_utils.live import LiveAction


class ActionModule(LiveAction):
    """Runs the module, shows its progress, and ends it with the run."""
