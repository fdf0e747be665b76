package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"sync"
)

// inProcess calls a handler in place of a connection. The handler runs beside its
// caller, as it would at the other end of one: what is long need not be in memory at
// once. When the answer is closed the handler has ended, whatever became of it: what it
// works with may go away then.
type inProcess struct {
	http.Handler
	who Asker
}

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(withAsker(r.Context(), t.who))
	body, out := io.Pipe()
	w := &stream{header: make(http.Header), status: http.StatusOK, out: out, begun: make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer func() {
			err := io.EOF
			if v := recover(); v != nil {
				if err = io.ErrUnexpectedEOF; v != http.ErrAbortHandler { //nolint:errorlint // it is a value of recover
					err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
				}
			}
			w.begin()
			_ = out.CloseWithError(err) // it gives no error
		}()
		t.ServeHTTP(w, r.WithContext(ctx))
	}()
	<-w.begun
	if r.Body != nil {
		_ = r.Body.Close() // it was in memory
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: &answerBody{PipeReader: body, cancel: cancel, ended: ended}, ContentLength: -1, Request: r,
	}, nil
}

// answerBody is an answer that ends its handler when it is closed.
type answerBody struct {
	*io.PipeReader
	cancel context.CancelFunc
	ended  <-chan struct{}
}

// Close implements [io.Closer].
func (b *answerBody) Close() error {
	b.cancel()
	err := b.PipeReader.Close()
	<-b.ended
	return err
}

// stream is a response that is read while it is written.
type stream struct {
	header http.Header
	status int
	out    *io.PipeWriter
	once   sync.Once
	begun  chan struct{}
}

func (w *stream) begin() { w.once.Do(func() { close(w.begun) }) }

func (w *stream) Header() http.Header { return w.header }

func (w *stream) WriteHeader(status int) {
	w.once.Do(func() {
		w.status = status
		close(w.begun)
	})
}

func (w *stream) Write(p []byte) (int, error) {
	w.begin()
	n, err := w.out.Write(p)
	if errors.Is(err, io.ErrClosedPipe) {
		err = http.ErrAbortHandler // nobody reads any more
	}
	return n, err
}
