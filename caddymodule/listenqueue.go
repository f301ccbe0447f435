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

// close closes l, and takes in what waits there if it is a TCP listener or one of Caddy's
// around one.
func (q *listenQueue) close(l net.Listener) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	// To close a listener takes until whoever accepts has noticed. So the socket stays open
	// under another number, and closes the moment nothing waits.
	socket := duplicate(l)
	err := l.Close()
	if socket < 0 {
		return err
	}
	defer unix.Close(socket)
	for len(q.left) < queueAtMost {
		fd, _, err := unix.Accept4(socket, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		if err == unix.EINTR || err == unix.ECONNABORTED {
			continue
		}
		if err != nil {
			break // EAGAIN: nothing waits
		}
		file := os.NewFile(uintptr(fd), "")
		if conn, err := net.FileConn(file); err == nil {
			q.left = append(q.left, conn)
		}
		file.Close() // conn has a number of its own
	}
	return err
}

// next is the next connection taken in, or nil. It waits for close to return.
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

// duplicate is another number of l's socket, or -1. The caller closes it.
func duplicate(l net.Listener) int {
	tcp := tcpListener(l)
	if tcp == nil {
		return -1
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return -1
	}
	socket := -1
	raw.Control(func(fd uintptr) { // fails for a closed one
		if n, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0); err == nil {
			socket = n
		}
	})
	return socket
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
