package executor

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"domaind/internal/client"
	"domaind/internal/config"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/sandbox"
	"domaind/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// began is when every world begins.
var began = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	mainID   = int64(1010)
	deskID   = int64(2020)
	studioID = int64(3030) // a source: never acted on

	day = 24 * time.Hour
)

// clock is the one clock of a world: whoever sleeps moves it on.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	c.pass(d)
	return ctx.Err()
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(max(d, 0))
}

// world is DNSimple as the sandbox simulates it, and a domaind in front of it: the
// real ledger, the real client and the real rules. Nothing of it goes over a wire.
type world struct {
	t      testing.TB
	server *sandbox.Server
	path   string // of the state file
	cfg    *config.Config
	clock  *clock
	offset time.Duration // by which domaind's clock is off
	limits Ceilings      // of the process that runs

	wire  sync.Mutex // one request at a time
	calls []string   // every request that was to leave, as "POST /v2/…"

	// fault, where it is not nil, stands between the client and DNSimple: it answers
	// itself, or lets next do it.
	fault func(req *http.Request, next func() *http.Response) (*http.Response, error)
	// wrap, where it is not nil, wraps the ledger of each process.
	wrap func(Ledger) Ledger
	// fatal, where it is not nil, hears of errors that were not expected first.
	fatal func(error)
	// operator, where it is not nil, does something after each scan of a life.
	operator func(w *world)
	// unread are accounts that no scan reads.
	unread map[int64]bool

	told []portfolio.Event // every event that became durable, in order

	// The process: what a crash takes away, and start brings anew.
	store   *state.Store
	clients map[int64]*client.Client
	x       *Executor
}

const worldAccounts = `
[[account]]
id = 1010
name = "main"
tokens = ["token-main"]
[[account]]
id = 2020
name = "desk"
tokens = ["token-desk"]
[[account]]
id = 3030
name = "studio"
tokens = ["token-studio"]
[[contact]]
id = 2715
account = "main"
[[contact]]
id = 2820
account = "desk"
`

const worldConfig = `
mode = "act"
[[account]]
name = "main"
id = 1010
token = { env = "MAIN" }
contacts = { default = 2715 }
[[account]]
name = "desk"
id = 2020
token = { env = "DESK" }
contacts = { default = 2820 }
[[account]]
name = "studio"
id = 3030
token = { env = "STUDIO" }
role = "source"
`

// ample are ceilings that nothing passes.
const ample = `
[spending]
max_per_purchase = "1000.00"
max_per_day = "10000.00"
max_per_month = "10000.00"
`

// renewAll renews whatever expires within 45 days.
const renewAll = ample + `
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "45d" }
do = "renew"
`

// rescueAll restores what lapsed.
const rescueAll = ample + `
[[rule]]
name = "rescue"
on = "domain"
match = { lapsed_within = "80d" }
do = "restore"
`

// acceptFromStudio accepts what the account studio hands over.
const acceptFromStudio = ample + `
[[rule]]
name = "take"
on = "push"
match = { source = "studio" }
do = "accept"
`

// newWorld brings a world to life: a portfolio beside the three accounts, and a
// policy beside their configuration.
func newWorld(tb testing.TB, domains, policy string) *world {
	tb.Helper()
	return newWorldOf(tb, worldAccounts, domains, policy)
}

// newWorldOf is newWorld with other accounts at DNSimple.
func newWorldOf(tb testing.TB, accounts, domains, policy string) *world {
	tb.Helper()
	w := &world{t: tb, clock: &clock{now: began}, path: filepath.Join(tb.TempDir(), "state.db"), cfg: parseConfig(tb, policy)}
	p, err := sandbox.ParsePortfolio([]byte(accounts+domains), "portfolio.toml")
	if err != nil {
		tb.Fatal(err)
	}
	if w.server, err = sandbox.New(sandbox.Options{Portfolio: p, Now: w.clock.Now}); err != nil {
		tb.Fatal(err)
	}
	w.start()
	tb.Cleanup(w.stop)
	return w
}

