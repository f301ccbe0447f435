// Package proof lets a bridge show that it is the one of a workspace before the gateway
// says anything to it.
//
// A port number is no identity: whatever listens on a leased port after a crash, a program
// of the host for example, would otherwise be shown the workspace's key, and the request of
// a visitor. So each new connection begins with a challenge, which only what knows the
// key's hash can answer; the key itself, and everything else, follows. A connection stays
// with whoever accepted it, so one answer is enough for all its requests.
//
// It is no defence against somebody who passes the challenge on to the real bridge. There is
// none to pass it to while another program holds the port that it would be reached by, unless
// a container outlives its published port, as when Docker ends with "live-restore" set.
package proof

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

const (
	// Path is where a bridge answers challenges, without a key.
	Path            = "/.kalpana/proof"
	challengeHeader = "X-Kalpana-Challenge"
	proofHeader     = "X-Kalpana-Proof"
	// maxChallenge is more than the 26 characters that Demand sends.
	maxChallenge = 64
	// maxAnswer bounds the head of an answer, which has some 200 bytes.
	maxAnswer = 4 << 10
	// answerTime is for a machine under heavy load; a bridge answers in microseconds.
	answerTime = 5 * time.Second
)

// ErrNot: what listens there is not the bridge that the key is for.
var ErrNot = errors.New("what listens there does not know the workspace's key")

// of is the answer to a challenge. hash is the SHA-256 of the key, which is all that a
// bridge has of it.
func of(hash [sha256.Size]byte, challenge string) string {
	mac := hmac.New(sha256.New, hash[:])
	_, _ = io.WriteString(mac, "kalpana bridge proof 1\n"+challenge)
	return hex.EncodeToString(mac.Sum(nil))
}

// Handler answers challenges for the bridge whose key has this hash, and leaves everything
// else to next.
func Handler(hash [sha256.Size]byte, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != Path {
			next.ServeHTTP(w, r)
			return
		}
		Answer(w, r, hash)
	})
}

// Answer answers one challenge.
func Answer(w http.ResponseWriter, r *http.Request, hash [sha256.Size]byte) {
	challenge := r.Header.Get(challengeHeader)
	if r.Method != http.MethodGet || challenge == "" || len(challenge) > maxChallenge {
		http.Error(w, "a challenge is missing", http.StatusBadRequest)
		return
	}
	w.Header().Set(proofHeader, of(hash, challenge))
	w.WriteHeader(http.StatusNoContent)
}

// Demand asks what is at the other end of a new connection for a proof that it knows key,
// and leaves the connection as it was; name is what it is called in between, for people.
// Errors: ErrNot, or why there is no answer. The caller closes conn.
func Demand(ctx context.Context, conn net.Conn, name, key string) error {
	deadline := time.Now().Add(answerTime)
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	err := demand(conn, name, key)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	return conn.SetDeadline(time.Time{})
}

func demand(conn net.Conn, name, key string) error {
	challenge := rand.Text()
	if _, err := io.WriteString(conn, "GET "+Path+" HTTP/1.1\r\nHost: "+name+"\r\n"+challengeHeader+": "+challenge+"\r\n\r\n"); err != nil {
		return fmt.Errorf("ask for a proof: %w", err)
	}
	in := bufio.NewReaderSize(io.LimitReader(conn, maxAnswer), 1<<10)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return fmt.Errorf("read the proof: %w", err)
	}
	got := resp.Header[proofHeader]
	if resp.StatusCode != http.StatusNoContent || len(got) != 1 || !hmac.Equal([]byte(got[0]), []byte(of(sha256.Sum256([]byte(key)), challenge))) {
		return ErrNot
	}
	if in.Buffered() > 0 || resp.Close {
		return errors.New("read the proof: more came than an answer")
	}
	return nil
}

// Dial connects to addr, an address as net.Dial has it, and demands a proof of key.
func Dial(ctx context.Context, addr, key string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if err := Demand(ctx, conn, addr, key); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}
