package control

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Options are what the handler answers from. All fields but those that say otherwise
// are required.
type Options struct {
	// Scanner and Assessor make plans: they must have no effect.
	Scanner  Scanner
	Assessor Assessor
	// Explainer and Watched explain what a plan has: they must have no effect either.
	Explainer Explainer
	Watched   Watched
	// Surveyor knows what lies beyond the horizon; nil: nobody does.
	Surveyor Surveyor
	// Prices remembers what things cost; nil: nothing is known.
	Prices PriceMemory
	// AutoRenewalWindow is how long before an expiration DNSimple's own auto-renewal may be
	// at work; nil: it is not.
	AutoRenewalWindow func() rules.Distance
	Ledger            Ledger
	Memory            Memory
	Archive           Archive
	Backup            Backup
	Machine           Machine
	// Commander carries out what operators command; Prover has no effect.
	Commander Commander
	Applier   Applier
	Prover    Prover
	Announcer Announcer
	// Reloader reads the configuration anew; nil where no daemon runs.
	Reloader Reloader
	Jobs     Jobs
	Accounts []Account
	Policy   func() *rules.Policy
	Instance string // whose plans they are
	Now      func() time.Time
	About    About
	// ReadOnly says that the state is open for reading only: what would change it is
	// refused.
	ReadOnly bool
	// Failed, where it is not nil, hears every error of what changes something: it may
	// be one after which nothing must go on.
	Failed func(error)
	Log    *slog.Logger // nil: nobody
}

// About is what a domaind says of itself.
type About struct {
	Version string
	Running bool      // whether it is a daemon that answers
	Since   time.Time // when it began; zero where none runs
	Socket  string    // where it is asked
	State   string    // the path of the state file
	// StateBytes is the size of that file.
	StateBytes func() (int64, error)
	// Bus is where events go; nil where nothing is published.
	Bus func() BusStatus
}

type handler struct {
	Options

	mu     sync.Mutex
	vendor map[int64]vendorRead // what DNSimple itself bought, by account
}

// New makes the handler.
func New(o Options) http.Handler {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	h := &handler{Options: o, vendor: make(map[int64]vendorRead)}
	mux := http.NewServeMux()
	for path, methods := range map[string]map[string]http.HandlerFunc{
		"/v1/status":    {http.MethodGet: h.status},
		"/v1/plan":      {http.MethodGet: h.plan},
		"/v1/facts":     {http.MethodGet: h.facts},
		"/v1/explain":   {http.MethodGet: looked(h.explain)},
		"/v1/forecast":  {http.MethodGet: h.forecast},
		"/v1/ledger":    {http.MethodGet: h.ledger},
		"/v1/operation": {http.MethodGet: h.operation},
		"/v1/backup":    {http.MethodGet: h.backup},
		"/v1/scan":      {http.MethodPost: h.changing(h.scan)},
		"/v1/resolve":   {http.MethodPost: h.changing(h.resolve)},
		"/v1/approve":   {http.MethodPost: h.changing(h.approve)},
		"/v1/deny":      {http.MethodPost: h.changing(h.deny)},
		"/v1/pause":     {http.MethodPost: h.changing(h.pause)},
		"/v1/resume":    {http.MethodPost: h.changing(h.resume)},
		"/v1/expected":  {http.MethodGet: looked(h.expected), http.MethodPost: h.changing(h.expect)},
		"/v1/revoke":    {http.MethodPost: h.changing(h.revoke)},
		"/v1/reload":    {http.MethodPost: h.changing(h.reload)},
		"/v1/propose":   {http.MethodPost: h.propose},
		"/v1/apply":     {http.MethodPost: h.changing(h.apply)},
		"/v1/place":     {http.MethodPost: h.changing(h.place)},
		"/v1/domains":   {http.MethodGet: h.domains},
		"/v1/pushes":    {http.MethodGet: h.pushes},
		"/v1/changes":   {http.MethodGet: h.changes},
		"/v1/available": {http.MethodGet: looked(h.available)},
		"/v1/prices":    {http.MethodGet: looked(h.prices)},
	} {
		for method, answers := range methods {
			mux.HandleFunc(method+" "+path, answers)
		}
		allowed := strings.Join(slices.Sorted(maps.Keys(methods)), ", ")
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allowed)
			fail(w, problem(http.StatusMethodNotAllowed, "%s takes %s, not %s", path, allowed, r.Method))
		})
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fail(w, problem(http.StatusNotFound, "there is no %s here", clip(r.URL.Path)))
	})
	return mux
}

// changing guards what changes something.
func (h *handler) changing(do func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h.ReadOnly {
			fail(w, problem(http.StatusConflict, "the state is open for reading only"))
			return
		}
		v, err := do(r)
		if err != nil {
			if h.Failed != nil {
				h.Failed(err)
			}
			if r.Context().Err() != nil && statusOf(err) == http.StatusInternalServerError {
				err = problem(http.StatusServiceUnavailable, "cut short: domaind is ending, or nobody waits for the answer any more")
			}
			fail(w, err)
			return
		}
		answer(w, v)
	}
}

// Account is an account of the configuration.
type Account struct {
	portfolio.Account
	Source   bool // never acted on: only proves where a push comes from
	Vendor   Vendor
	Look     Look
	Contacts func() map[string]int64 // what the configuration calls contacts, with their ids; nil: none
}

// contacts are what the configuration calls contacts now.
func (a Account) contacts() map[string]int64 {
	if a.Contacts == nil {
		return nil
	}
	return a.Contacts()
}

// account finds an account by its name or id. An empty one is all of them: 0.
func (h *handler) account(which string) (int64, error) {
	if which == "" {
		return 0, nil
	}
	known := make([]string, 0, len(h.Accounts))
	for _, a := range h.Accounts {
		label := accountLabel(a.Account)
		if which != a.Name && which != itoa(a.ID) {
			known = append(known, label)
			continue
		}
		if a.Source {
			return 0, problem(http.StatusBadRequest, "account %s only proves where pushes come from: nothing is ever changed there", label)
		}
		return a.ID, nil
	}
	slices.Sort(known)
	return 0, problem(http.StatusBadRequest, "there is no account %q in the configuration; there is %s", clip(which), strings.Join(known, ", "))
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // the asker is gone: there is nobody to tell
}

func fail(w http.ResponseWriter, err error) {
	said := AnswerError{Message: err.Error()}
	if p, ok := errors.AsType[*AnswerError](err); ok {
		said = *p
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(statusOf(err))
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(said) // as above
}

// ended says whether an error only means that nobody waits any more.
func ended(ctx context.Context) bool { return ctx.Err() != nil }
