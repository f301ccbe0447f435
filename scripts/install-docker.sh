#!/bin/sh
# Makes sure a Docker Engine answers on this machine. Does nothing where one does.
#
# usage: install-docker.sh
#
# Installs Debian's packages where it has the right to (root, or sudo without a
# password); else it says what to type and exits 1. Starts the engine through systemd
# where that runs, else in the background.
#
# Environment: DOCKER_HOST, as for docker itself. Default: unix:///var/run/docker.sock
set -eu

log=/var/log/kalpana-dockerd.log
wait_seconds=60
packages='docker.io iptables debootstrap ca-certificates'

say() { printf '%s\n' "install-docker: $*"; }
die() {
	printf '%s\n' "install-docker: $*" >&2
	exit 1
}
answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
# systemd runs here only if it booted the machine; the program alone says nothing.
systemd_runs() { [ -d /run/systemd/system ]; }

as_root=
can_be_root=yes
if [ "$(id -u)" != 0 ]; then
	as_root=sudo
	sudo -n true 2>/dev/null || can_be_root=no
fi

# An engine elsewhere is its owner's to run.
case "${DOCKER_HOST:-unix:///var/run/docker.sock}" in
unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
*)
	command -v docker >/dev/null 2>&1 || die "DOCKER_HOST is $DOCKER_HOST, but the docker command is missing; type: sudo apt-get install docker.io"
	answers || die "nothing answers at DOCKER_HOST=$DOCKER_HOST; start that engine, or unset DOCKER_HOST to use one on this machine"
	exit 0
	;;
esac

if command -v docker >/dev/null 2>&1 && answers; then
	exit 0
fi

# 1. Packages. iptables: published ports; debootstrap: the base image where no registry is in reach.
missing=
if ! command -v docker >/dev/null 2>&1 || ! command -v dockerd >/dev/null 2>&1; then
	missing=$packages
else
	command -v iptables >/dev/null 2>&1 || missing="$missing iptables"
	command -v debootstrap >/dev/null 2>&1 || [ -x /usr/sbin/debootstrap ] || missing="$missing debootstrap"
fi
if [ -n "$missing" ]; then
	if ! command -v apt-get >/dev/null 2>&1; then
		die "Docker Engine is missing and this is no Debian or Ubuntu; install Docker Engine 20.10 or later the way your system does, then try again"
	fi
	[ "$can_be_root" = yes ] || die "Docker Engine is missing; type: sudo apt-get update && sudo apt-get install -y $packages"
	say "installing $missing"
	out=$(mktemp)
	trap 'rm -f "$out"' EXIT
	# shellcheck disable=SC2086 # a list of words
	if ! { $as_root apt-get update -qq && $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$out" 2>&1; then
		tail -n 30 "$out" >&2
		die "installing $missing did not work; see the lines above"
	fi
fi
# Root's own tools are not in everybody's PATH.
PATH=$PATH:/usr/sbin:/sbin

# 2. The engine.
if ! answers; then
	[ "$can_be_root" = yes ] || die "Docker Engine does not answer, or you may not use it; type: sudo systemctl start docker; sudo usermod -aG docker $(id -un); then log in again"
	if systemd_runs; then
		say "starting Docker Engine (systemd)"
		$as_root systemctl start docker || die "systemd could not start docker; type: journalctl -u docker"
	elif ! pgrep -x dockerd >/dev/null 2>&1; then
		say "starting Docker Engine in the background (log: $log)"
		# Workspaces survive when this engine is restarted. dockerd refuses a setting
		# that stands both here and in its configuration file.
		flags=--live-restore
		! grep -qs live-restore /etc/docker/daemon.json || flags=
		# setsid: it survives the terminal that started it.
		$as_root sh -c "setsid nohup dockerd $flags >>'$log' 2>&1 </dev/null &"
	fi
fi

# 3. Until it answers.
waited=0
until answers; do
	if [ "$waited" -ge "$wait_seconds" ]; then
		[ -r "$log" ] && tail -n 30 "$log" >&2
		if [ -n "$as_root" ] && $as_root docker version >/dev/null 2>&1; then
			die "Docker Engine runs, but you may not use it; type: sudo usermod -aG docker $(id -un), then log in again"
		fi
		die "Docker Engine does not answer after $wait_seconds s; see the lines above"
	fi
	sleep 1
	waited=$((waited + 1))
done
say "Docker Engine $(docker version --format '{{.Server.Version}}') answers"
