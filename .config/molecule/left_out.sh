#!/usr/bin/env bash
# Prints the scenarios that cannot run on this machine, for `molecule test --exclude`, and on standard error why not.
# Those have nodes that are containers, so they need an engine, Go for what stands in for images, and a node image.
set -euo pipefail
cd "$(dirname "$0")/../.."

for entry in kind=1.34.4 apiserver_patch=1.19.16; do
  scenario=${entry%=*} version=${entry#*=}
  published=$(sed -n "s/^  \"${version%.*}\": \"\(.*\)\"$/\1/p" roles/cluster_kind/defaults/main.yml)
  if why=$({ docker version && go version; } 2>&1 >/dev/null) &&
    { docker image inspect "kindest/node:v$version" >/dev/null 2>&1 || why=$(docker pull --quiet "$published" 2>&1 >/dev/null); }; then
    continue
  fi
  echo "Scenario $scenario is left out, since there can be no node of Kubernetes $version here: $why" >&2
  echo "$scenario"
done
