package template

// Files are what is known of a repository before it is cloned.
type Files struct {
	// Names are those in its root, and those in .devcontainer with their folder
	// (".devcontainer/devcontainer.json").
	Names []string
	// Text has what the files of DevcontainerFiles say, by name, for those that are there.
	Text map[string]string
}

// DevcontainerFiles are where a devcontainer.json is looked for, the first one counts.
var DevcontainerFiles = []string{".devcontainer/devcontainer.json", ".devcontainer.json"}

// Guess is which template fits a repository.
type Guess struct {
	// Template is an ID, BlankID if nothing fits.
	Template string `json:"template"`
	// Reasons are sentences for people; there is always one.
	Reasons []string `json:"reasons" nullable:"false"`
	// Honoured are files of the repository that say more than a template: flake.nix,
	// shell.nix, a devcontainer.json.
	Honoured []string `json:"honoured" nullable:"false"`
}

// Detection is what a devcontainer.json says, as far as it can be honoured.
type Detection struct {
	// File is the name of the file, empty if there is none.
	File       string
	Definition Definition
	// Notices are sentences for people about what is not honoured.
	Notices []string
}
