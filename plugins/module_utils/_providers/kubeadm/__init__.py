# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clusters of kubeadm: one machine is control plane and node. What is done there is tasks of role cluster_kubeadm."""
