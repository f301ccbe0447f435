package workspace

import (
	"context"
	"fmt"
	"slices"

	"github.com/kalpana-dev/kalpana/bridge"
)

// Visibility says who may open a port of a workspace.
type Visibility string

// The visibilities. An empty one means VisibleOwner.
const (
	VisibleOwner  Visibility = "owner"
	VisibleUsers  Visibility = "users"  // everybody who is signed in
	VisiblePublic Visibility = "public" // everybody; nobody is asked who they are
)

// PortSetting says how one port of a workspace is reached from outside.
type PortSetting struct {
	// Port is one that the bridge forwards.
	Port       int        `bson:"port"`
	Visibility Visibility `bson:"visibility"`
	// RewriteHost makes the program see "localhost:<port>" as Host, for servers that
	// refuse all others.
	RewriteHost bool `bson:"rewriteHost"`
}

// maxPortSettings bounds the record; a workspace with more servers than that to show is
// not one that people work in.
const maxPortSettings = 64

// SetPort says how a port is reached from now on; what the change forbids ends within
// seconds. A setting that is the default again is forgotten. Errors: ErrNotFound,
// ErrDeleting, *InvalidError.
func (s *Service) SetPort(ctx context.Context, id string, p PortSetting) (Workspace, error) {
	def(&p.Visibility, VisibleOwner)
	if !bridge.Forwardable(p.Port) {
		return Workspace{}, &InvalidError{"port", fmt.Sprintf("must be %d to 65535, and neither %d nor %d", bridge.MinPort, bridge.APIPort, bridge.EditorPort)}
	}
	if !slices.Contains([]Visibility{VisibleOwner, VisibleUsers, VisiblePublic}, p.Visibility) {
		return Workspace{}, &InvalidError{"visibility", "must be owner, users or public"}
	}
	return s.order(ctx, id, func(w *Workspace) error {
		ports, err := withPort(w.Ports, p)
		if err != nil {
			return err
		}
		if slices.Equal(ports, w.Ports) {
			return errNothing
		}
		w.Ports = ports
		return nil
	})
}

// withPort is a copy of settings in which p takes the place of what its port had.
func withPort(settings []PortSetting, p PortSetting) ([]PortSetting, error) {
	next := slices.DeleteFunc(slices.Clone(settings), func(old PortSetting) bool { return old.Port == p.Port })
	if p == (PortSetting{Port: p.Port, Visibility: VisibleOwner}) {
		return next, nil
	}
	if len(next) >= maxPortSettings {
		return nil, &InvalidError{"port", fmt.Sprintf("%d ports of this workspace have settings already; set one of them back to visibility owner", maxPortSettings)}
	}
	next = append(next, p)
	slices.SortFunc(next, func(a, b PortSetting) int { return a.Port - b.Port })
	return next, nil
}

// PortSettingOf finds the setting of a port among a record's; the default if there is none.
func PortSettingOf(settings []PortSetting, port int) PortSetting {
	i, found := slices.BinarySearchFunc(settings, port, func(s PortSetting, port int) int { return s.Port - port })
	if !found {
		return PortSetting{Port: port, Visibility: VisibleOwner}
	}
	return settings[i]
}
