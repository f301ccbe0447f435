#!/usr/bin/env bash
# Installs what tests need on a Debian machine: Chromium with and without windows, certutil, a
# checker of shell scripts, and ripgrep, which the bridge finds in its image.
set -euo pipefail
missing=()
# Together: both must be of one version.
command -v chromium >/dev/null && command -v chromium-headless-shell >/dev/null || missing+=(chromium chromium-headless-shell)
command -v certutil >/dev/null || missing+=(libnss3-tools)
command -v shellcheck >/dev/null || missing+=(shellcheck)
command -v rg >/dev/null || missing+=(ripgrep)
command -v ip >/dev/null || missing+=(iproute2)
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=
[ "$(id -u)" = 0 ] || sudo="sudo -n"
if ! { [ -z "$sudo" ] || $sudo true 2>/dev/null; }; then
  echo "The tests need: ${missing[*]}. Type: sudo apt-get install -y ${missing[*]}" >&2
  exit 1
fi
echo "==> Installing for the tests: ${missing[*]}"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
