package git

import (
	"crypto/sha1"
	"encoding/hex"
	"io/fs"
	"strconv"
	"strings"

	"github.com/kalpana-dev/kalpana/bridge"
)

// mode is a kind of file as git's trees have it.
type mode uint32

const (
	absent     mode = 0
	regular    mode = 0o100644
	executable mode = 0o100755
	symlink    mode = 0o120000
)

func (m mode) String() string { return strconv.FormatUint(uint64(m), 8) }

// modeOf is absent for what checkpoints do not hold: directories, pipes and so on.
func modeOf(m fs.FileMode) mode {
	switch {
	case m.IsRegular() && m.Perm()&0o100 != 0:
		return executable
	case m.IsRegular():
		return regular
	case m.Type() == fs.ModeSymlink:
		return symlink
	}
	return absent
}

// hash is the name of a blob. SHA-1 is what every version of git reads; nothing relies
// on it against forgery.
type hash [sha1.Size]byte

func (h hash) String() string { return hex.EncodeToString(h[:]) }

func hashOf(blob []byte) hash {
	h := sha1.New()
	h.Write([]byte("blob " + strconv.Itoa(len(blob)) + "\x00"))
	h.Write(blob)
	return hash(h.Sum(nil))
}

// object is what a tree has at a path.
type object struct {
	mode mode
	hash hash
}

func parseObject(modeText, hashText string) (object, bool) {
	m, err := strconv.ParseUint(modeText, 8, 32)
	raw, err2 := hex.DecodeString(hashText)
	if err != nil || err2 != nil || len(raw) != sha1.Size {
		return object{}, false
	}
	switch o := (object{mode(m), hash(raw)}); o.mode {
	case absent, regular, executable, symlink:
		return o, true
	}
	return object{}, false
}

// parseTreeLine reads a line of `git ls-tree -r -z`: "mode type hash\tpath".
func parseTreeLine(line string) (p string, o object, ok bool) {
	head, p, _ := strings.Cut(line, "\t")
	fields := strings.Split(head, " ")
	if len(fields) != 3 || !holdable(p) {
		return "", object{}, false
	}
	o, ok = parseObject(fields[0], fields[2])
	return p, o, ok && o.mode != absent
}

// change is one difference between two trees: now is what the second one has.
type change struct {
	path string
	now  object // mode absent: nothing
	made bool   // the first tree has nothing
}

// changes reads what `git diff-tree -r -z --raw` prints: ":oldmode newmode oldhash
// newhash status", then the path.
type changes struct {
	pending string
	list    []change
}

func (c *changes) take(token string) error {
	if c.pending == "" {
		c.pending = token
		return nil
	}
	fields := strings.Split(c.pending, " ")
	c.pending = ""
	if len(fields) != 5 || !holdable(token) {
		return nil
	}
	if o, ok := parseObject(fields[1], fields[3]); ok {
		c.list = append(c.list, change{token, o, fields[0] == ":000000"})
	}
	return nil
}

// holdable reports whether checkpoints hold files of this path: relative, in its shortest
// form, and nothing of a .git folder.
func holdable(p string) bool {
	if len(p) > bridge.MaxPathBytes || !fs.ValidPath(strings.ToValidUTF8(p, "_")) || p == "." || strings.ContainsRune(p, 0) {
		return false
	}
	for element := range strings.SplitSeq(p, "/") {
		// In any case of letters: newer versions of git store none of them.
		if strings.EqualFold(element, ".git") {
			return false
		}
	}
	return true
}
