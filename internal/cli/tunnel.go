package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/coder/websocket"
)

// tunnelMessage is the most bytes in one message of a tunnel, either way.
const tunnelMessage = 64 << 10

// errEnded is the end of a connection that a program on either side broke off: nothing to
// report, for the other one learns of it.
var errEnded = errors.New("a program broke the connection off")

// carry connects local to a port of the workspace until both directions have ended. What
// breaks off on one side is broken off on the other: half of an answer must not look like
// all of it. So does the end of ctx. The caller closes local.
func (a *agent) carry(ctx context.Context, local *net.TCPConn, port int) error {
	ws, err := a.tunnel(ctx, port)
	if err != nil {
		_ = local.SetLinger(0)
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() {
		_ = local.SetLinger(0) // a reset, where Close alone would be a regular end
		_ = local.Close()
		_ = ws.CloseNow()
	})
	var ends atomic.Int32
	var complete atomic.Bool
	ended := func() {
		if ends.Add(1) == 2 && stop() {
			complete.Store(true)
			_ = ws.Close(websocket.StatusNormalClosure, "")
		}
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := sendAll(ctx, ws, local); err != nil {
			cancel(err)
			return
		}
		ended()
	})
	wg.Go(func() {
		if err := receiveAll(ctx, ws, local, ended); err != nil {
			cancel(err)
		}
	})
	wg.Wait()
	if cause := context.Cause(ctx); !complete.Load() && !errors.Is(cause, errEnded) {
		return fmt.Errorf("broke off: %w", cause)
	}
	return nil
}

// tunnel opens a connection to a port of the workspace.
func (a *agent) tunnel(ctx context.Context, port int) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, a.url+"tcp/"+strconv.Itoa(port), a.options)
	if err == nil {
		ws.SetReadLimit(tunnelMessage)
		return ws, nil
	}
	if resp == nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		return nil, errors.New("the gateway does not take the token any more")
	}
	if detail := detailOf(resp.Body); detail != "" {
		return nil, errors.New(detail)
	}
	return nil, fmt.Errorf("the gateway answers %s", resp.Status)
}

// sendAll sends what local sends, and then its end.
func sendAll(ctx context.Context, ws *websocket.Conn, local io.Reader) error {
	buf := make([]byte, tunnelMessage)
	for {
		n, err := local.Read(buf)
		if n > 0 {
			if err := ws.Write(ctx, websocket.MessageBinary, buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return ws.Write(ctx, websocket.MessageBinary, nil)
		}
		if err != nil {
			return errEnded
		}
	}
}

// receiveAll passes on what the workspace sends, and then its end. It goes on reading after
// that, for somebody has to answer pings, and returns what ended the connection; nil if
// the bridge says that both directions have.
func receiveAll(ctx context.Context, ws *websocket.Conn, local *net.TCPConn, ended func()) error {
	over := false
	for {
		kind, data, err := ws.Read(ctx)
		switch {
		case over && websocket.CloseStatus(err) == websocket.StatusNormalClosure:
			return nil
		case websocket.CloseStatus(err) == websocket.StatusGoingAway:
			return errEnded
		case err != nil:
			return err
		case kind != websocket.MessageBinary || over:
			return errors.New("the workspace sends what does not belong into a tunnel")
		case len(data) == 0:
			over = true
			if local.CloseWrite() != nil {
				return errEnded
			}
			ended()
		default:
			if _, err := local.Write(data); err != nil {
				return errEnded
			}
		}
	}
}
