package template

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
)

// clone returns a copy that shares nothing and in which no list is nil.
func (d Definition) clone() Definition {
	d.Packages, d.Ports, d.Tasks = copied(d.Packages), copied(d.Ports), copied(d.Tasks)
	d.Extensions, d.Variables, d.Match = copied(d.Extensions), copied(d.Variables), copied(d.Match)
	for i := range d.Ports {
		d.Ports[i].Visibility = cmp.Or(d.Ports[i].Visibility, "owner")
	}
	if d.Files = maps.Clone(d.Files); d.Files == nil {
		d.Files = map[string]string{}
	}
	return d
}

func copied[T any](list []T) []T { return append([]T{}, list...) }

func (d Definition) equal(other Definition) bool { return reflect.DeepEqual(d.clone(), other.clone()) }

// Size is about how many bytes the definition has.
func (d Definition) Size() int {
	n := len(d.Flake) + len(d.Setup) + len(d.Start)
	for _, list := range [][]string{d.Packages, d.Extensions, d.Match} {
		for _, text := range list {
			n += len(text)
		}
	}
	for _, t := range d.Tasks {
		n += len(t.Label) + len(t.Command)
	}
	for _, v := range d.Variables {
		n += len(v.Name) + len(v.Description) + len(v.Value)
	}
	for name, text := range d.Files {
		n += len(name) + len(text)
	}
	return n
}

// With returns d with what other adds: its flake if d has none, its packages, ports, tasks,
// extensions, variables and files that d does not name, its setup command after that of d and
// its start command beside that of d. Match stays d's. The result may have more of everything than one definition may.
func (d Definition) With(other Definition) Definition {
	d, other = d.clone(), other.clone()
	d.Flake = cmp.Or(d.Flake, other.Flake)
	d.Packages = union(d.Packages, other.Packages, func(p string) string { return p })
	d.Ports = union(d.Ports, other.Ports, func(p Port) int { return p.Port })
	d.Tasks = union(d.Tasks, other.Tasks, func(t Task) string { return t.Label })
	d.Extensions = union(d.Extensions, other.Extensions, extensionName)
	d.Variables = union(d.Variables, other.Variables, func(v Variable) string { return v.Name })
	d.Setup, d.Start = inTurn(d.Setup, other.Setup), together(d.Start, other.Start)
	for name, text := range other.Files {
		if _, there := d.Files[name]; !there {
			d.Files[name] = text
		}
	}
	return d
}

// union appends what has no equal key in list yet.
func union[T any, K comparable](list, more []T, key func(T) K) []T {
	for _, m := range more {
		if !slices.ContainsFunc(list, func(l T) bool { return key(l) == key(m) }) {
			list = append(list, m)
		}
	}
	return list
}

// inTurn is a command that runs a and then b, also if a fails; it ends as the first that
// failed. Each has a shell of its own, for either may end its shell or become another program.
func inTurn(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return "(\n" + a + "\n)\nfirst=$?\n(\n" + b + "\n)\nlast=$?\n[ $first -eq 0 ] || exit $first\nexit $last"
}

// together is a command that runs a and b at the same time: programs that are started go on,
// as servers do.
func together(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return "(\n" + a + "\n) &\n(\n" + b + "\n) &\nwait"
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
