#!/usr/bin/env bash
# ui/dist is committed, so that a build needs no Node; this fails when it is not what
# ui/src builds.
set -euo pipefail
cd "$(dirname "$0")/.."
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT
# Beside ui/dist: pages are tested meanwhile, and what is older than ui/dist is built anew.
npm --prefix ui run --silent build -- --outDir "$built/dist" --emptyOutDir >/dev/null
if ! diff -rq "$built/dist" ui/dist; then
  echo "ui/dist is not what ui/src builds: run \`make ui\` and commit the result" >&2
  exit 1
fi
echo "ui/dist is what ui/src builds"
