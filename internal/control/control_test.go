package control

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var now = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// fakeScanner reads nothing where a func is nil.
type fakeScanner struct {
	domains, pushes, changes, names func() (scheduler.Reading, error)
}

func (s fakeScanner) Domains(context.Context, time.Time) (scheduler.Reading, error) {
	return call(s.domains)
}

func (s fakeScanner) Names(context.Context, time.Time) (scheduler.Reading, error) {
	return call(s.names)
}

func (s fakeScanner) Pushes(context.Context, time.Time) (scheduler.Reading, error) {
	return call(s.pushes)
}

func (s fakeScanner) RegistrantChanges(context.Context, time.Time) (scheduler.Reading, error) {
	return call(s.changes)
}

func call(f func() (scheduler.Reading, error)) (scheduler.Reading, error) {
	if f == nil {
		return scheduler.Reading{}, nil
	}
	return f()
}

// fakeAssessor puts a price on what is to be renewed.
type fakeAssessor struct{ err error }

func (a fakeAssessor) Assess(_ context.Context, decisions []portfolio.Decision) ([]portfolio.Decision, error) {
	for i := range decisions {
		if decisions[i].Do == portfolio.ActionRenew {
			price := portfolio.Money(1550)
			decisions[i].Price, decisions[i].PriceAt = &price, now
		}
	}
	return decisions, a.err
}

// ask gives the answer of the handler as it goes over the wire.
func ask(t *testing.T, o Options, method, path, body string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	New(o).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	if w.Header().Get("Content-Type") != "application/json" {
		t.Errorf("it answers with %q", w.Header().Get("Content-Type"))
	}
	return w.Code, w.Body.String()
}

func domain(id int64, name string, days int, v portfolio.Verdict) portfolio.Decision {
	f := portfolio.DomainFacts{Domain: portfolio.Domain{ID: id, AccountID: 1010, Name: name, UnicodeName: name, State: portfolio.DomainRegistered}}
	if days != 0 {
		f.ExpiresAt = now.AddDate(0, 0, days)
	}
	return portfolio.Decision{Resource: f, Account: "main", Verdict: v, Code: "far", Reason: "it expires in a while", Mode: portfolio.ModeAct}
}

func renewal(id int64, name string, v portfolio.Verdict) portfolio.Decision {
	d := domain(id, name, 12, v)
	d.Do, d.Rule, d.RuleAt, d.Code, d.Reason = portfolio.ActionRenew, "renew-core", "config.toml:42", "rule", "it expires in 12 days"
	return d
}

// TestPlanJSON pins every byte of a plan: other programs rely on it.
func TestPlanJSON(t *testing.T) {
	first := renewal(181984, "a&b.example", portfolio.VerdictAct)
	first.Labels = map[string]string{"team": "brand"}
	first.Trials = []string{"other (dry-run): it would"}
	first.Alerts = []portfolio.Alert{{Rule: "warn", RuleAt: "config.toml:50", Level: portfolio.LevelNotice, Text: "soon", Repeat: time.Hour}}
	push := portfolio.Decision{
		Resource: portfolio.PushFacts{Push: portfolio.Push{ID: 5, AccountID: 1010}}, Account: "main",
		Verdict: portfolio.VerdictNone, Code: "unproven", Reason: "nobody owns it", Mode: portfolio.ModeAct,
	}
	o := options(fakeScanner{
		domains: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{first}, Problems: []error{errors.New("list domains (account 2020): 502")}}, nil
		},
		pushes: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{push}}, nil
		},
		names: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{{
				Resource: portfolio.NameFacts{AccountID: 1010, Name: "xn--bcher-kva.example", UnicodeName: "bücher.example", Status: portfolio.NameTaken},
				Account:  "main", Verdict: portfolio.VerdictNone, Code: "taken", Reason: "somebody has it", Mode: portfolio.ModeAct,
			}}}, nil
		},
	}, none)
	status, body := ask(t, o, http.MethodGet, "/v1/plan", "")
	want := `{"at":"2026-03-01T12:00:00Z","mode":"act","policy":"0123456789ab","items":[` +
		`{"account":1010,"account_name":"main","on":"domain","id":181984,"name":"a&b.example","expires_at":"2026-03-13T12:00:00Z",` +
		`"auto_renew":false,"rule":"renew-core","rule_at":"config.toml:42","do":"renew","mode":"act","price":"15.50","price_at":"2026-03-01T12:00:00Z",` +
		`"verdict":"act","code":"rule","reason":"it expires in 12 days","labels":{"team":"brand"},` +
		`"alerts":[{"rule":"warn","rule_at":"config.toml:50","level":"notice","text":"soon"}],"trials":["other (dry-run): it would"],"unicode_name":"a&b.example","state":"registered"},` +
		`{"account":1010,"account_name":"main","on":"push","id":5,"name":"","expires_at":null,"auto_renew":false,"rule":"","rule_at":"","do":"",` +
		`"mode":"act","price":null,"price_at":null,"verdict":"none","code":"unproven","reason":"nobody owns it","labels":{},"alerts":[]},` +
		`{"account":1010,"account_name":"main","on":"name","id":0,"name":"xn--bcher-kva.example","expires_at":null,"auto_renew":false,"rule":"","rule_at":"","do":"",` +
		`"mode":"act","price":null,"price_at":null,"verdict":"none","code":"taken","reason":"somebody has it","labels":{},"alerts":[],"unicode_name":"bücher.example"}],` +
		`"totals":{"price":"15.50","asked":"0.00"},"problems":["list domains (account 2020): 502"],"format":1,"instance":"main","summary":{` +
		`"accounts":[{"account":1010,"account_name":"main","items":3,"purchases":1,"price":"15.50","asked":"0.00"}],` +
		`"months":[{"month":"2026-03","items":1,"purchases":1,"price":"15.50","asked":"0.00"}],` +
		`"verdicts":{"act":{"items":1,"price":"15.50"},"none":{"items":2,"price":"0.00"}},"overlaps":[],"idle_groups":[],"vendor":[],"whole":false}}` + "\n"
	if diff := cmp.Diff(want, body); diff != "" || status != http.StatusOK {
		t.Errorf("%d, -want +got:\n%s", status, diff)
	}
}

