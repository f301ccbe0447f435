package git

import (
	"os"
	"path"
	"slices"
	"strconv"
)

// setting is one value of git's configuration, given by the environment, where it counts
// more than every file and reaches git's own children.
type setting struct{ key, value string }

// settings turns settings into environment variables.
func settings(list ...[]setting) []string {
	var env []string
	n := 0
	for _, s := range slices.Concat(list...) {
		i := strconv.Itoa(n)
		env = append(env, "GIT_CONFIG_KEY_"+i+"="+s.key, "GIT_CONFIG_VALUE_"+i+"="+s.value)
		n++
	}
	return append(env, "GIT_CONFIG_COUNT="+strconv.Itoa(n))
}

// anyOwner: files whose owner is another user, as volumes sometimes have them, are the
// user's nevertheless: nobody else is in the container.
var anyOwner = setting{"safe.directory", "*"}

// quiet is the configuration for looking at a repository that nobody vouches for.
var quiet = []setting{
	anyOwner,
	// A folder that merely looks like a bare repository may have come with a download.
	{"safe.bareRepository", "explicit"},
	{"core.fsmonitor", "false"},
	{"core.hooksPath", "/dev/null"},
	{"core.pager", "cat"},
	{"core.sshCommand", "false"},
	{"core.askPass", "true"},
	{"protocol.allow", "never"},
	{"log.showSignature", "false"},
	{"gpg.program", "false"},
	{"gpg.ssh.program", "false"},
	{"gpg.x509.program", "false"},
	{"submodule.recurse", "false"},
	{"gc.auto", "0"},
	{"maintenance.auto", "false"},
	{"color.ui", "false"},
	{"core.quotePath", "false"},
	// Larger files count as binary: git would hold them in memory, twice.
	{"core.bigFileThreshold", "20m"},
}

// userEnv is what git has of the bridge's environment when it works for the user: where
// programs and the user's settings are, who the user is, and what signing needs.
func userEnv() []string {
	env := []string{"LANG=C.UTF-8", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "GIT_EDITOR=true", "GIT_SEQUENCE_EDITOR=true"}
	for _, name := range []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
		"GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL",
		"GNUPGHOME", "SSH_AUTH_SOCK",
		"SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", // for what hooks fetch
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// ceiling keeps git from finding a repository above the workspace.
func ceiling(workspace string) string {
	return "GIT_CEILING_DIRECTORIES=" + path.Dir(workspace)
}

// lookEnv is the environment for looking; more are settings beside quiet.
func lookEnv(workspace string, more []setting) []string {
	return slices.Concat(userEnv(), settings(quiet, more), lookOnly(workspace))
}

// lookOnly are the variables beside settings for looking.
func lookOnly(workspace string) []string {
	return []string{
		ceiling(workspace),
		"GIT_OPTIONAL_LOCKS=0",
		// A repository may allow protocols one by one, against protocol.allow, but not
		// against this; the first avoids the attempt, in git 2.45 and newer.
		"GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none",
	}
}

// commitEnv is the environment for a commit, which hooks and filters inherit.
func commitEnv(workspace string) []string {
	// Without useConfigOnly git would make up an address from the container's host name.
	return slices.Concat(userEnv(), settings([]setting{anyOwner, {"user.useConfigOnly", "true"}}), []string{ceiling(workspace)})
}

// transfer is the configuration for fetching a repository that nobody vouches for.
var transfer = []setting{
	anyOwner,
	{"core.hooksPath", "/dev/null"},
	{"core.fsmonitor", "false"},
	{"core.askPass", ""}, // nobody is there to be asked
	{"core.sshCommand", "false"},
	{"protocol.allow", "never"},
	{"protocol.https.allow", "always"},
	{"protocol.http.allow", "always"},
	{"transfer.bundleURI", "false"}, // other addresses, of the host's choice
	{"submodule.recurse", "false"},
	{"gc.auto", "0"}, // it would go on in the background, in a folder that is moved
	{"maintenance.auto", "false"},
	{"color.ui", "false"},
	{"advice.detachedHead", "false"},
	// A host that sends nothing for two minutes has stopped: git's protocol has signs of life.
	{"http.lowSpeedLimit", "1"},
	{"http.lowSpeedTime", "120"},
}

// cloneEnv is the environment for fetching repositories. The user's own configuration
// counts: proxies, authorities, and where credentials are.
func cloneEnv(workspace string) []string {
	env := slices.Concat(userEnv(), settings(transfer), []string{
		ceiling(workspace), "GIT_ALLOW_PROTOCOL=https:http", "GIT_SSH_COMMAND=false",
		"GIT_PROGRESS_DELAY=0", "GIT_LFS_FORCE_PROGRESS=1",
	})
	for _, name := range []string{
		"GIT_SSL_CAINFO", "GIT_SSL_CAPATH",
		"http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
	} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
