# shellcheck shell=sh
# Applies the workspace's Nix environment to a shell, once. Sourced by every
# interactive bash and by start-editor.
if [ -z "${KALPANA_ENV_LOADED:-}" ] && [ -r "$HOME/.cache/kalpana/env.sh" ]; then
	# shellcheck source=/dev/null
	. "$HOME/.cache/kalpana/env.sh"
	export KALPANA_ENV_LOADED=1
fi
