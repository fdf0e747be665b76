package client

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"domaind/internal/portfolio"
)

// stall is a body that stops in the middle, until nobody waits for it any more.
type stall struct {
	io.Reader
	ctx context.Context // of the request
}

func (s stall) Read(p []byte) (int, error) {
	if n, err := s.Reader.Read(p); n > 0 || !errors.Is(err, io.EOF) {
		return n, err
	}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

func (stall) Close() error { return nil }

// TestStalledAnswers: the time that a call has counts to the end of its answer, and not to its headers. What stopped in the middle is
// unknown, unless the id of what was begun had come through.
func TestStalledAnswers(t *testing.T) {
	for _, call := range allCalls() {
		for name, body := range map[string]string{"in the middle": `{"data":{"id":3`, "with an id": `{"data":{"id":31}}`} {
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				c, _ := testClient(t, "https://api.dnsimple.com", given(func(r *http.Request) (*http.Response, error) {
					sent++
					return &http.Response{StatusCode: 201, Header: http.Header{}, Body: stall{strings.NewReader(body), r.Context()}}, nil
				}))
				began := time.Now()
				_, err := call.do(t.Context(), c)
				tries, each := readTries, 30*time.Second
				if call.kind.change() {
					tries, each = 1, 5*time.Minute
				}
				if took := time.Since(began); sent != tries || took != time.Duration(tries)*each {
					t.Errorf("%s, %s: sent %d times in %v", call.name, name, sent, took)
				}
				if call.kind == starts && name == "with an id" {
					if err != nil {
						t.Errorf("%s, %s: %v", call.name, name, err)
					}
					return
				}
				if failure := failed(t, err, portfolio.OutcomeUnknown); !errors.Is(failure, context.DeadlineExceeded) {
					t.Errorf("%s, %s: %v does not say that it is a timeout", call.name, name, failure)
				}
			})
		}
	}
}