// TestEmptyPlan has lists where programs look for lists.
func TestEmptyPlan(t *testing.T) {
	_, body := ask(t, options(fakeScanner{}, none), http.MethodGet, "/v1/plan", "")
	want := `{"at":"2026-03-01T12:00:00Z","mode":"act","policy":"0123456789ab","items":[],"totals":{"price":"0.00","asked":"0.00"},"problems":[],` +
		`"format":1,"instance":"main","summary":{"accounts":[],"months":[],"verdicts":{},"overlaps":[],"idle_groups":[],"vendor":[],"whole":false}}` + "\n"
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestPlanShows: what lies beyond the horizon is left out unless it is asked for, or
// there is something to say about it; the total is that of what would be bought.
func TestPlanShows(t *testing.T) {
	loud := domain(3, "loud.com", 200, portfolio.VerdictNone)
	loud.Alerts = []portfolio.Alert{{Level: portfolio.LevelInfo, Text: "look"}}
	o := options(fakeScanner{domains: func() (scheduler.Reading, error) {
		return scheduler.Reading{Decisions: []portfolio.Decision{
			renewal(1, "act.com", portfolio.VerdictAct),
			renewal(2, "would.com", portfolio.VerdictWouldAct),
			renewal(4, "blocked.com", portfolio.VerdictBlocked),
			renewal(5, "wait.com", portfolio.VerdictWait),
			domain(6, "near.com", 59, portfolio.VerdictNone),
			domain(7, "far.com", 61, portfolio.VerdictNone),
			domain(8, "held-far.com", 61, portfolio.VerdictHold),
			loud,
			domain(9, "hosted.com", 0, portfolio.VerdictNone),
		}}, nil
	}}, none)
	c := InProcess(New(o), alice)
	for all, want := range map[bool][]string{
		false: {"act.com", "would.com", "blocked.com", "wait.com", "near.com", "held-far.com", "loud.com"},
		true:  {"act.com", "would.com", "blocked.com", "wait.com", "near.com", "far.com", "held-far.com", "loud.com", "hosted.com"},
	} {
		p, err := c.Plan(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, it := range p.Items {
			got = append(got, it.Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("all %v: %v, want %v", all, got, want)
		}
		if p.Totals.Price != 3100 {
			t.Errorf("it costs %s", p.Totals.Price)
		}
	}
}

// TestLedgerJSON pins every byte of a ledger.
func TestLedgerJSON(t *testing.T) {
	charge := portfolio.Money(1499)
	op := portfolio.Operation{
		Key: portfolio.OperationKey(1010, portfolio.OpRenew, 7, "2026-03-13", 1), AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: 7, DomainID: 7,
		Name: "example.com", State: portfolio.StateDone, Reserved: 1550, Charge: &charge, Sent: 1, Attempt: 1, Rule: "renew-core",
		By: "rule renew-core (config.toml:42)", CreatedAt: now, Labels: map[string]string{"team": "<brand>"},
		History: []portfolio.Step{{At: now, State: portfolio.StateReserved, Note: "15.50 reserved", By: "daemon"}},
	}
	o := options(fakeScanner{}, func(yield func(portfolio.Operation, error) bool) { yield(op, nil) })
	status, body := ask(t, o, http.MethodGet, "/v1/ledger", "")
	want := `[{"op":"` + op.ShortID() + `","account":1010,"kind":"renew","id":7,"name":"example.com","rule":"renew-core","state":"done","price":"14.99","reserved":"15.50",` +
		`"sent":1,"attention":false,"by":"rule renew-core (config.toml:42)",` +
		`"history":[{"at":"2026-03-01T12:00:00Z","state":"reserved","note":"15.50 reserved","by":"daemon"}],` +
		`"attempt":1,"created_at":"2026-03-01T12:00:00Z","labels":{"team":"<brand>"}}]` + "\n"
	if diff := cmp.Diff(want, body); diff != "" || status != http.StatusOK {
		t.Errorf("%d, -want +got:\n%s", status, diff)
	}
	if _, body := ask(t, options(fakeScanner{}, none), http.MethodGet, "/v1/ledger", ""); body != "[]\n" {
		t.Errorf("an empty ledger is %q", body)
	}
	rows, err := InProcess(New(o), alice).Ledger(t.Context())
	if err != nil || len(rows) != 1 || rows[0].Price != charge || rows[0].Kind != portfolio.OpRenew || !rows[0].CreatedAt.Equal(now) {
		t.Errorf("the client reads %+v: %v", rows, err)
	}
}

// TestErrors: what cannot be answered is an error, in JSON, and the client gives its
// words; never a part of an answer.
func TestErrors(t *testing.T) {
	broken := errors.New("the state is gone")
	fails := func() (scheduler.Reading, error) { return scheduler.Reading{}, broken }
	assess := options(fakeScanner{}, none)
	assess.Assessor = fakeAssessor{broken}
	for name, test := range map[string]struct {
		o    Options
		path string
	}{
		"domains": {options(fakeScanner{domains: fails}, none), "/v1/plan"},
		"pushes":  {options(fakeScanner{pushes: fails}, none), "/v1/plan"},
		"changes": {options(fakeScanner{changes: fails}, none), "/v1/plan?all=1"},
		"names":   {options(fakeScanner{names: fails}, none), "/v1/plan"},
		"guards":  {assess, "/v1/plan"},
		"ledger": {options(fakeScanner{}, func(yield func(portfolio.Operation, error) bool) {
			_ = yield(portfolio.Operation{}, nil) && yield(portfolio.Operation{}, broken)
		}), "/v1/ledger"},
	} {
		status, body := ask(t, test.o, http.MethodGet, test.path, "")
		if status != http.StatusInternalServerError || body != `{"error":"the state is gone"}`+"\n" {
			t.Errorf("%s: %d %s", name, status, body)
		}
		c := InProcess(New(test.o), alice)
		var err error
		if strings.HasPrefix(test.path, "/v1/plan") {
			_, err = c.Plan(t.Context(), false)
		} else {
			var rows []Row
			if rows, err = c.Ledger(t.Context()); rows != nil {
				t.Errorf("%s: the client gives %v with its error", name, rows)
			}
		}
		if err == nil || err.Error() != broken.Error() {
			t.Errorf("%s: the client says %v", name, err)
		}
	}
	if status, _ := ask(t, options(fakeScanner{}, none), http.MethodPost, "/v1/plan", ""); status != http.StatusMethodNotAllowed {
		t.Errorf("a plan can be posted: %d", status)
	}
	if status, _ := ask(t, options(fakeScanner{}, none), http.MethodGet, "/v1/nothing", ""); status != http.StatusNotFound {
		t.Errorf("there is nothing, and the answer is %d", status)
	}
}

// TestClientOfStrangers: an answer that is not the handler's is an error.
func TestClientOfStrangers(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"no JSON":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"half":        func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`[{"op":"x"`)) },
		"no words":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) },
		"other words": func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusBadGateway) },
	} {
		if rows, err := InProcess(h, alice).Ledger(t.Context()); err == nil {
			t.Errorf("%s: %v", name, rows)
		}
	}
	_, err := InProcess(http.NotFoundHandler(), alice).Ledger(t.Context())
	if err == nil || !strings.Contains(err.Error(), "/v1/ledger: 404 Not Found") {
		t.Errorf("a handler that knows no ledger: %v", err)
	}
}

// TestContext reaches the handler: whoever asks can stop asking.
func TestContext(t *testing.T) {
	type key struct{}
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _ := r.Context().Value(key{}).(string)
		_ = json.NewEncoder(w).Encode([]Row{{Name: name}})
	})
	rows, err := InProcess(h, alice).Ledger(context.WithValue(t.Context(), key{}, "mine"))
	if err != nil || len(rows) != 1 || rows[0].Name != "mine" {
		t.Errorf("%+v: %v", rows, err)
	}
}
