#!/usr/bin/env bash
# Everything between a bare machine and a running Kalpana: engine, image, binary, server.
# Each step is skipped when its result is there, so that the second run starts at once.
set -euo pipefail
cd "$(dirname "$0")/.."

begin=$SECONDS
step() { printf '\033[1m==> %s\033[0m\n' "$*"; }

scripts/install-docker.sh
if [ "$(id -u)" = 0 ] && ! command -v certutil >/dev/null && command -v apt-get >/dev/null; then
  # Browsers keep their own list of authorities; certutil is how Caddy's gets into it.
  step "Installing certutil, so that browsers trust the local certificate authority"
  { apt-get install -y -qq libnss3-tools >/dev/null 2>&1 || { apt-get update -qq && apt-get install -y -qq libnss3-tools; } >/dev/null 2>&1; } ||
    echo "    not installed; browsers on this machine may ask about the certificate"
fi

if ! make -s --no-print-directory -q bin/kalpana bin/kalpana-bridge 2>/dev/null; then
  step "Building Kalpana (a few minutes the first time, then seconds)"
  built=$SECONDS
  make --no-print-directory build >/tmp/kalpana-build.$$ 2>&1 &
  build=$!
  while kill -0 "$build" 2>/dev/null; do
    [ -t 1 ] && printf '\r    %3ds' $((SECONDS - built))
    sleep 1
  done
  if ! wait "$build"; then
    printf '\n'
    cat /tmp/kalpana-build.$$
    rm -f /tmp/kalpana-build.$$
    exit 1
  fi
  rm -f /tmp/kalpana-build.$$
  printf '\r    built in %ds\n' $((SECONDS - built))
fi
scripts/build-image.sh "${KALPANA_WORKSPACE_IMAGE:-kalpana/workspace:latest}"

# The log goes to a file, so that the address stays on the screen.
if [ -z "${KALPANA_LOG:-}" ]; then
  data=${KALPANA_DATA_DIR:-${XDG_DATA_HOME:-$HOME/.local/share}/kalpana}
  mkdir -p "$data" && chmod 700 "$data"
  export KALPANA_LOG="file $data/kalpana.log"
  echo "    log: $data/kalpana.log"
fi
step "Starting Kalpana ($((SECONDS - begin)) s so far)"
exec bin/kalpana run --config Caddyfile
