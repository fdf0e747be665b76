package main

import (
	"bytes"
	"net"
	"sync"
	"testing"
)

// cable carries connections to an address and back. A test can count the pieces that
// pass, and have a connection cut instead of passing one on.
type cable struct {
	t        *testing.T
	listener net.Listener
	target   string
	// cut says of a piece, counted from 1 over both directions, whether it is lost and
	// its connection with it; nil: none is.
	cut func(n int, back bool) bool

	tasks sync.WaitGroup

	mu     sync.Mutex
	ended  bool
	conns  map[net.Conn]bool
	pieces int
	posts  int           // pieces that begin a POST
	grown  chan struct{} // closed and replaced with each piece
	cuts   int
}

// newCable begins to carry connections to an address.
func newCable(t *testing.T, target string, cut func(n int, back bool) bool) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &cable{t: t, listener: l, target: target, cut: cut, conns: map[net.Conn]bool{}, grown: make(chan struct{})}
	w.tasks.Go(w.accept)
	t.Cleanup(w.close)
	return w
}

func (w *cable) addr() string { return w.listener.Addr().String() }

func (w *cable) close() {
	_ = w.listener.Close()
	w.mu.Lock()
	w.ended = true
	for c := range w.conns {
		c.Close()
	}
	w.mu.Unlock()
	w.tasks.Wait()
}

func (w *cable) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.target)
		if err != nil {
			near.Close() // as refused as it gets from here
			continue
		}
		if !w.hold(near) || !w.hold(far) {
			near.Close()
			far.Close()
			return
		}
		w.tasks.Go(func() { w.carry(far, near, false) })
		w.tasks.Go(func() { w.carry(near, far, true) })
	}
}

// hold remembers a connection; false at the end.
func (w *cable) hold(c net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conns[c] = true
	return !w.ended
}

// carry takes what comes from one connection to the other, and closes both at the end.
func (w *cable) carry(to, from net.Conn, back bool) {
	defer func() {
		to.Close()
		from.Close()
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.conns, to)
		delete(w.conns, from)
	}()
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			if w.count(piece[:n], back) {
				return
			}
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return // a client of HTTP or NATS that hangs up wants no answer any more
		}
	}
}

// count counts a piece, and says whether it is to be lost.
func (w *cable) count(piece []byte, back bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pieces++
	if bytes.HasPrefix(piece, []byte("POST ")) {
		w.posts++
	}
	close(w.grown)
	w.grown = make(chan struct{})
	lost := w.cut != nil && w.cut(w.pieces, back)
	if lost {
		w.cuts++
	}
	return lost
}

// passed is how many pieces have passed, how many of them began a POST, and a
// channel that closes with the next one.
func (w *cable) passed() (pieces, posts int, grown <-chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.pieces, w.posts, w.grown
}

// lost is how many connections were cut.
func (w *cable) lost() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cuts
}
