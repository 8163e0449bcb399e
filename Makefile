# make kubeflow   installs Kubeflow on the embedded cluster, or on yours:
#                 RELEASE=26.03  PARTS=katib,pipelines  INVENTORY=inventories/existing KUBECONFIG_FILE=~/.kube/config
# make test       passes all tests; make lint and make unit are its first parts
# make docs       writes the table of settings anew
# make bench      measures installs beside other ways to do them, for about an hour: BENCH='install --release 26.03 --runs 1'
# make clean      stops and removes the embedded cluster

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
.PHONY: kubeflow test lint unit bench docs clean

INVENTORY ?= inventories/embedded
PYTHON ?= python3

# Relative: a target's name cannot hold a space, and the path of a checkout can.
VENV := .venv
# Where upstream cannot be reached, a mirror beside the checkout stands in for it.
export KUBEFLOW_MIRROR ?= $(if $(wildcard ../shared/mirror),$(CURDIR)/../shared/mirror)
export KUBECONFIG_FILE ?=
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
# Ansible refuses to start in any other.
export LC_ALL := C.UTF-8
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

variables := $(if $(RELEASE),-e "kubeflow_release='$(RELEASE)'") $(if $(PARTS),-e "kubeflow_parts='$(PARTS)'")
playbook := ansible-playbook -i "$(INVENTORY)" $(variables)

kubeflow: $(VENV)/installed
	$(playbook) playbooks/cluster.yml site.yml

clean: $(VENV)/installed
	ansible-playbook -i inventories/embedded playbooks/cluster.yml -e kubeflow_cluster_state=absent

test: lint $(VENV)/tested
	molecule test --all
	pytest

lint: $(VENV)/tested
	ruff check .
	ruff format --check .
	mypy plugins
	yamllint --strict .
	ansible-lint --offline
	antsibull-changelog lint

unit: $(VENV)/tested
	pytest tests/unit

docs: $(VENV)/tested
	PYTHONPATH=.collections python docs/settings.py

bench: $(VENV)/benched
	PYTHONPATH=.collections python -m bench $(BENCH)

$(VENV)/installed: requirements.txt
	"$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, $(PYTHON) is " + sys.version.split()[0])'
	"$(PYTHON)" -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/tested: tests/requirements.txt $(VENV)/installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@

$(VENV)/benched: bench/requirements.txt bench/requirements-kubernetes-core.txt $(VENV)/installed
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r bench/requirements.txt
	$(VENV)/bin/python bench/get_kubernetes_core.py $(VENV)/kubernetes_core
	touch $@
