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
  /^BenchmarkFirstToken/     {for (i=1; i<NF; i++) if ($(i+1)=="ms/median") printf "| first token of a model to the client, median | %s ms |\n", $i}
  /^BenchmarkClone/          {for (i=1; i<NF; i++) {if ($(i+1)=="s/clone") c=$i; if ($(i+1)=="s/plain") p=$i}; printf "| clone of 3,000 files with progress / plain git, median | %s / %s s |\n", c, p}
  /^BenchmarkTemplate/       {for (i=1; i<NF; i++) {if ($(i+1)=="ms/blank") n=$i; if ($(i+1)=="ms/added") a=$i}; printf "| start of a blank workspace / what a template adds, median | %s / %s ms |\n", n, a}
  /^BenchmarkIdleMemory/     {for (i=1; i<NF; i++) if ($(i+1)=="MiB/RSS")   printf "| resident memory, idle | %s MiB |\n", $i}
  /^(FAIL|panic)/ {print > "/dev/stderr"; bad=1} END {exit bad}'
go test ./internal/chat -run '^$' -bench . -benchtime 3x | awk '
  function metric(unit) {for (i=1; i<NF; i++) if ($(i+1)==unit) return $i}
  /^BenchmarkFirstToken/ {printf "| a later token inside the server, p50 / p99 | %s / %s µs |\n", metric("p50-µs"), metric("p99-µs")}
  /^BenchmarkReplay/     {printf "| replay of an 8 MiB turn | %.1f ms |\n", metric("ns/op")/1e6}
  /^(FAIL|panic)/ {print > "/dev/stderr"; bad=1} END {exit bad}'
go test ./cmd/kalpana-bridge -run '^$' -bench . -benchtime 2s | awk '
  function metric(unit) {for (i=1; i<NF; i++) if ($(i+1)==unit) return $i}
  /^BenchmarkRoundTrip/    {printf "| bridge, resident memory idle | %s MB |\n| bridge request, p50 / p99 | %s / %s µs |\n", metric("MB/idle"), metric("µs/p50"), metric("µs/p99")}
  /^BenchmarkUpload50MB/   {printf "| 50 MB to the workspace | %s MB/s, bridge +%s MB |\n", metric("MB/s"), metric("MB/above-idle")}
  /^BenchmarkDownload50MB/ {printf "| 50 MB from the workspace | %s MB/s, bridge +%s MB |\n", metric("MB/s"), metric("MB/above-idle")}
  /^BenchmarkCommand/      {printf "| a command that does nothing | %.1f ms |\n", metric("ns/op")/1e6}
  /^(FAIL|panic)/ {print > "/dev/stderr"; bad=1} END {exit bad}'
echo
go test ./internal/gateway -run '^$' -bench BenchmarkPort -benchtime 1s | awk '
  /^BenchmarkPort/ {split($1, name, "/"); sub(/-[0-9]+$/, "", name[3]); ms[name[2] name[3]] = sprintf("%.2f ms", $3/1e6); if (name[2] == "bulk") ms[name[2] name[3]] = $5 " MB/s"}
  END {print "| port of a workspace | direct | tunnel | gateway |"; print "|---|---|---|---|"
       for (i = 1; i <= split("new keepalive bulk", what, " "); i++) printf "| %s | %s | %s | %s |\n", what[i], ms[what[i] "direct"], ms[what[i] "tunnel"], ms[what[i] "gateway"]}'
echo
bench/gateway.sh
