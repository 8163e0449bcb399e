# Copyright: (c) 2026, The mlplatform.kubeflow authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Settings as kustomize patches: what a user sets, laid over the objects that upstream's manifests build.

* change: what one setting does to one object, as the templates of the parts' roles and the modules below say it
* workloads, volumes, images, metadata: changes that settings make in every part
* added: objects that upstream does not have
* compile: all changes of a part as one patch per object
* merge, document, lists, arguments: how one value goes into another
"""
