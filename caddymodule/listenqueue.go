package caddymodule

import (
	"net"
	"os"
	"reflect"
	"sync"

	"golang.org/x/sys/unix"
)

// queueAtMost is how many waiting connections are taken in at a listener's end: as many as
// Linux lets wait unless it is told otherwise (net.core.somaxconn), so that a flood does not
// keep a listener open.
const queueAtMost = 4096

// listenQueue is what waits at a listening socket when it closes. Linux resets it, and Caddy
// opens another socket for the same address at each reload and closes the old one, so those
// who had just connected would see an error. They are taken in before, and served.
//
// Handshakes that are not over yet are the kernel's: it lets the other socket take them
// over if net.ipv4.tcp_migrate_req is 1.
type listenQueue struct {
	mu   sync.Mutex
	left []net.Conn
}

// takeIn takes in what waits at l, which must be a TCP listener or one of Caddy's around one;
// of others it takes nothing.
func (q *listenQueue) takeIn(l net.Listener) {
	tcp := tcpListener(l)
	if tcp == nil {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	raw.Control(func(socket uintptr) { // fails for a closed listener, at which nothing waits
		for range queueAtMost {
			fd, _, err := unix.Accept4(int(socket), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
			switch err {
			case nil:
			case unix.EINTR, unix.ECONNABORTED:
				continue
			default:
				return // EAGAIN: nothing waits
			}
			file := os.NewFile(uintptr(fd), "")
			conn, err := net.FileConn(file)
			file.Close() // conn has one of its own
			if err == nil {
				q.left = append(q.left, conn)
			}
		}
	})
}

// next is the next connection taken in, or nil.
func (q *listenQueue) next() net.Conn {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.left) == 0 {
		return nil
	}
	conn := q.left[0]
	q.left = q.left[1:]
	return conn
}

// tcpListener is the listener that l is, or that Caddy embeds in types of its own, which
// have no method to ask for it.
func tcpListener(l net.Listener) *net.TCPListener {
	for l != nil {
		if tcp, ok := l.(*net.TCPListener); ok {
			return tcp
		}
		v := reflect.Indirect(reflect.ValueOf(l))
		if v.Kind() != reflect.Struct {
			return nil
		}
		inner := v.FieldByName("Listener")
		if !inner.IsValid() || !inner.CanInterface() {
			return nil
		}
		l, _ = inner.Interface().(net.Listener)
	}
	return nil
}