// parseConfig reads a configuration that is not on disk.
func parseConfig(tb testing.TB, policy string) *config.Config {
	tb.Helper()
	// Tables end the top of the file: what is to replace a key there is given first.
	text := worldConfig + policy
	cfg, err := config.Load("policy.toml", config.Env{
		Lookup: func(string) (string, bool) { return "", false },
		ReadFile: func(path string) ([]byte, error) {
			if path != "policy.toml" {
				return nil, fs.ErrNotExist
			}
			return []byte(text), nil
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return cfg
}

// start begins a process: everything but the state file and the world is new.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.store, err = state.Open(w.path, state.Options{NoSync: true, Told: w.hear})
	if err != nil {
		w.t.Fatal(err)
	}
	w.clients = make(map[int64]*client.Client)
	registries := make(map[int64]Registry)
	for _, a := range w.cfg.Accounts {
		c, err := client.New(client.Options{
			Endpoint: "https://api.dnsimple.com", Account: a.Account, Token: "token-" + a.Name, UserAgent: "domaind/test",
			RequestsPerHour: 5000, Now: w.now, Sleep: w.clock.Sleep, Transport: w,
		})
		if err != nil {
			w.t.Fatal(err)
		}
		w.clients[a.ID], registries[a.ID] = c, c
	}
	var ledger Ledger = w.store
	if w.wrap != nil {
		ledger = w.wrap(ledger)
	}
	w.limits = worldCeilings(w.cfg)
	w.x = New(Options{
		Ledger: ledger, Registries: registries, Policy: func() *rules.Policy { return w.cfg.Policy },
		Ceilings: func() Ceilings { return w.limits }, AutoRenewalWindow: func() rules.Distance { return w.cfg.DNSimple.AutoRenewalWindow }, Now: w.now,
	})
}

// hear keeps an event, which the catalogue must have.
func (w *world) hear(e portfolio.Event) {
	w.told = append(w.told, e)
	if err := fits(e); err != nil {
		w.t.Error(err)
	}
}

// stop ends the process: what only its memory held is lost.
func (w *world) stop() {
	if w.store == nil {
		return
	}
	if err := w.store.Close(); err != nil {
		w.t.Error(err)
	}
	w.store, w.x = nil, nil
}

func worldCeilings(cfg *config.Config) Ceilings {
	limits := func(s config.Spending) Limits {
		return Limits{
			PerPurchase: s.MaxPerPurchase, PerDay: s.MaxPerDay, PerMonth: s.MaxPerMonth, PurchasesPerDay: s.MaxPurchasesPerDay,
			MaxIncrease: s.MaxPriceIncrease, AskAbove: s.AskAbove,
		}
	}
	c := Ceilings{Global: limits(cfg.Spending), ByAccount: make(map[int64]Limits), Location: cfg.Location}
	for _, a := range cfg.Accounts {
		if a.Spending != nil {
			c.ByAccount[a.ID] = limits(*a.Spending)
		}
	}
	return c
}

// now is domaind's clock.
func (w *world) now() time.Time { return w.clock.Now().Add(w.offset) }

// RoundTrip lets the simulated DNSimple answer.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	w.wire.Lock()
	defer w.wire.Unlock()
	w.calls = append(w.calls, req.Method+" "+req.URL.Path)
	next := func() *http.Response {
		rec := httptest.NewRecorder()
		w.server.ServeHTTP(rec, req)
		return rec.Result()
	}
	if w.fault != nil {
		return w.fault(req, next)
	}
	return next(), nil
}

// answer makes a response as DNSimple would.
func (w *world) answer(req *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Request: req, Body: io.NopCloser(bytes.NewBufferString(body)),
		Header: http.Header{"Content-Type": {"application/json"}, "Date": {w.clock.Now().Format(http.TimeFormat)}},
	}
}

// by lets somebody else do something in the account main.
func (w *world) by(method, path, body string, status int) {
	w.t.Helper()
	w.byToken("token-main", method, path, body, status)
}

// byToken lets whoever has a token do something.
func (w *world) byToken(token, method, path, body string, status int) {
	w.t.Helper()
	req := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+token)
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, req)
	if rec.Code != status {
		w.t.Fatalf("%s %s: %d %s", method, path, rec.Code, rec.Body)
	}
}

// notSent is an error of a connection that never was.
func notSent() error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// must ends the test on an error.
func (w *world) must(err error) {
	w.t.Helper()
	if err == nil {
		return
	}
	if w.fatal != nil {
		w.fatal(err)
	}
	w.t.Fatal(err)
}

// mustExecute ends the test where the decisions cannot be carried out.
func (w *world) mustExecute(ctx context.Context, decisions []portfolio.Decision) {
	w.t.Helper()
	_, err := w.x.Execute(ctx, decisions)
	w.must(err)
}

// decide reads everything as the scans do, and asks the policy: domains of all
// accounts in order of expiration, then pushes, then registrant changes.
func (w *world) decide() []portfolio.Decision {
	w.t.Helper()
	ctx := w.t.Context()
	var domains []portfolio.Domain
	var rest []portfolio.Resource
	for _, a := range w.cfg.Accounts {
		if a.Source || w.unread[a.ID] {
			continue
		}
		c := w.clients[a.ID]
		domains = append(domains, all(w.t, c.ListDomains(ctx, portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortExpiration}}}))...)
		for _, p := range all(w.t, c.Pushes(ctx)) {
			facts := w.x.Prove(ctx, p)
			var err error
			if facts.Announced, err = w.x.Expected(p); err != nil {
				w.t.Fatal(err)
			}
			rest = append(rest, facts)
		}
		for _, s := range []portfolio.ChangeState{portfolio.ChangeNew, portfolio.ChangePending} {
			for _, change := range all(w.t, c.RegistrantChanges(ctx, s)) {
				rest = append(rest, portfolio.ChangeFacts{RegistrantChange: change})
			}
		}
	}
	slices.SortFunc(domains, func(a, b portfolio.Domain) int {
		return cmp.Or(a.ExpiresAt.Compare(b.ExpiresAt), cmp.Compare(a.Name, b.Name))
	})
	var decisions []portfolio.Decision
	for _, d := range domains {
		f, err := w.x.Facts(d)
		if err != nil {
			w.t.Fatal(err)
		}
		decisions = append(decisions, rules.Decide(w.cfg.Policy, f, w.now()))
	}
	for _, r := range rest {
		decisions = append(decisions, rules.Decide(w.cfg.Policy, r, w.now()))
	}
	return decisions
}

