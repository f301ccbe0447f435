#!/bin/bash
# Builds the workspace image, unless the one that is here was made from the same inputs.
#
# usage: build-image.sh [tag]
#
# The inputs are bridge/image, the bridge program, the extra certificate authorities and
# the base image's name; the hash of all of them is a label of the image. Takes 3 to 5
# minutes the first time, and less than a second when nothing changed.
#
# Environment: KALPANA_WORKSPACE_IMAGE  tag, if none is given. Default: kalpana/workspace:latest
#              KALPANA_EXTRA_CA         folder of *.crt files that workspaces trust too.
#                                       Default: /usr/local/share/ca-certificates
#              KALPANA_BASE_IMAGE       Default: debian:trixie-slim
#              http_proxy, https_proxy, no_proxy (either case) are passed to the build
set -euo pipefail
export LC_ALL=C # one order of files for the hash, whatever the user's language

cd "$(dirname "$0")/.."
tag=${1:-${KALPANA_WORKSPACE_IMAGE:-kalpana/workspace:latest}}
extra_ca=${KALPANA_EXTRA_CA:-/usr/local/share/ca-certificates}
base=${KALPANA_BASE_IMAGE:-debian:trixie-slim}
label=dev.kalpana.inputs
bridge=bin/kalpana-bridge
log=bin/image-build.log
total_steps=6

step() { printf '[%d/%d] %s (%d s)\n' "$1" "$total_steps" "$2" "$SECONDS"; }
die() {
	printf 'build-image: %s\n' "$*" >&2
	exit 1
}

mkdir -p bin

# ---- is there anything to do? -------------------------------------------------
if [ ! -x "$bridge" ]; then
	echo "building $bridge"
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags '-s -w' -o "$bridge" ./cmd/kalpana-bridge
fi

ca_files=()
if [ -d "$extra_ca" ]; then
	while IFS= read -r -d '' f; do ca_files+=("$f"); done < <(
		# Not the authority that Kalpana's own Caddy installs here: workspaces need no trust in
		# it, and the image would be built anew because the server had been started.
		find -L "$extra_ca" -type f -name '*.crt' ! -name 'Caddy_Local_Authority*' -print0 | sort -z
	)
fi
# Contents and names; not times or modes, which differ between check-outs.
inputs=$({
	echo "$base"
	find bridge/image -type f ! -name '*.go' -print0 | sort -z | xargs -0 sha256sum
	sha256sum <"$bridge"
	[ ${#ca_files[@]} -eq 0 ] || cat "${ca_files[@]}"
} | sha256sum | cut -c1-64)

# Whatever goes wrong here is told by step 1.
up_to_date() {
	local have
	have=$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$tag" 2>/dev/null) || return 1
	[ "$have" = "$inputs" ] || return 1
	echo "$tag is up to date"
}
! up_to_date || exit 0

# Two builds at once (make run beside make test) would do everything twice.
exec 9>bin/.image.lock
if ! flock -n 9; then
	echo "build-image: another build runs; waiting for it"
	flock 9
	! up_to_date || exit 0
fi

# ---- build ---------------------------------------------------------------------
step 1 "Docker Engine"
version=$(docker version --format '{{.Server.Version}}' 2>/dev/null) || die "no Docker Engine answers; type: scripts/install-docker.sh"
echo "      Docker Engine $version"

step 2 "base image $base"
if [ "$base" = debian:trixie-slim ]; then
	scripts/base-image.sh trixie "$base"
else
	docker image inspect "$base" >/dev/null 2>&1 || docker pull -q "$base" >/dev/null || die "KALPANA_BASE_IMAGE=$base is neither on this machine nor in reach"
fi

step 3 "build context"
context=$(mktemp -d)
builder=
clean_up() {
	[ -z "$builder" ] || kill "$builder" 2>/dev/null || true
	rm -rf "$context"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Modes are set here: a RUN chmod would double a layer, and COPY --chmod needs BuildKit.
mkdir "$context/ca"
for f in bridge/image/*; do
	[ -f "$f" ] || continue
	case $f in *.go) continue ;; esac
	mode=0644
	[ ! -x "$f" ] || mode=0755
	install -m "$mode" "$f" "$context/"
done
mkdir "$context/extension"
install -m 0644 -t "$context/extension" bridge/image/extension/*
install -m 0755 "$bridge" "$context/kalpana-bridge"
find bridge/image/ca -type f -exec install -m 0644 -t "$context/ca" {} +
n=0
for f in "${ca_files[@]}"; do
	n=$((n + 1)) # two folders may hold files of one name
	install -m 0644 "$f" "$context/ca/$n-$(basename "$f")"
done
echo "      $n extra certificate authorities"

before=$(docker image inspect --format '{{.Id}}' "$tag" 2>/dev/null) || before=
step 4 "building $tag: 3 to 5 minutes the first time (log: $log)"
args=(--label "$label=$inputs" --build-arg "BASE=$base" --force-rm -t "$tag")
for v in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
	[ -z "${!v:-}" ] || args+=(--build-arg "$v") # without a value: docker takes it from the environment
done
if docker buildx version >/dev/null 2>&1; then
	args+=(--progress plain)
	unset DOCKER_BUILDKIT
else
	export DOCKER_BUILDKIT=0
fi
docker build "${args[@]}" "$context" >"$log" 2>&1 9>&- &
builder=$!

# What the builder is at, from its log: "Step 9/33 : RUN set -eu" or "#12 [tools 2/3] RUN set -eu".
instruction() {
	grep -aE '^(Step [0-9]+/[0-9]+ :|#[0-9]+ \[[a-z]+ +[0-9]+/[0-9]+\])' "$log" 2>/dev/null | tail -n 1 |
		sed -E 's/ +/ /g; s/RUN set -eu; (export DEBIAN_FRONTEND=[a-z]+; )?(apt-get update -qq; )?//; s/ -y -qq --no-install-recommends//' | cut -c1-100 || true
}
shown=
said_at=$SECONDS
while kill -0 "$builder" 2>/dev/null; do
	now=$(instruction)
	if [ -n "$now" ] && { [ "$now" != "$shown" ] || [ $((SECONDS - said_at)) -ge 20 ]; }; then
		printf '      %4d s  %s\n' "$SECONDS" "$now"
		shown=$now
		said_at=$SECONDS
	fi
	sleep 1
done
status=0
wait "$builder" || status=$?
builder=
if [ "$status" -ne 0 ]; then
	echo "---- last 30 lines of $log ----" >&2
	tail -n 30 "$log" >&2
	die "docker build ended with status $status"
fi

step 5 "trying it: the bridge starts in it"
docker run --rm --network none --read-only --cap-drop ALL --entrypoint /usr/local/bin/kalpana-bridge "$tag" version || die "$tag was built, but its bridge does not start"

# The image that had this name before; workspaces that still run it keep it.
[ -z "$before" ] || docker image rm "$before" >/dev/null 2>&1 || true

step 6 "done: $tag, $(docker image inspect --format '{{.Size}}' "$tag" | awk '{printf "%.0f MB", $1/1e6}')"
