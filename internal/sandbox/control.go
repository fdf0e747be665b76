package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const controlRoot = "/_sandbox"

// maxAhead bounds how far the clock can be moved in all.
const maxAhead = 50 * 366 * 24 * time.Hour

// Request is a request to the API, as /_sandbox/requests shows it.
type Request struct {
	At        time.Time `json:"at"`
	Method    string    `json:"method"`
	Path      string    `json:"path"`                 // with its query
	AccountID int64     `json:"account_id,omitempty"` // that of the path
	Status    int       `json:"status"`               // that of the answer; 0: the connection was closed without one
	// FaultID is the fault that hit the request, or 0, and OwnStatus what the call came to by itself then; 0: it was
	// not carried out.
	FaultID   int `json:"fault_id,omitempty"`
	OwnStatus int `json:"own_status,omitempty"`
}

// journal keeps the latest requests, and counts them all.
type journal struct {
	total  int
	latest []Request
	counts map[string]int // by method and path with its query, but for the page that was asked for
}

const (
	journalSize = 10_000
	// maxCounts bounds how many kinds of requests are counted apart.
	maxCounts = 1000
)

func (j *journal) add(r Request) {
	j.total++
	if len(j.latest) >= 2*journalSize {
		j.latest = slices.Clone(j.latest[len(j.latest)-journalSize:])
	}
	j.latest = append(j.latest, r)
	kind := r.Method + " " + unpaged(r.Path)
	if _, known := j.counts[kind]; !known && len(j.counts) >= maxCounts {
		kind = "other"
	}
	if j.counts == nil {
		j.counts = map[string]int{}
	}
	j.counts[kind]++
}

// unpaged is a path without the page and its size in the query, which is written without escapes.
func unpaged(path string) string {
	path, query, _ := strings.Cut(path, "?")
	separator := "?"
	for pair := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(pair, "="); key == "" || key == "page" || key == "per_page" {
			continue
		}
		if plain, err := url.QueryUnescape(pair); err == nil {
			pair = plain
		}
		path += separator + pair
		separator = "&"
	}
	return path
}

func (j *journal) list() []Request {
	from := max(0, len(j.latest)-journalSize)
	return append([]Request{}, j.latest[from:]...)
}

// control answers under /_sandbox/.
func (s *Server) control(r *http.Request, body []byte) reply {
	routes := map[string]map[string]func([]byte) reply{
		"/charges": {http.MethodGet: func([]byte) reply {
			return ok(append([]Charge{}, s.w.charges...))
		}},
		"/requests": {http.MethodGet: func([]byte) reply {
			return ok(map[string]any{
				"total": s.requests.total, "counts": s.requests.counts, "requests": s.requests.list(),
			})
		}},
		"/state": {http.MethodGet: func([]byte) reply { return s.state() }},
		"/clock": {
			http.MethodGet:  func([]byte) reply { return s.clockState() },
			http.MethodPost: s.moveClock,
		},
		"/faults": {
			http.MethodGet:  func([]byte) reply { return ok(s.listFaults()) },
			http.MethodPost: s.postFault,
			http.MethodDelete: func([]byte) reply {
				s.remove(func(*armed) bool { return true })
				return noContent()
			},
		},
	}
	routes["/accounts"] = map[string]func([]byte) reply{http.MethodGet: func([]byte) reply { return ok(s.listAccounts()) }}
	path := r.URL.Path[len(controlRoot):]
	methods, known := routes[path]
	if id, one := strings.CutPrefix(path, "/accounts/"); one {
		methods, known = map[string]func([]byte) reply{
			http.MethodPost: func(body []byte) reply { return s.setAccount(id, body) },
		}, true
	}
	if id, one := strings.CutPrefix(path, "/faults/"); one {
		methods, known = map[string]func([]byte) reply{
			http.MethodDelete: func([]byte) reply { return s.deleteFault(id) },
		}, true
	}
	if !known {
		return refuse(http.StatusNotFound, "There is nothing at %s; see /_sandbox/accounts, charges, clock, faults, requests, state", r.URL.Path)
	}
	handle, known := methods[r.Method]
	if !known {
		return refuse(http.StatusMethodNotAllowed, "%s does not take %s", r.URL.Path, r.Method)
	}
	return handle(body)
}

func ok(v any) reply { return reply{status: http.StatusOK, body: v} }

// domainState is a domain as /_sandbox/state shows it.
type domainState struct {
	ID        int64      `json:"id"`
	AccountID int64      `json:"account_id"`
	Name      string     `json:"name"`
	Phase     string     `json:"phase"`
	ExpiresAt *time.Time `json:"expires_at"`
	AutoRenew bool       `json:"auto_renew"`
	Busy      bool       `json:"busy"` // an operation is under way
}

func (s *Server) state() reply {
	out := make([]domainState, 0, len(s.w.domains))
	for _, d := range s.w.domains {
		out = append(out, domainState{
			d.id, d.account, d.name, d.phase.String(), orNull(d.expires), d.autoRenew, d.busy != nil,
		})
	}
	slices.SortFunc(out, by(func(d domainState) int64 { return d.ID }))
	return ok(map[string]any{"now": s.w.now, "domains": out})
}

func (s *Server) clockState() reply {
	return ok(map[string]any{"now": s.w.now, "ahead": s.offset.String()})
}

func (s *Server) moveClock(body []byte) reply {
	var in struct {
		Advance string `json:"advance"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Advance == "" {
		return refuse(http.StatusBadRequest, "Write {\"advance\": \"36h\"}")
	}
	by, err := parseSpan(in.Advance)
	if err != nil {
		return refuse(http.StatusBadRequest, "%s", err)
	}
	if by.negative() {
		return refuse(http.StatusBadRequest, "The clock never goes back")
	}
	step := by.after(s.w.now).Sub(s.w.now)
	if step > maxAhead-s.offset {
		return refuse(http.StatusBadRequest, "The clock can be moved 50 years ahead in all")
	}
	s.offset += step
	s.catchUp()
	return s.clockState()
}
