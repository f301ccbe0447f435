# Builds the environment whose files come as a tar on standard input into the store at /nix.
# $1 is what nixpkgs stands for, $2 the caches and $3 their keys, each empty for Nix's own.
# The profile keeps what was built from being collected as garbage.
set -eu
mkdir /tmp/files
cd /tmp/files
tar -x
nixpkgs=$1 caches=$2 keys=$3
set -- print-dev-env --profile /nix/var/nix/profiles/kalpana-seed --print-build-logs --option download-attempts 3 --option connect-timeout 5
[ -z "$nixpkgs" ] || set -- "$@" --override-flake nixpkgs "$nixpkgs" -I "nixpkgs=flake:$nixpkgs"
[ -z "$caches" ] || set -- "$@" --option substituters "$caches"
[ -z "$keys" ] || set -- "$@" --option extra-trusted-public-keys "$keys"
if [ -f flake.nix ]; then set -- "$@" path:/tmp/files; else set -- "$@" --file ./shell.nix; fi
mkdir -p /nix/var/nix/profiles
TERM=dumb NO_COLOR=1 GIT_TERMINAL_PROMPT=0 nix "$@" >/dev/null </dev/null
# Nothing of the build is left over, and the database is one file.
rm -rf /nix/var/nix/builds /nix/var/nix/temproots
python3 - <<'PYTHON'
import sqlite3
db = sqlite3.connect("/nix/var/nix/db/db.sqlite")
db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
db.close()
PYTHON
sync
