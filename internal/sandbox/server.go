package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options are what a [Server] is made of.
type Options struct {
	Portfolio *Portfolio       // required
	Now       func() time.Time // required: the clock; may be called from several goroutines
	Log       *slog.Logger     // one line for each request, at debug level; nil: none
	// Sleep waits for a while, or ends early with the context's error; for the delays of faults, which are refused where it is nil.
	Sleep func(context.Context, time.Duration) error
}

// Server is a simulated DNSimple: an http.Handler for /v2/… and /_sandbox/…. It is safe for concurrent use;
// requests are answered one after the other, but for the time in which a fault delays them.
type Server struct {
	clock  func() time.Time
	sleep  func(context.Context, time.Duration) error // nil: none
	log    *slog.Logger
	routes []route

	mu       sync.Mutex
	w        *world
	offset   time.Duration // how far /_sandbox/clock has moved the clock ahead
	requests journal

	faults    []*armed // the oldest first
	lastFault int      // its id
}

// New brings a portfolio to life. It fails where a domain's expiration, seen from now, lies so far back
// that the registry would have deleted it.
func New(o Options) (*Server, error) {
	if o.Portfolio == nil || o.Now == nil {
		return nil, errors.New("start the sandbox: it needs a portfolio and a clock")
	}
	w, err := newWorld(o.Portfolio, o.Now().UTC().Truncate(time.Second))
	if err != nil {
		return nil, fmt.Errorf("start the sandbox: %w", err)
	}
	log := o.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Server{clock: o.Now, sleep: o.Sleep, log: log, routes: routes(), w: w}, nil
}

// Charges lists everything that was ever charged up to the present, oldest first.
func (s *Server) Charges() []Charge {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	return cloneCharges(s.w.charges)
}

func cloneCharges(in []Charge) []Charge {
	out := slices.Clone(in)
	for i := range out {
		out[i].Items = slices.Clone(out[i].Items)
	}
	return out
}

// catchUp carries the world forward to the present.
func (s *Server) catchUp() {
	s.w.advance(s.clock().UTC().Add(s.offset))
}

// maxBody is the most that is read of a request's body, in bytes.
const maxBody = 1 << 20

// ServeHTTP answers a request. A body that cannot be read is answered with 400. Where a [Fault] drops the connection,
// and the writer is no http.Hijacker, it panics with http.ErrAbortHandler.
func (s *Server) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	// Before the lock, so that a client that sends slowly holds up nobody.
	var body []byte
	var unread error
	if r.Body != nil {
		body, unread = io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
	}
	var fault *armed
	if unread == nil {
		fault = s.strike(r)
	}
	if fault.delays(Before) && !s.wait(r, fault) {
		s.giveUp(r, fault)
		hangUp(rw)
		return
	}
	out, payload, now, err := s.answer(r, body, unread, fault)
	if err != nil {
		s.log.ErrorContext(r.Context(), "answer", "method", r.Method, "path", r.URL.Path, "error", err)
		http.Error(rw, "the sandbox cannot encode its answer", http.StatusInternalServerError)
		return
	}
	s.log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", out.status, "fault", fault.number())
	if fault.delays(After) {
		if !s.wait(r, fault) {
			hangUp(rw)
			return
		}
		now = s.present()
	}
	fault.write(rw, r, out, payload, now)
}

// present carries the world forward, and tells the time.
func (s *Server) present() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	return s.w.now
}

// answer brings the world up to date and lets it answer, all under the lock.
func (s *Server) answer(r *http.Request, body []byte, unread error, fault *armed) (out reply, payload []byte, now time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	switch {
	case unread != nil:
		out = refuse(http.StatusBadRequest, "The request body cannot be read")
	case r.URL.Path == controlRoot || strings.HasPrefix(r.URL.Path, controlRoot+"/"):
		out = s.control(r, body)
	default:
		out = s.api(r, body, fault)
	}
	payload, err = out.encode()
	return out, payload, s.w.now, err
}

// reply is an answer on its way out.
type reply struct {
	status int
	body   any // nil: none
	header http.Header
}

func (r reply) encode() ([]byte, error) {
	switch body := r.body.(type) {
	case nil:
		return nil, nil
	case verbatim:
		return []byte(body), nil
	default:
		return json.Marshal(body)
	}
}

// with adds a header.
func (r reply) with(name, value string) reply {
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
	return r
}

// data answers with the payload that the API wraps into "data".
func data(status int, v any) reply {
	return reply{status: status, body: struct {
		Data any `json:"data"`
	}{v}}
}

// list answers with a page of a list.
func list[T any](items []T, p pagination) reply {
	if items == nil {
		items = []T{}
	}
	return reply{status: http.StatusOK, body: struct {
		Data       []T        `json:"data"`
		Pagination pagination `json:"pagination"`
	}{items, p}}
}

func noContent() reply { return reply{status: http.StatusNoContent} }

// apiError is the body of every error. Errors is there where the API has it: an empty object, a list of complaints
// by field, or of extended attributes one complaint each.
type apiError struct {
	Message string `json:"message"`
	Errors  any    `json:"errors,omitempty"`
}

func refuse(status int, format string, args ...any) reply {
	return reply{status: status, body: apiError{Message: fmt.Sprintf(format, args...)}}
}

// invalid is the API's answer to input that it does not accept.
func invalid(field, complaint string) reply {
	return reply{status: http.StatusBadRequest, body: apiError{
		Message: "Validation failed", Errors: map[string][]string{field: {complaint}},
	}}
}

// notFound words its message as the API does: "Domain `x` not found".
func notFound(what, which string) reply {
	return refuse(http.StatusNotFound, "%s `%s` not found", what, which)
}