func all[T any](tb testing.TB, pages func(func(portfolio.Page[T], error) bool)) []T {
	tb.Helper()
	var items []T
	for page, err := range pages {
		if err != nil {
			tb.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// scan decides, and carries out.
func (w *world) scan() {
	w.t.Helper()
	w.mustExecute(w.t.Context(), w.decide())
}

// assess decides, and tells what would happen to a domain, or to a push or change
// by its id.
func (w *world) assess() map[string]portfolio.Decision {
	w.t.Helper()
	decisions := w.decide()
	assessed, err := w.x.Assess(w.t.Context(), decisions)
	if err != nil {
		w.t.Fatal(err)
	}
	w.explained(decisions, assessed)
	byName := make(map[string]portfolio.Decision)
	for _, d := range assessed {
		_, _, name := d.Resource.Ident()
		byName[name] = d
	}
	return byName
}

// followUp looks at what is due now, and gives when the next is.
func (w *world) followUp() time.Time {
	w.t.Helper()
	next, err := w.x.FollowUp(w.t.Context())
	w.must(err)
	return next
}

// settle follows up until a moment, without a scan.
func (w *world) settle(d time.Duration) {
	w.t.Helper()
	until := w.now().Add(d)
	for range 100_000 {
		next := w.followUp()
		if next.IsZero() || next.After(until) {
			w.clock.pass(until.Sub(w.now()))
			return
		}
		w.clock.pass(next.Sub(w.now()))
	}
	w.t.Fatal("it never comes to rest")
}

// rows are the rows of the ledger, the oldest first.
func (w *world) rows() []portfolio.Operation {
	w.t.Helper()
	var rows []portfolio.Operation
	for op, err := range w.store.Operations() {
		if err != nil {
			w.t.Fatal(err)
		}
		rows = append(rows, op)
	}
	slices.Reverse(rows)
	return rows
}

// row is the only row of the ledger.
func (w *world) row() portfolio.Operation {
	w.t.Helper()
	rows := w.rows()
	if len(rows) != 1 {
		w.t.Fatalf("the ledger has %d rows, not one: %s", len(rows), summary(rows))
	}
	return rows[0]
}

// summary is what became of rows: "renew a.com done; restore b.com failed".
func summary(rows []portfolio.Operation) string {
	texts := make([]string, 0, len(rows))
	for _, op := range rows {
		name := op.Name
		if name == "" {
			name = op.Occasion
		}
		texts = append(texts, string(op.Kind)+" "+name+" "+string(op.State))
	}
	return strings.Join(texts, "; ")
}

// changes are the requests that were to change something, as "POST renewals".
func (w *world) changes() []string {
	var out []string
	for _, c := range w.calls {
		// What is needed for a change of registrant is asked for with a POST.
		if method, path, _ := strings.Cut(c, " "); method != http.MethodGet && !strings.HasSuffix(path, "registrant_changes/check") {
			out = append(out, method+" "+path[len("/v2/"):])
		}
	}
	return out
}

// log is the simulated DNSimple's own list of requests that change something.
func (w *world) log() []sandbox.Request {
	w.t.Helper()
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, httptest.NewRequestWithContext(w.t.Context(), http.MethodGet, "/_sandbox/requests", http.NoBody))
	var got struct {
		Requests []sandbox.Request `json:"requests"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(got.Requests, func(r sandbox.Request) bool { return r.Method == http.MethodGet })
}

// charged is what DNSimple took for purchases of its clients.
func (w *world) charged() (n int, total portfolio.Money) {
	for _, c := range w.server.Charges() {
		if c.By == sandbox.ByClient {
			n, total = n+1, total+portfolio.Money(c.Cents)
		}
	}
	return n, total
}

// heard are the events of a kind, as "alert blocked".
func (w *world) heard(what string) []portfolio.Event {
	var out []portfolio.Event
	for _, e := range w.told {
		if string(e.Level)+" "+e.What == what {
			out = append(out, e)
		}
	}
	return out
}

// spent is what counts to today, and what is reserved, over all accounts.
func (w *world) spent() (today, reserved portfolio.Tally) {
	w.t.Helper()
	err := w.store.Spent(func(s portfolio.Spent) error {
		today, reserved = s.On(0, w.x.ceilings().day(w.now())), s.Reserved(0)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return today, reserved
}

func equal[T comparable](tb testing.TB, what string, got, want T) {
	tb.Helper()
	if got != want {
		tb.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// holds says that a text holds a part.
func holds(tb testing.TB, text, part string) {
	tb.Helper()
	if !strings.Contains(text, part) {
		tb.Errorf("%q does not hold %q", text, part)
	}
}
