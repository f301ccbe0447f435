package environment_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/kalpana-dev/kalpana/bridge"
)

// says is a Nix that fails with these words.
func says(words string) string {
	return "base64 -d >&2 <<'END'\n" + base64.StdEncoding.EncodeToString([]byte(words)) + "\nEND\nexit 1\n"
}

// The words are those of Nix 2.26 and 2.28; bridge/image has the tests with the real one.
func TestWhatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	const text = "{\n  outputs = { self, nixpkgs }: {\n    a = ;\n  };\n}\n"
	const hash = "/nix/store/pjs6c2h93qn2vyym8x5a669mhi2kzjpw-"
	for _, c := range []struct{ name, words, code, message string }{
		{
			"the place of the error",
			"error: syntax error, unexpected ';'\n       at " + hash + "source/flake.nix:3:9:\n            2|   outputs = { self, nixpkgs }: {\n            3|     a = ;\n             |         ^\n            4|   };\n",
			bridge.CodeNixInvalid, "flake.nix:3:9: syntax error, unexpected ';'",
		},
		{
			"a file of the same name that is another",
			"error:\n       … while evaluating x\n         at " + hash + "source/flake.nix:2:5:\n            1| {\n            2|   outputs = { self, nixpkgs }: {\n             |     ^\n\n       … while evaluating y\n         at " + hash + "source/flake.nix:3:5:\n            2| {\n            3| another line\n\n       error: attribute 'x' missing\n       at " + hash + "source/flake.nix:1:1:\n            1| another\n",
			bridge.CodeNixInvalid, "flake.nix:2:5: attribute 'x' missing",
		},
		{"a place that is not there", "error: undefined variable 'x'\n       at " + hash + "source/flake.nix:99:1:\n           99| x\n", bridge.CodeNixInvalid, "flake.nix: undefined variable 'x'"},
		{"a place without an end", "error: undefined variable 'x'\n       at /a/flake.nix:3:9:", bridge.CodeNixInvalid, "flake.nix: undefined variable 'x'"},
		{
			"the first thing that could not be built",
			"building '" + hash + "a.drv'...\na> error: not this\nerror: builder for '" + hash + "a.drv' failed with exit code 3\nerror: 1 dependencies of derivation '" + hash + "b.drv' failed to build\n",
			bridge.CodeNixFailed, "flake.nix: builder for 'a.drv' failed with exit code 3",
		},
		{
			"a builder that cannot fetch",
			"a> curl: (6) Could not resolve host: example.com\nerror: builder for '" + hash + "a.drv' failed with exit code 1\n",
			bridge.CodeNixUnreachable, "flake.nix: what has to be fetched cannot be: builder for 'a.drv' failed with exit code 1",
		},
		{
			"a cache that is not there",
			"warning: unable to download 'https://cache.example.com/nix-cache-info': Couldn't resolve host name (6)\nerror: builder for '" + hash + "a.drv' failed with exit code 1\n",
			bridge.CodeNixUnreachable, "flake.nix: the binary cache https://cache.example.com cannot be reached, and without it: builder for 'a.drv' failed with exit code 1",
		},
		{"a source that is not there", "error:\n       … while updating the flake input 'x'\n\n       error: unable to download 'https://x.example': Could not resolve hostname (6)\n", bridge.CodeNixUnreachable, "flake.nix: unable to download 'https://x.example': Could not resolve hostname (6)"},
		{"a source that is gone", "error: unable to download 'https://x.example': HTTP error 404\n", bridge.CodeNixFailed, "flake.nix: unable to download 'https://x.example': HTTP error 404"},
		{"no room", "error: writing to file: No space left on device\n", bridge.CodeDiskFull, "flake.nix: the disk is full: writing to file: No space left on device"},
		{"no memory", "error: out of memory\n", bridge.CodeNixFailed, "flake.nix: Nix ran out of memory"},
		{"no word", "warning: something\n", bridge.CodeNixFailed, "flake.nix: Nix ended with exit code 1 and did not say why"},
		{"a long word", "error: syntax error " + strings.Repeat("x", 3000) + "\n", bridge.CodeNixInvalid, "flake.nix: syntax error " + strings.Repeat("x", 487) + "…"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, says(c.words))
			_, err := s.prepare(t.Context(), flake(text))
			if codeOf(err) != c.code || err.Error() != c.code+": "+c.message {
				t.Errorf("%v; want %s: %s", err, c.code, c.message)
			}
		})
	}
}

func TestAFileThatGitDoesNotTrack(t *testing.T) {
	t.Parallel()
	s := start(t, says("error: path '/nix/store/0ccnxa25whszw7mgbgyzdm4nqc0zwnm8-source/sub/flake.nix' does not exist\n"))
	s.write(t, "workspace/app/.git/HEAD", "ref: refs/heads/main\n")
	s.write(t, "workspace/app/sub/flake.nix", "{ }")
	_, err := s.prepare(t.Context(), bridge.PrepareEnvironment{Folder: "app/sub"})
	if codeOf(err) != bridge.CodeNixInvalid || !strings.Contains(err.Error(), "type: git add flake.nix") {
		t.Errorf("%v", err)
	}
}

func TestALargeFolderIsNotCopied(t *testing.T) {
	t.Parallel()
	s := start(t, prints(`{"variables":{}}`))
	s.write(t, "workspace/app/flake.nix", "{ }")
	s.write(t, "workspace/app/large", "")
	large(t, s.dir+"/workspace/app/large", 300<<20)
	_, err := s.prepare(t.Context(), bridge.PrepareEnvironment{Folder: "app"})
	if codeOf(err) != bridge.CodeNixInvalid || !strings.Contains(err.Error(), "make it a git repository") || s.read("runs") != "" {
		t.Errorf("%v", err)
	}
	s.write(t, "workspace/app/.git/HEAD", "ref: refs/heads/main\n")
	if _, err := s.prepare(t.Context(), bridge.PrepareEnvironment{Folder: "app"}); err != nil {
		t.Error(err)
	}
}
