package bridge

// TypeSearch searches in the contents of files.
const TypeSearch = "search"

// Search is the payload of a search request. Files that .gitignore excludes, binary files
// and .git are left out.
type Search struct {
	// Query is a regular expression of Rust's regex crate, or plain text if Literal is set.
	Query   string `json:"query"`
	Literal bool   `json:"literal,omitempty"`
	// Path is a directory or file. Default: the workspace itself.
	Path string `json:"path,omitempty"`
	// Include and Exclude are globs of file names, such as "*.go".
	Include []string `json:"include,omitempty"`
	Exclude []string `json:"exclude,omitempty"`
	// CaseSensitive: nil means only if Query has capital letters.
	CaseSensitive *bool `json:"caseSensitive,omitempty"`
	// WholeWord matches at word boundaries only.
	WholeWord bool `json:"wholeWord,omitempty"`
	// Context is how many lines around each match are sent, 0 to 5.
	Context int `json:"context,omitempty"`
	// Limit is how many matching lines are wanted, up to MaxMatches. Default: 100.
	Limit int `json:"limit,omitempty"`
	// IncludeIgnored searches what .gitignore excludes, too.
	IncludeIgnored bool `json:"includeIgnored,omitempty"`
}

// SearchResult answers search.
type SearchResult struct {
	// Matches are sorted by path and line; never nil.
	Matches []SearchMatch `json:"matches"`
	// Truncated: there are more than Limit, or the search took longer than ten seconds.
	Truncated bool `json:"truncated"`
}

// SearchMatch is one line, a match or one of its neighbours.
type SearchMatch struct {
	Path string `json:"path"`
	Line int    `json:"line"`
	// Column is where the first match begins, in characters from 1; 0 for a neighbour.
	Column int `json:"column"`
	// Text is the line without its end, cut after 500 characters.
	Text string `json:"text"`
	// Neighbour: the line is sent for its context only.
	Neighbour bool `json:"neighbour,omitempty"`
}
