#!/usr/bin/env bash
# ui/dist is committed, so that a build needs no Node; this fails when it is not what
# ui/src builds.
set -euo pipefail
cd "$(dirname "$0")/.."
before=$(mktemp -d)
trap 'rm -rf "$before"' EXIT
cp -a ui/dist "$before/dist"
npm --prefix ui run --silent build >/dev/null
if ! diff -rq "$before/dist" ui/dist; then
  echo "ui/dist is not what ui/src builds: run \`make ui\` and commit the result" >&2
  exit 1
fi
echo "ui/dist is what ui/src builds"
