#!/usr/bin/env bash
# All figures of the README's table, on this machine, as Markdown. Needs Docker and the
# image; about four minutes.
set -euo pipefail
cd "$(dirname "$0")/.."
echo "| figure | value |"
echo "|---|---|"
size() { awk -v b="$(stat -c %s "$1")" 'BEGIN{printf "%.1f MB", b/1e6}'; }
echo "| bin/kalpana | $(size bin/kalpana) |"
echo "| bin/kalpana-bridge | $(size bin/kalpana-bridge) |"
echo "| workspace image | $(docker image inspect -f '{{.Size}}' "${KALPANA_WORKSPACE_IMAGE:-kalpana/workspace:latest}" | awk '{printf "%.0f MB", $1/1e6}') |"
go test ./internal/e2e -run '^$' -bench . -benchtime 5x -timeout 20m | awk '
  /^BenchmarkWarmStart/      {for (i=1; i<NF; i++) if ($(i+1)=="ms/start")  printf "| warm start to the printed address | %s ms |\n", $i}
  /^BenchmarkCreateToEditor/ {for (i=1; i<NF; i++) if ($(i+1)=="ms/median") printf "| create to editor 200, median of 5 | %s ms |\n", $i}
  /^BenchmarkIdleMemory/     {for (i=1; i<NF; i++) if ($(i+1)=="MiB/RSS")   printf "| resident memory, idle | %s MiB |\n", $i}
  /^(FAIL|panic)/ {print > "/dev/stderr"; bad=1} END {exit bad}'
echo
bench/gateway.sh
