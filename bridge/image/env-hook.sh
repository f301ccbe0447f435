# shellcheck shell=sh
# Applies the workspace's environment to a shell: its Nix tools and variables. Sourced by
# every interactive bash, by the bridge's commands and by start-editor. The script it loads
# does nothing where the environment has been applied already; where another one has been,
# before a rebuild for example, that is taken away first.

# Takes away what an environment put there.
_kalpana_env_undo() {
	[ -n "${KALPANA_ENV_LOADED:-}" ] || return 0
	case ":$PATH:" in
	*":${KALPANA_ENV_PATH:-}:"*)
		PATH=":$PATH:"
		PATH="${PATH%%":$KALPANA_ENV_PATH:"*}:${PATH#*":$KALPANA_ENV_PATH:"}"
		PATH=${PATH#:}
		PATH=${PATH%:}
		;;
	esac
	for _kalpana_name in ${KALPANA_ENV_NAMES:-}; do
		case " ${KALPANA_VARIABLES:-} " in *" $_kalpana_name "*) ;; *) unset "$_kalpana_name" ;; esac
	done
	unset _kalpana_name KALPANA_ENV_LOADED KALPANA_ENV_NAMES KALPANA_ENV_PATH
}
if [ -r "$HOME/.cache/kalpana/env.sh" ]; then
	# shellcheck source=/dev/null
	. "$HOME/.cache/kalpana/env.sh"
else
	_kalpana_env_undo
fi
unset -f _kalpana_env_undo
