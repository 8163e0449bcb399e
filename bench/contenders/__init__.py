# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is measured. Each contender is a module with one function: the command that installs a plan on a cluster and ends when it is applied."""
