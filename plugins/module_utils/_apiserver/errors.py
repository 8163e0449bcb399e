# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with a machine, or with what is asked of it."""

from __future__ import annotations


class NodeError(Exception):
    """One line for people. Nothing on the machine was changed, unless it says so."""
