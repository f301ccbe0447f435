# Has Nix read the text on standard input; $1 is flake.nix or shell.nix. Writes the parsed
# form to standard output and what is wrong to standard error. Exit codes are in check.go.
file=/tmp/$1
cat >"$file" || exit 1
# Nix takes 384 MiB before it looks for garbage unless it is told not to.
export GC_INITIAL_HEAP_SIZE=16m GC_MAXIMUM_HEAP_SIZE=180m
export HOME=/tmp NIX_PATH='' NIX_REMOTE='' NIX_CONF_DIR=/tmp

nix-instantiate --option store dummy:// --parse "$file"
case $? in
0) ;;
1) exit 10 ;;
*) exit 11 ;;
esac

# To its outermost form only. A flake's inputs are such that using one fails.
case $1 in
flake.nix)
	set -- -E 'let o = (import /tmp/flake.nix).outputs or null; in
		if builtins.isFunction o
		then builtins.seq (o (builtins.mapAttrs (_: _: throw "not here") (builtins.functionArgs o))) true
		else true' ;;
*) set -- "$file" ;;
esac
timeout -s KILL 4 nix-instantiate --option store dummy:// --option restrict-eval true --option allow-import-from-derivation false \
	--readonly-mode -I "text=$file" --eval "$@" >/dev/null
case $? in
0) exit 0 ;;
1) exit 20 ;;
124) exit 22 ;;
137) # killed by timeout, or for its memory
	[ "$(awk '$1 == "oom_kill" { print $2 }' /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events 2>/dev/null)" = 0 ] && exit 22
	exit 21 ;;
*) exit 21 ;;
esac
