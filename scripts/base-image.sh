#!/bin/sh
# Makes sure the base of the workspace image is on this machine.
#
# usage: base-image.sh [suite] [image]        default: trixie debian:trixie-slim
#
# With a registry in reach the official image is pulled. Without one (offline
# site, registry blocked) the same thing is made from Debian packages and given
# the official name, so one Dockerfile serves both cases.
#
# Environment: KALPANA_PULL_TIMEOUT  seconds to try the registry, 0 = do not try. Default: 45
#              KALPANA_DEBIAN_MIRROR address of a Debian mirror. Default: debootstrap's own
set -eu

suite=${1:-trixie}
image=${2:-debian:${suite}-slim}
pull_timeout=${KALPANA_PULL_TIMEOUT:-45}

say() { printf '      %s\n' "$*"; }

if docker image inspect "$image" >/dev/null 2>&1; then
	say "$image is already here"
	exit 0
fi

if [ "$pull_timeout" != 0 ]; then
	say "pulling $image (gives up after ${pull_timeout} s)"
	if timeout "$pull_timeout" docker pull -q "$image" >/dev/null 2>&1; then
		say "pulled $image"
		exit 0
	fi
	say "no image registry in reach: making $image from Debian packages instead"
fi

if ! command -v debootstrap >/dev/null 2>&1; then
	echo "base-image: debootstrap is missing; type: sudo apt-get install debootstrap" >&2
	exit 1
fi
# debootstrap makes device nodes and changes its root directory: it must be root.
as_root=
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	if ! sudo -n true 2>/dev/null; then
		echo "base-image: debootstrap needs root; type: sudo $0 $suite $image" >&2
		exit 1
	fi
fi

dir=$(mktemp -d)
trap '$as_root rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

say "debootstrap $suite (half a minute to two minutes)"
# The mirror is left out, not passed empty, when none is set.
$as_root debootstrap --variant=minbase --include=ca-certificates "$suite" "$dir/root" ${KALPANA_DEBIAN_MIRROR:+"$KALPANA_DEBIAN_MIRROR"} >"$dir/log" 2>&1 || {
	tail -n 30 "$dir/log" >&2
	echo "base-image: debootstrap $suite did not finish; see the lines above" >&2
	exit 1
}

# The same diet as Debian's own slim image: no manuals, translations or package lists.
$as_root sh -eu -s "$dir/root" <<'DIET'
root=$1
cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'CFG'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/man/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/info/*
CFG
cat >"$root/etc/apt/apt.conf.d/docker" <<'CFG'
APT::Install-Recommends "0";
Acquire::Languages "none";
Acquire::GzipIndexes "true";
APT::AutoRemove::SuggestsImportant "false";
CFG
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 0755 "$root/usr/sbin/policy-rc.d"
DIET

say "importing it as $image"
$as_root tar -C "$dir/root" --one-file-system --numeric-owner \
	--exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*' \
	--exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./var/log/*' \
	--exclude='./tmp/*' --exclude='./dev/*' --exclude='./proc/*' --exclude='./sys/*' \
	-c . | docker import -c 'CMD ["bash"]' - "$image" >/dev/null
say "made $image"
