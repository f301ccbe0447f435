package bridgeserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"

	"golang.org/x/sys/unix"

	"github.com/kalpana-dev/kalpana/bridge"
	"github.com/kalpana-dev/kalpana/bridge/credential"
)

// Inside is the handler of a Unix socket that only programs inside the container reach. It
// does not ask for the key, which nobody there has:
//
//	GET  /healthz            the image's own health check
//	POST /credential/get     git's question as it writes it; the answer likewise, or a problem
//	POST /credential/erase   a credential that a host refused; 204
//	PUT  /editor/state       what a page of the editor shows, from the extension in it; 204
//	GET  /editor/order       what the page is to do, for the extension in it; 204 after a while
//
// All but the first answer the user of the bridge only, which takes Serve to tell.
func (s *Server) Inside() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", health)
	mux.HandleFunc("POST /credential/get", s.ownUser(s.getCredential))
	mux.HandleFunc("POST /credential/erase", s.ownUser(s.eraseCredential))
	mux.HandleFunc("PUT /editor/state", func(w http.ResponseWriter, r *http.Request) {
		if !fromOwnUser(r) {
			problem(w, http.StatusForbidden, bridge.CodePermissionDenied, "what the editor shows is told by the workspace's own user")
			return
		}
		s.putEditorState(w, r)
	})
	mux.HandleFunc("GET /editor/order", func(w http.ResponseWriter, r *http.Request) {
		if !fromOwnUser(r) {
			problem(w, http.StatusForbidden, bridge.CodePermissionDenied, "what the editor is to do is for the workspace's own user")
			return
		}
		s.getEditorOrder(w, r)
	})
	return mux
}

func (s *Server) getCredential(w http.ResponseWriter, r *http.Request, d credential.Description) {
	username, password, err := s.credentials.Get(r.Context(), d)
	if refused, ok := errors.AsType[*bridge.Error](err); ok {
		problem(w, http.StatusNotFound, refused.Code, refused.Message)
		return
	}
	if err != nil {
		return // whoever asked is gone
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintf(w, "username=%s\npassword=%s\n", username, password)
}

func (s *Server) eraseCredential(w http.ResponseWriter, _ *http.Request, d credential.Description) {
	s.credentials.Reject(d)
	w.WriteHeader(http.StatusNoContent)
}

// ownUser lets through what the bridge's own user sends and reads the description in it.
func (s *Server) ownUser(next func(http.ResponseWriter, *http.Request, credential.Description)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !fromOwnUser(r) {
			problem(w, http.StatusForbidden, bridge.CodePermissionDenied, "credentials are for the workspace's own user")
			return
		}
		d, err := credential.Parse(r.Body)
		if err != nil {
			problem(w, http.StatusBadRequest, bridge.CodeBadRequest, err.Error())
			return
		}
		next(w, r, d)
	}
}

// fromOwnUser reports whether the bridge's own user is at the other end.
func fromOwnUser(r *http.Request) bool {
	uid, known := r.Context().Value(peerKey{}).(uint32)
	return known && int(uid) == os.Getuid()
}

// peerKey finds the user at the other end of a connection among the values of its context.
type peerKey struct{}

// withPeer adds the user at the other end to a connection's context, if the kernel knows it.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	socket, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return ctx
	}
	var peer *unix.Ucred
	var refused error
	if err := raw.Control(func(fd uintptr) { peer, refused = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil || refused != nil {
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, peer.Uid)
}
