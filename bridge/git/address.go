package git

import (
	"net/url"
	"path"
	"strings"
	"unicode"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/child"
	"github.com/kalpana-dev/kalpana/bridge/files"
)

// maxURL is the longest address that browsers and hosts agree on.
const maxURL = 2048

// checkURL refuses addresses that are not those of a repository on a web server, and those
// with a name or password, which would end up on disk. It returns the repository's name.
func checkURL(address string) (name string, err error) {
	bad := func(why string) error {
		return bridge.Errorf(bridge.CodeBadRequest, "url: %s; give an address such as https://github.com/ada/engine", why)
	}
	if address == "" {
		return "", bad("it is missing")
	}
	if len(address) > maxURL {
		return "", bad("it is too long")
	}
	u, err := url.Parse(address)
	if err != nil { // the error would repeat the address, with a password in it perhaps
		return "", bad("it cannot be read")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return "", bad("it begins with neither https:// nor http://")
	case u.User != nil:
		return "", bridge.Errorf(bridge.CodeBadRequest, "url: it holds a user name or password, which would be kept on disk; leave it out: git asks Kalpana for it")
	case u.Hostname() == "" || strings.HasPrefix(u.Hostname(), "-") || strings.Trim(u.Host, hostCharacters) != "":
		return "", bad("the host's name holds characters that no host has, or is missing")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", bad("it holds ? or #")
	case strings.ContainsFunc(u.Path, unicode.IsControl):
		return "", bad("it holds a control character")
	}
	name = strings.TrimSuffix(path.Base(path.Clean("/"+u.Path)), ".git")
	if name == "" || name == "/" {
		return "", bad("it names no repository")
	}
	return name, nil
}

const hostCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]"

// checkFolder returns the folder to clone to, relative to the workspace.
func (g *Git) checkFolder(folder string) (string, error) {
	clean, err := files.Clean(g.root.Name(), folder)
	if err != nil {
		return "", err
	}
	for element := range strings.SplitSeq(clean, "/") {
		own, _ := path.Match(ownTemporary, element)
		switch {
		case clean == ".":
			return "", bridge.Errorf(bridge.CodeInvalidPath, "folder: name one below the workspace")
		case own || strings.EqualFold(element, ".git") || strings.ContainsFunc(element, unicode.IsControl):
			return "", bridge.Errorf(bridge.CodeInvalidPath, "folder: %s is no name for a repository's folder", child.Clip(child.Text(element)))
		case len(element) > maxBranch:
			return "", bridge.Errorf(bridge.CodeInvalidPath, "folder: a name is longer than %d bytes", maxBranch)
		}
	}
	return clean, nil
}
