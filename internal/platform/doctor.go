package platform

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/kalpana-dev/kalpana/internal/config"
	"github.com/kalpana-dev/kalpana/internal/docker"
	"github.com/kalpana-dev/kalpana/internal/embeddeddb"
	"github.com/kalpana-dev/kalpana/internal/hostnet"
	"github.com/kalpana-dev/kalpana/internal/mongostore"
)

// leastDisk is what a workspace image, a few volumes and the database need to live.
const leastDisk = 2 << 30

// Diagnose looks at everything Kalpana needs and changes nothing.
func Diagnose(ctx context.Context, c config.Config) []hostnet.Finding {
	found := diagnoseDocker(ctx, c)
	found = append(found, diagnoseDatabase(ctx, c), diagnosePorts(c))
	found = append(found, diagnoseNames(ctx, c)...)
	found = append(found, diagnoseTrust(c), diagnoseClock(c), diagnoseDisk("disk, data directory", existing(c.DataDir)))
	return append(found, hostnet.Host{}.Look(ctx, c.PortStart, c.PortEnd)...)
}

func good(name, detail string) hostnet.Finding {
	return hostnet.Finding{Name: name, OK: true, Detail: detail}
}

func bad(name, detail, fix string) hostnet.Finding {
	return hostnet.Finding{Name: name, Detail: detail, Fix: fix}
}

func diagnoseDocker(ctx context.Context, c config.Config) []hostnet.Finding {
	engine, err := docker.New(docker.Options{Host: c.DockerHost, Installation: "doctor"})
	if err == nil {
		defer engine.Close()
		err = engine.Ping(ctx)
	}
	if err != nil {
		return []hostnet.Finding{bad("docker", fmt.Sprintf("%s does not answer: %v", c.DockerHost, err), "make engine, or: sudo scripts/install-docker.sh")}
	}
	found := []hostnet.Finding{good("docker", c.DockerHost+" answers")}
	if present, err := engine.ImageExists(ctx, c.WorkspaceImage); err != nil || !present {
		found = append(found, bad("image", c.WorkspaceImage+" is not there", "make image"))
	} else {
		found = append(found, good("image", c.WorkspaceImage+" is there"))
	}
	return found
}

func diagnoseDatabase(ctx context.Context, c config.Config) hostnet.Finding {
	uri, what := c.DatabaseURL, "the database at DATABASE_URL"
	if uri == "" {
		what = "the embedded database"
		db, err := embeddeddb.Open(filepath.Join(c.DataDir, "db"), slog.New(slog.DiscardHandler))
		if errors.Is(err, embeddeddb.ErrInUse) {
			return good("database", what+" is served by the running Kalpana")
		}
		if err != nil {
			return bad("database", err.Error(), "make "+c.DataDir+" writable for you, or set KALPANA_DATA_DIR")
		}
		defer db.Close()
		uri = db.URI()
	}
	store, err := mongostore.Open(ctx, uri, nil)
	if err != nil {
		return bad("database", err.Error(), "start the database, or correct DATABASE_URL")
	}
	store.Close(ctx)
	return good("database", what+" answers")
}

// diagnosePorts counts the pairs of the range that something else holds.
func diagnosePorts(c config.Config) hostnet.Finding {
	pairs, taken := 0, 0
	for p := c.PortStart; p+1 < c.PortEnd; p += 2 {
		pairs++
		if !bindable(p) || !bindable(p+1) {
			taken++
		}
	}
	detail := fmt.Sprintf("%d of %d pairs in %d–%d are free (running workspaces hold theirs)", pairs-taken, pairs, c.PortStart, c.PortEnd-1)
	if taken == pairs {
		return bad("port range", detail, "choose another CONTAINER_PORT_RANGE_START and CONTAINER_PORT_RANGE_END")
	}
	return good("port range", detail)
}

func bindable(port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	l.Close()
	return true
}

func diagnoseNames(ctx context.Context, c config.Config) []hostnet.Finding {
	if c.Local() {
		return []hostnet.Finding{good("names", "browsers resolve *.localhost to this machine by themselves")}
	}
	var found []hostnet.Finding
	for _, name := range []string{c.UIHost(), "doctor000000.ws." + c.WorkspaceDomain, "doctor000000.agent." + c.WorkspaceDomain} {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		addresses, err := net.DefaultResolver.LookupHost(ctx, name)
		cancel()
		if err != nil {
			found = append(found, bad("name "+name, "does not resolve: "+err.Error(), "add a DNS record for it; workspaces need the wildcards *.ws."+c.WorkspaceDomain+" and *.agent."+c.WorkspaceDomain))
		} else {
			found = append(found, good("name "+name, fmt.Sprint("resolves to ", addresses)))
		}
	}
	return found
}

// diagnoseTrust asks whether this machine's list of authorities has the local one.
func diagnoseTrust(c config.Config) hostnet.Finding {
	if !c.Local() {
		return good("certificates", "come from a public authority, on demand")
	}
	file := filepath.Join(c.DataDir, "caddy", "pki", "authorities", "local", "root.crt")
	data, err := os.ReadFile(file)
	if err != nil {
		return bad("certificates", "the local authority is not made yet: "+err.Error(), "start Kalpana once: make run")
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return bad("certificates", file+" holds no certificate", "remove it and start Kalpana again")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err == nil {
		_, err = cert.Verify(x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	}
	if err != nil {
		return bad("certificates", "this machine does not trust the local authority: "+err.Error(), "sudo env KALPANA_DATA_DIR="+c.DataDir+" bin/kalpana trust")
	}
	return good("certificates", "this machine trusts the local authority")
}

// diagnoseClock finds a clock that stands before what this installation wrote last.
func diagnoseClock(c config.Config) hostnet.Finding {
	now := time.Now()
	latest := time.Time{}
	for _, name := range []string{"secret", "db", "caddy"} {
		if info, err := os.Stat(filepath.Join(c.DataDir, name)); err == nil && info.ModTime().After(latest) {
			latest = info.ModTime()
		}
	}
	if now.Year() < 2026 || latest.After(now.Add(5*time.Minute)) {
		return bad("clock", "it is "+now.UTC().Format(time.RFC3339)+" here, which cannot be", "set the clock; certificates and logins depend on it")
	}
	return good("clock", now.UTC().Format(time.RFC3339))
}

func diagnoseDisk(name, dir string) hostnet.Finding {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return bad(name, dir+": "+err.Error(), "make "+dir+" readable")
	}
	free := int64(s.Bavail) * s.Bsize
	detail := fmt.Sprintf("%.1f GiB free at %s", float64(free)/(1<<30), dir)
	if free < leastDisk {
		return bad(name, detail, "free some space; 2 GiB are the least")
	}
	return good(name, detail)
}

// existing is dir, or the nearest folder above it that exists.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == "/" {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
