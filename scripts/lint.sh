#!/usr/bin/env bash
# Formatting, vet, staticcheck, shell scripts, the UI's linter and types. Silent when clean.
set -euo pipefail
cd "$(dirname "$0")/.."
unformatted=$(git ls-files '*.go' | xargs gofmt -l)
if [ -n "$unformatted" ]; then
  echo "gofmt would change:" "$unformatted" >&2
  exit 1
fi
# The flags of `make build`, so that nothing is compiled twice.
export GOFLAGS="-trimpath -tags=nobadger,nomysql,nopgx"
go mod verify >/dev/null
go vet ./...
go run honnef.co/go/tools/cmd/staticcheck@v0.8.1 ./...
shellcheck scripts/*.sh .ci/run bench/*.sh bridge/image/*.sh bridge/image/start-editor bridge/image/editor-cli
npm --prefix ui run --silent lint
npm --prefix ui run --silent typecheck
echo "lint: clean"
