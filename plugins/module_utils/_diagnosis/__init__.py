# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a Kubeflow is not ready: evidence from the cluster, rules that know failures by it, and causes told apart from what follows from them."""
