#!/bin/sh
# Runs a command in a network of its own, where loopback is all that answers. Chromium gives
# up what it loads whenever an interface of the machine comes or goes, as those of containers
# do; in here none does.
#
# usage: own-network.sh command [argument...]
#
# Where the kernel or the user's rights forbid such a network, the command runs in the
# machine's.
set -eu
# The pair leads nowhere: without an interface that is up browsers say that they are offline.
# No addresses come to it by themselves, for these would be changes, too.
network='
	ip link set lo up &&
	ip link add name inside type veth peer name outside &&
	ip link set inside addrgenmode none && ip link set outside addrgenmode none &&
	ip addr add 192.0.2.1/30 dev inside && ip link set outside up && ip link set inside up'
for as in '' --map-root-user; do
	# shellcheck disable=SC2086 # none or one option
	if unshare $as --net -- sh -c "$network" >/dev/null 2>&1; then
		exec unshare $as --net -- sh -c "$network"' && exec "$@"' sh "$@"
	fi
done
exec "$@"
