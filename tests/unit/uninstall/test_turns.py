# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps in turns."""

from __future__ import annotations

from ansible_collections.mlplatform.kubeflow.plugins.module_utils._uninstall.doomed import TURNS, Step


def test_each_step_has_its_turn_in_their_order() -> None:
    assert [step for steps in TURNS for step in steps] == list(Step)
