package workspace

import (
	"slices"
	"strings"
	"time"
)

// Right is what somebody may do with a workspace. Rights are ordered: each allows all
// that those below it do.
type Right string

// The rights, from the least to the most.
const (
	// RightNone: as far as the person can tell there is no such workspace.
	RightNone Right = ""
	// RightView: sees its status, and reads its files, changes and chats. Opens no host of it.
	RightView Right = "view"
	// RightUse: opens its programs, and may start it.
	RightUse Right = "use"
	// RightEdit: works in it, in editor, terminal and chats. That is as much as the owner
	// can do inside: read its variables, push with the owner's login.
	RightEdit Right = "edit"
	// RightOwner: decides about it.
	RightOwner Right = "owner"
)

// Allows reports whether r is enough where need is needed; nothing is enough for no right.
func (r Right) Allows(need Right) bool { return need.rank() > 0 && r.rank() >= need.rank() }

func (r Right) rank() int {
	switch r {
	case RightView:
		return 1
	case RightUse:
		return 2
	case RightEdit:
		return 3
	case RightOwner:
		return 4
	default:
		return 0
	}
}

// Share gives one person a right to a workspace that is another's.
type Share struct {
	UserID string `bson:"userId"`
	Right  Right  `bson:"right"`
	// Until is when it ends; zero = not by itself.
	Until     time.Time `bson:"until"`
	CreatedAt time.Time `bson:"createdAt"`
}

// Live reports whether the share counts at now.
func (s Share) Live(now time.Time) bool { return s.Until.IsZero() || now.Before(s.Until) }

// RightOf is what userID may do with a workspace of ownerID that is shared like this;
// shares are sorted by user. It allocates nothing.
func RightOf(ownerID string, shares []Share, userID string, now time.Time) Right {
	switch {
	case userID == "":
		return RightNone
	case userID == ownerID:
		return RightOwner
	case len(shares) == 0:
		return RightNone
	}
	i, found := slices.BinarySearchFunc(shares, userID, compareShare)
	if !found || !shares[i].Live(now) {
		return RightNone
	}
	return shares[i].Right
}

func compareShare(s Share, userID string) int { return strings.Compare(s.UserID, userID) }

// RightOf is what userID may do with w at now.
func (w *Workspace) RightOf(userID string, now time.Time) Right {
	return RightOf(w.OwnerID, w.Shares, userID, now)
}

// LiveShares are the shares that count at now.
func (w *Workspace) LiveShares(now time.Time) []Share {
	return slices.DeleteFunc(slices.Clone(w.Shares), func(s Share) bool { return !s.Live(now) })
}
