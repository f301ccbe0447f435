package platform

import (
	"encoding/binary"
	"io"
	"net"
	"path/filepath"
	"sync"
	"testing"
)

// sharedDatabase serves the database at socket for several servers, at another socket. As
// with MongoDB, a command changes a document in one step: the embedded database reads and
// then writes it, so commands go to it one at a time, whichever connection they come from.
func sharedDatabase(t *testing.T, socket string) string {
	t.Helper()
	shared := filepath.Join(filepath.Dir(socket), "shared.sock")
	l, err := net.Listen("unix", shared)
	if err != nil {
		t.Fatal(err)
	}
	var connections sync.WaitGroup
	var command sync.Mutex
	connections.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			connections.Go(func() {
				defer c.Close()
				db, err := net.Dial("unix", socket)
				if err != nil {
					t.Error(err)
					return
				}
				defer db.Close()
				for {
					m, err := wireMessage(c)
					if err != nil {
						return // the client has gone
					}
					command.Lock()
					if _, err = db.Write(m); err == nil {
						m, err = wireMessage(db)
					}
					command.Unlock()
					if err == nil {
						_, err = c.Write(m)
					}
					if err != nil {
						return // its server ends
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		connections.Wait()
	})
	return shared
}

// wireMessage reads one message of MongoDB's wire protocol, which begins with its length.
func wireMessage(r io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	m := make([]byte, binary.LittleEndian.Uint32(head))
	copy(m, head)
	_, err := io.ReadFull(r, m[4:])
	return m, err
}
