package template

// Definition is what a template gives to a workspace. Everything is optional.
type Definition struct {
	// Flake is the text of a flake.nix; empty = none.
	Flake string `json:"flake"`
	// Packages are Debian packages, without versions.
	Packages []string `json:"packages"`
	// Ports are what its programs listen on.
	Ports []Port `json:"ports"`
	// Tasks are commands that the editor offers.
	Tasks []Task `json:"tasks"`
	// Extensions of the editor: publisher.name, or publisher.name@version.
	Extensions []string `json:"extensions"`
	// Variables are set for the workspace's processes.
	Variables []Variable `json:"variables"`
	// Setup is run once, after the first clone; Start at every start, in the background. Both
	// are run by a shell in the folder that the editor opens.
	Setup string `json:"setup"`
	Start string `json:"start"`
	// Files are written into an empty workspace: text by relative path.
	Files map[string]string `json:"files"`
	// Match are names or patterns (of path.Match) of files in a repository's root that make
	// the template its guess.
	Match []string `json:"match"`
}

// Port is a port that a template's programs listen on.
type Port struct {
	Port  int    `json:"port"`
	Label string `json:"label"`
	// Visibility is "owner" (also when empty), "users" or "public".
	Visibility string `json:"visibility"`
	// Open: the dashboard shows it as soon as something listens.
	Open bool `json:"open"`
}

// Task is a command that the editor offers.
type Task struct {
	Label   string `json:"label"`
	Command string `json:"command"`
}

// Variable is an environment variable that a template sets or asks for.
type Variable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	// Value is used when the user has set none; always empty for secrets.
	Value  string `json:"value"`
	Secret bool   `json:"secret"`
	// Required: without a value the workspace starts with a notice.
	Required bool `json:"required"`
}
