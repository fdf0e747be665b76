package sandbox

import (
	"context"
	"fmt"
	"html"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// armed is a fault that was injected. The server's lock guards what changes.
type armed struct {
	Fault
	id                 int
	delay, reset, date span

	seen, hits int
	removed    bool
	waiting    map[*http.Request]context.CancelFunc // those that Delay holds; nil: none so far
}

// Inject lets something go wrong from now on, and returns the id under which the fault is listed and removed. The
// error names the field that is wrong, or says that there are 1,000 faults already.
func (s *Server) Inject(f Fault) (id int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.inject(f)
	if err != nil {
		return 0, err
	}
	return a.id, nil
}

// Remove ends a fault, lets all requests go that it delays, and says whether there was such a fault. One that has had its count
// stays listed until it is removed.
func (s *Server) Remove(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.remove(func(a *armed) bool { return a.id == id })
}

// Faults lists the faults that were not removed, the oldest first.
func (s *Server) Faults() []FaultStatus {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.listFaults()
}

func (s *Server) listFaults() []FaultStatus {
	out := make([]FaultStatus, 0, len(s.faults))
	for _, a := range s.faults {
		out = append(out, a.status())
	}
	return out
}

func (a *armed) status() FaultStatus {
	out := FaultStatus{ID: a.id, Seen: a.seen, Hits: a.hits, Fault: a.Fault}
	if a.Truncate != nil {
		out.Truncate = new(*a.Truncate)
	}
	return out
}

func (s *Server) inject(f Fault) (*armed, error) {
	a, err := f.arm(s.sleep != nil)
	if err != nil {
		return nil, err
	}
	if len(s.faults) >= maxFaults {
		return nil, fmt.Errorf("there are %d faults already: remove some", maxFaults)
	}
	s.lastFault++
	a.id = s.lastFault
	s.faults = append(s.faults, a)
	return a, nil
}

func (s *Server) remove(which func(*armed) bool) bool {
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(a *armed) bool {
		if !which(a) {
			return false
		}
		a.removed = true
		for _, wake := range a.waiting {
			wake()
		}
		return true
	})
	return len(s.faults) < before
}

