# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The images of a cluster that can pull none: of the plan, all one program; of the stand-ins for controllers, this very Python."""
