# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long installs take: ours beside kubectl's loop, kubernetes.core.k8s and a blind applier, on fresh embedded clusters."""
