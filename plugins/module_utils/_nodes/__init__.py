# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Machines of a cluster: the flags of kube-apiserver in its static pod, key files, and what a shell there is told."""
