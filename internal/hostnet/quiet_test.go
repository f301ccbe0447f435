package hostnet

import (
	"os"
	"path/filepath"
	"testing"
)

func TestQuietTakesIPv6OffBridgesOfWorkspacesOnly(t *testing.T) {
	h := Host{Sysctl: t.TempDir(), Class: t.TempDir()}
	setting := func(name string) string { return filepath.Join(h.Sysctl, "net/ipv6/conf", name, "disable_ipv6") }
	for _, name := range []string{"kal0", "vethA", "vethB", "docker0", "vethC", "eth0", "kalypso"} {
		if err := os.MkdirAll(filepath.Dir(setting(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(setting(name), []byte("0\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, port := range []string{"kal0/brif/vethA", "kal0/brif/vethB", "kal0/brif/gone", "kal12", "docker0/brif/vethC", "eth0", "kalypso/brif/eth0"} {
		if err := os.MkdirAll(filepath.Join(h.Class, port), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.Quiet()
	for name, want := range map[string]string{"kal0": "1", "vethA": "1", "vethB": "1", "docker0": "0\n", "vethC": "0\n", "eth0": "0\n", "kalypso": "0\n"} {
		if got, _ := os.ReadFile(setting(name)); string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	Host{Sysctl: t.TempDir(), Class: t.TempDir()}.Quiet() // a machine without any of it
}
