# Bare make shows what there is: the text after ## of each target, and the lines that begin with ##@ as they are.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
.DEFAULT_GOAL := help
.PHONY: help kubeflow status diagnose dashboard uninstall reinstall clean test test-kind lint unit docs bench

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

help: ## shows this
	@awk -F ' ?## ' '/^##@ / {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.* ## / {sub(/:.*/, "", $$1); printf "  make %-9s  %s\n", $$1, $$2}' Makefile

##@ On the embedded cluster, or with INVENTORY=inventories/existing KUBECONFIG_FILE=~/.kube/config on yours:

kubeflow: $(VENV)/installed ## installs Kubeflow; RELEASE=v1.4.0, PARTS=katib,pipelines choose
	$(playbook) playbooks/cluster.yml site.yml

status: $(VENV)/installed ## tells whether the cluster runs and what is not ready there; changes nothing
	$(playbook) playbooks/status.yml

diagnose: $(VENV)/installed ## says why something is not ready, and what to do; changes nothing
	$(playbook) playbooks/diagnose.yml

dashboard: $(VENV)/installed ## opens the dashboard on this machine until Ctrl-C; PORT=8081 if 8080 is taken
	$(playbook) $(if $(PORT),-e "dashboard_port='$(PORT)'") playbooks/dashboard.yml

uninstall: $(VENV)/installed ## removes Kubeflow and keeps the data, PARTS=katib only that; CHECK=1 lists what would go
	$(playbook) $(if $(CHECK),--check) playbooks/uninstall.yml

reinstall: $(VENV)/installed ## removes Kubeflow, keeps the data, and installs it again
	$(playbook) playbooks/reinstall.yml

clean: $(VENV)/installed ## removes the embedded cluster, or what INVENTORY=inventories/kind has made
	ansible-playbook -i "$(INVENTORY)" playbooks/cluster.yml -e kubeflow_cluster_state=absent

##@ For those who change it:

test: lint $(VENV)/tested ## passes all tests
	left_out=$$(.config/molecule/left_out.sh)
	# API servers take a third of the processors' time here, and half as many garbage collections a fifth off that.
	export GOGC=200
	# One after the other, as each keeps two processors busy, and a machine that is busier yet fails tests for its slowness. Molecule's lines
	# are shown when it fails.
	scenarios=$$(mktemp)
	trap 'rm -f "$$scenarios"' EXIT
	passed=yes
	molecule test --all $${left_out:+$$(printf -- '--exclude %s ' $$left_out)} >"$$scenarios" 2>&1 || { cat "$$scenarios"; passed=; }
	pytest --numprocesses 3 || passed=
	test "$$passed"

test-kind: $(VENV)/tested ## installs v1.4.0 on real nodes, with Kubernetes 1.21.14
	KUBEFLOW_LIMIT=molecule-kind-v1-4-0 molecule test --scenario-name kind

lint: $(VENV)/tested ## linters and types, the first part of test
	ruff check .
	ruff format --check .
	mypy plugins
	yamllint --strict .
	ansible-lint --offline
	antsibull-changelog lint

unit: $(VENV)/tested ## unit tests, in half a minute
	pytest tests/unit

docs: $(VENV)/tested ## writes anew what is made from data: pages of settings, pictures
	PYTHONPATH=.collections python docs

bench: $(VENV)/benched ## measures installs beside other ways, for about an hour; BENCH='install --release 26.03 --runs 1'
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
