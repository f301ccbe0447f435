package bridgeserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

const (
	// headerTimeout is for a gateway on the same machine; nobody slower has business here.
	headerTimeout = 10 * time.Second
	// idleTimeout is longer than the gateway keeps unused connections (2 minutes), so
	// that it is the gateway who closes them and no request meets a closing one.
	idleTimeout = 5 * time.Minute
	// maxHeaderBytes is as much as the editor accepts: browsers send many cookies.
	maxHeaderBytes = 64 << 10
	// shutdownGrace lets answers that are under way finish.
	shutdownGrace = 2 * time.Second
)

// Serve answers on the three listeners until ctx ends or one of them fails, and closes
// them and the server. Downloads and event streams have no deadline.
func (s *Server) Serve(ctx context.Context, api, editor, inside net.Listener) error {
	errorLog := slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	var servers []*http.Server
	failed := make(chan error, 3)
	for _, l := range []struct {
		net.Listener
		http.Handler
	}{{api, s.API()}, {editor, s.Editor()}, {inside, s.Inside()}} {
		srv := &http.Server{
			Handler:           l.Handler,
			ReadHeaderTimeout: headerTimeout,
			IdleTimeout:       idleTimeout,
			MaxHeaderBytes:    maxHeaderBytes,
			ErrorLog:          errorLog,
			ConnContext:       withPeer,
		}
		servers = append(servers, srv)
		go func() { failed <- srv.Serve(l.Listener) }()
	}

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	ending, cancel := context.WithTimeout(context.Background(), shutdownGrace)
	defer cancel()
	s.endLife() // WebSockets are not the HTTP servers' any more
	for _, srv := range servers {
		if srv.Shutdown(ending) != nil {
			_ = srv.Close()
		}
	}
	return errors.Join(err, s.Close())
}
