package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
)

// server is the running Kalpana behind its admin socket.
type server struct {
	socket string
	user   string // email the request acts for; empty = the operator
}

// do sends body as JSON and reads the answer into out (nil = ignore it; *http.Response
// body readers use open).
func (s *server) do(ctx context.Context, method, path string, body, out any, headers ...string) error {
	resp, err := s.open(ctx, method, path, body, headers...)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

func (s *server) open(ctx context.Context, method, path string, body any, headers ...string) (*http.Response, error) {
	var reader io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		reader = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://127.0.0.1/kalpana"+path, reader)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if s.user != "" {
		req.Header.Set("X-Kalpana-User", s.user)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
	}}}
	resp, err := client.Do(req)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return nil, fmt.Errorf("no server answers at %s; start one with `kalpana run`, or set KALPANA_DATA_DIR to its data directory", s.socket)
		}
		if errors.Is(err, os.ErrPermission) {
			return nil, fmt.Errorf("no right to open %s; run this as the user who runs the server", s.socket)
		}
		return nil, err
	}
	if resp.StatusCode >= 400 {
		defer resp.Body.Close()
		data, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
		var p struct {
			Detail string
			Title  string
			Code   string
			Error  string
		}
		json.Unmarshal(data, &p)
		switch {
		case p.Detail != "":
			return nil, errors.New(p.Detail)
		case p.Error != "":
			return nil, errors.New(p.Error)
		}
		return nil, fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return resp, nil
}
