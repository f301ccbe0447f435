#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each.
set -euo pipefail
cd "$(dirname "$0")/.."
time=${1:-30s}
grep -rln --include='*_test.go' '^func Fuzz' bridge caddymodule internal | xargs -n1 dirname | sort -u | while read -r dir; do
  grep -ho '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed 's/^func //' | while read -r target; do
    echo "==> $dir $target $time"
    # Minimising what was found can take minutes and shows nothing meanwhile.
    go test -fuzzminimizetime 1x -run '^$' -fuzz "^$target\$" -fuzztime "$time" "./$dir"
  done
done
