# Installs the Debian packages that are its arguments into the workspace image. Read from
# standard input by a shell of the image, as root; settings come as lines before it:
# limit is the most bytes of archives to fetch.

# What is cut off here is thrown away, so nothing need be synced to the disk.
apt() {
	apt-get -q -y -o APT::Cmd::Pattern-Only=true -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
		-o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io -o 'Dpkg::Options::=--path-exclude=/usr/share/doc/*' -o 'Dpkg::Options::=--path-exclude=/usr/share/man/*' "$@"
}

# No pattern and no task: a name is a name. Nothing of the image is removed for it.
get() { apt --no-install-recommends --no-remove "$@"; }

main() {
	export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
	apt -o APT::Update::Error-Mode=any update
	uris=$(get --print-uris install "$@")
	bytes=$(printf '%s\n' "$uris" | awk "/^'/ { n += \$3 } END { printf \"%.0f\", n }")
	if [ "$bytes" -gt "${limit:?}" ]; then
		echo "kalpana: too large: $bytes"
		exit 77
	fi
	# Scripts of packages link into the folders of manuals, and would start what serves.
	mkdir -p /usr/share/man/man1 /usr/share/man/man5 /usr/share/man/man7 /usr/share/man/man8 /var/log/apt
	printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	get install "$@"
	rm -f /usr/sbin/policy-rc.d
	# No setuid program is left: they are useless in a workspace. There are no file
	# capabilities either, which this container may not set.
	find / -xdev -type f -perm /6000 -exec chmod a-s {} +
	rm -rf /var/log/apt /var/log/*.log /var/cache/debconf/*-old /var/lib/dpkg/*-old
}
set -eu
main "$@" </dev/null