// strike counts a request, and returns the fault that hits it, or nil.
func (s *Server) strike(r *http.Request) *armed {
	path, under := strings.CutPrefix(r.URL.Path, "/v2")
	if !under || path != "" && path[0] != '/' {
		return nil
	}
	if path = strings.TrimSuffix(path, "/"); path == "" {
		path = "/"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var hit *armed
	for _, a := range s.faults {
		if a.Method != "" && a.Method != r.Method || a.Path != "" && !glob(a.Path, path) {
			continue
		}
		a.seen++
		if hit == nil && a.seen > a.Skip && (a.Count == 0 || a.hits < a.Count) {
			hit = a
			a.hits++
		}
	}
	return hit
}

// glob matches a text with a pattern in which * is any number of characters.
func glob(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok || len(parts) == 1 {
		return ok && text == ""
	}
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		if _, text, ok = strings.Cut(text, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(text, parts[last])
}

// number is the id of the fault, or 0.
func (a *armed) number() int {
	if a == nil {
		return 0
	}
	return a.id
}

// delays says whether the fault lets a request wait at this time, Before or After the effect. Nobody's fault (nil) does
// nothing, here and in what follows.
func (a *armed) delays(at string) bool {
	return a != nil && a.Delay != "" && (a.DelayAt == at || a.DelayAt == "" && at == After)
}

// wait lets a request wait, with nothing locked, and says whether it goes on.
func (s *Server) wait(r *http.Request, a *armed) bool {
	ctx, wake := context.WithCancel(r.Context())
	defer wake()
	s.mu.Lock()
	if a.removed {
		wake()
	}
	if a.waiting == nil {
		a.waiting = map[*http.Request]context.CancelFunc{}
	}
	a.waiting[r] = wake
	now := s.w.now
	s.mu.Unlock()

	err := s.sleep(ctx, a.delay.after(now).Sub(now))

	s.mu.Lock()
	defer s.mu.Unlock()
	delete(a.waiting, r)
	return r.Context().Err() == nil && (err == nil || a.removed)
}

// carriesOut says whether a call takes effect under the fault.
func (a *armed) carriesOut() bool {
	return a == nil || a.Effect || a.Drop == After || a.Drop == "" && a.Status == 0 && a.RateLimit == "" && a.Redirect == ""
}

// spoil turns the reply of a call, or none where it was not carried out, into what is answered. What is
// dropped has the status 0. The limit is that of the token, and told with a 429.
func (a *armed) spoil(out reply, limit int, now time.Time) reply {
	switch {
	case a.Drop != "":
		return reply{}
	case a.RateLimit != "":
		out = refuse(http.StatusTooManyRequests, "quota exceeded").
			with("X-RateLimit-Limit", strconv.Itoa(limit)).with("X-RateLimit-Remaining", "0")
		if a.RateLimit != ResetNone {
			out = out.with("X-RateLimit-Reset", strconv.FormatInt(a.reset.after(now).Unix(), 10))
		}
	case a.Redirect != "":
		out.status, out.body = http.StatusTemporaryRedirect, nil
		out = out.with("Location", a.Redirect)
	case a.Status != 0 || a.Body != "" || a.Raw != "":
		out = a.replace(out)
	}
	if a.Truncate != nil && out.body == nil {
		return reply{}
	}
	return out
}

// replace gives a reply the status and the body of the fault.
func (a *armed) replace(out reply) reply {
	if a.Status != 0 {
		out.status = a.Status
	} else if bodiless(out.status) {
		out.status = http.StatusOK
	}
	switch {
	case a.Raw != "":
		out.body = verbatim(a.Raw)
	case a.Body == BodyHTML:
		title := html.EscapeString(strings.TrimSpace(strconv.Itoa(out.status) + " " + http.StatusText(out.status)))
		out.body = verbatim("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
			"</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")
		out = out.with("Content-Type", "text/html")
	case a.Body == BodyEmpty || bodiless(out.status):
		out.body = nil
	default:
		out.body = apiError{Message: a.message()}
	}
	return out
}

// message is what the API says with a status, where that is known.
func (a *armed) message() string {
	switch {
	case a.Message != "":
		return a.Message
	case a.Status == http.StatusUnauthorized:
		return "Authentication failed"
	case a.Status == http.StatusTooManyRequests:
		return "quota exceeded"
	case http.StatusText(a.Status) == "":
		return "Status " + strconv.Itoa(a.Status)
	default:
		return http.StatusText(a.Status)
	}
}

// verbatim is a body that is no JSON of ours.
type verbatim string

// write sends a reply.
func (a *armed) write(rw http.ResponseWriter, r *http.Request, out reply, payload []byte, now time.Time) {
	if out.status == 0 {
		hangUp(rw)
		return
	}
	h := rw.Header()
	maps.Copy(h, out.header)
	h.Set("Date", now.Format(http.TimeFormat))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if payload != nil && h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json; charset=utf-8")
	}
	if a != nil {
		payload = a.bend(h, payload, now)
	}
	rw.WriteHeader(out.status)
	if r.Method != http.MethodHead {
		_, _ = rw.Write(payload) //nolint:gosec // G705: JSON, or a page of our own; and a client that went away is no concern of ours
	}
}

// bend gives the headers what the fault wants of them, and returns what is sent of the payload. A handler that writes less than
// its Content-Length has its connection closed by net/http.
func (a *armed) bend(h http.Header, payload []byte, now time.Time) []byte {
	switch {
	case a.Date == DateMissing:
		h["Date"] = nil // deleted, it would be added again
	case a.Date != "":
		h.Set("Date", a.date.after(now).UTC().Format(http.TimeFormat))
	}
	if a.Truncate == nil {
		return payload
	}
	h.Set("Content-Length", strconv.Itoa(len(payload)))
	return payload[:min(*a.Truncate, len(payload)-1)]
}

// hangUp closes the connection without a word.
func hangUp(rw http.ResponseWriter) {
	if h, able := rw.(http.Hijacker); able {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close()
			return
		}
	}
	panic(http.ErrAbortHandler)
}
