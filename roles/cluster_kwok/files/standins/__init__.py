# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Stand-ins for the controllers whose pods do not really run in the embedded cluster.

One module per imitated controller. Each does to the cluster's objects what the real one does, under its field
manager, and only while the real one's workload is Ready, so that an install meets the same obstacles as elsewhere.
"""
