package control

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// operation is a renewal in a state since some minutes.
func operation(id int64, name string, state portfolio.OperationState, minutes int) portfolio.Operation {
	at := now.Add(-time.Duration(minutes) * time.Minute)
	return portfolio.Operation{
		Key: portfolio.OperationKey(1010, portfolio.OpRenew, id, "2026-03-13", 1), AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: id, DomainID: id,
		Name: name, State: state, Reserved: 1500, Attempt: 1, CreatedAt: at, By: "rule renew (config.toml:1)",
		History: []portfolio.Step{{At: at.Add(-time.Minute), State: portfolio.StateReserved, Note: "reserved", By: "daemon"}, {At: at, State: state, Note: "it is " + string(state), By: "daemon"}},
	}
}

// TestActionsJSON pins every byte of what commands that change something are told.
func TestActionsJSON(t *testing.T) {
	unknown := operation(7, "example.com", portfolio.StateUnknown, 5)
	o := options(fakeScanner{}, rowsOf(unknown))
	jobs := &fakeJobs{scan: func(context.Context, string) (scheduler.Reading, error) {
		return scheduler.Reading{
			Decisions: []portfolio.Decision{renewal(7, "example.com", portfolio.VerdictWait)}, Problems: []error{errors.New("account labs: 502")},
		}, nil
	}}
	o.Jobs = jobs
	pause := func(account int64, name string) string {
		return fmt.Sprintf(`{"account":%d,"scope":"by-hand","reason":"moving house","by":"operator alice","since":"2026-03-01T12:00:00Z","account_name":%q}`, account, name)
	}
	h := New(o)
	for _, test := range []struct{ path, body, want string }{
		{"/v1/pause", `{"account":"main","reason":" moving\nhouse "}`, `{"pauses":[` + pause(1010, "main") + `]}`},
		{"/v1/pause", `{"reason":"moving house"}`, `{"pauses":[` + pause(1010, "main") + `,` + pause(0, "") + `]}`},
		{"/v1/resume", `{"account":"1010"}`, `{"lifted":[` + pause(1010, "main") + `],"pauses":[` + pause(0, "") + `]}`},
		{"/v1/resume", `{"account":"","after_restore":true}`, `{"lifted":[` + pause(0, "") + `],"pauses":[]}`},
		{"/v1/resolve", `{"op":"EXAMPLE.com.","how":"done","reason":"I saw it"}`, `{"op":"` + unknown.ShortID() + `","account":0,"kind":"renew","id":0,` +
			`"name":"example.com","rule":"","state":"done","price":"0.00","reserved":"0.00","sent":0,"attention":false,"by":"","history":null,` +
			`"attempt":0,"created_at":"0001-01-01T00:00:00Z"}`},
		{"/v1/scan", `{"name":"example.com"}`, `{"at":"2026-03-01T12:00:00Z","mode":"act","policy":"0123456789ab","items":[{"account":1010,"account_name":"main","on":"domain","id":7,"name":"example.com",` +
			`"expires_at":"2026-03-13T12:00:00Z","auto_renew":false,"rule":"renew-core","rule_at":"config.toml:42","do":"renew","mode":"act","price":null,` +
			`"price_at":null,"verdict":"wait","code":"rule","reason":"it expires in 12 days","labels":{},"alerts":[],"unicode_name":"example.com","state":"registered"}],` +
			`"operations":[],"problems":["account labs: 502"]}`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://domaind"+test.path, strings.NewReader(test.body))
		if err != nil {
			t.Fatal(err)
		}
		status, body := roundTrip(t, inProcess{h, alice}, r)
		if diff := cmp.Diff(test.want+"\n", body); diff != "" || status != http.StatusOK {
			t.Errorf("%s %s: %d, -want +got:\n%s", test.path, test.body, status, diff)
		}
	}
	want := []string{
		"pause 1010 operator alice: moving house", "pause 0 operator alice: moving house", "resume 1010 operator alice", "resume 0 operator alice",
		"resolve " + unknown.Key + " done operator alice: I saw it",
	}
	if got := machine(o).told; !slices.Equal(got, want) {
		t.Errorf("the machine was told %q", got)
	}
}

// TestStrictBodies: a question that is not understood is refused with a sentence, and
// nothing is done.
func TestStrictBodies(t *testing.T) {
	o := options(fakeScanner{}, rowsOf(operation(7, "example.com", portfolio.StateUnknown, 5)))
	jobs := &fakeJobs{scan: func(context.Context, string) (scheduler.Reading, error) {
		t.Error("it scans")
		return scheduler.Reading{}, nil
	}}
	o.Jobs = jobs
	for path, more := range map[string]map[string]string{
		"/v1/scan":    {`{"name":7}`: "not as it should be", `{"name":"no name"}`: "is no name of a domain"},
		"/v1/pause":   {`{"account":"nobody"}`: `there is no account "nobody" in the configuration; there is desk (2020), labs (3030), main (1010)`, `{"account":"desk"}`: "only proves", `{"reason":"` + strings.Repeat("x", 501) + `"}`: "longer than 500"},
		"/v1/resume":  {`{"account":"9"}`: "there is no account", `{"account":"2020"}`: "only proves", `{"after_restore":"yes"}`: "not as it should be"},
		"/v1/resolve": {`{"op":"example.com"}`: "done, not-bought or buy-again", `{"op":"example.com","how":"sold"}`: "done, not-bought or buy-again", `{"op":" ","how":"done"}`: "which operation", `{"op":"example.com","how":"buy-again"}`: "name is said too", `{"op":"example.com","how":"buy-again","name":"other.com"}`: "name is said too", `{"op":"example.com","how":"done","reason":"` + strings.Repeat("x", 501) + `"}`: "longer than 500"},
	} {
		maps.Copy(more, map[string]string{
			"": "empty", "  \n": "empty", "{": "not as it should be", "null": "not as it should be", "{} x": "more than one", `{"nam":"x"}`: "nam", "[]": "not as it should be",
			`"x"`: "not as it should be", "{}{}": "more than one", `{"name":"` + strings.Repeat("x", maxBody) + `"}`: "longer than 65536 bytes", "\xff\xfe": "not as it should be",
		})
		for body, want := range more {
			status, said := ask(t, o, http.MethodPost, path, body)
			if status != http.StatusBadRequest || !strings.HasPrefix(said, `{"error":"`) || !strings.Contains(strings.ReplaceAll(said, `\"`, `"`), want) {
				t.Errorf("%s %.40s: %d %.200s, want %s", path, body, status, said, want)
			}
		}
	}
	if got := machine(o).told; len(got) > 0 {
		t.Errorf("the machine was told %q", got)
	}
}

// TestFind: an operation is named by its id, or by its domain where that is clear.
func TestFind(t *testing.T) {
	one, other := operation(7, "example.com", portfolio.StateUnknown, 5), operation(8, "example.com", portfolio.StatePending, 9)
	over, alone := operation(9, "over.com", portfolio.StateFailed, 9), operation(10, "xn--bro-mnchen-9dbe.de", portfolio.StateUnknown, 9)
	o := options(fakeScanner{}, rowsOf(one, other, over, alone))
	for _, test := range []struct {
		which  string
		key    string
		status int
		want   string
	}{
		{one.ShortID(), one.Key, 0, ""},
		{strings.ToUpper(other.ShortID()), other.Key, 0, ""},
		{"Büro-München.de", alone.Key, 0, ""},
		{over.ShortID(), over.Key, 0, ""}, // what has ended is for the machine to refuse
		{"over.com", "", http.StatusNotFound, `nothing is under way for over.com; the last operation was renew over.com (` + over.ShortID() + `), which is failed`},
		{"nowhere.com", "", http.StatusNotFound, "there is no operation"},
		{"", "", http.StatusBadRequest, "which operation"},
		{"example.com", "", http.StatusConflict, "may be each of 2 operations"},
	} {
		h := &handler{Options: o}
		op, err := h.find(test.which)
		if test.key != "" {
			if err != nil || op.Key != test.key {
				t.Errorf("%q is %s: %v", test.which, op.Key, err)
			}
			continue
		}
		p, ok := errors.AsType[*AnswerError](err)
		if !ok || p.Status != test.status || !strings.Contains(p.Message, test.want) {
			t.Errorf("%q: %v", test.which, err)
		}
	}
	_, err := InProcess(New(o), alice).Resolve(t.Context(), ResolveRequest{Op: "example.com", How: executor.ResolveDone})
	p, ok := errors.AsType[*AnswerError](err)
	if !ok || len(p.Candidates) != 2 || p.Candidates[0].Op != other.ShortID() || !strings.Contains(p.Message, one.ShortID()) || !strings.Contains(p.Message, other.ShortID()) {
		t.Errorf("the client is told %+v", p)
	}
}

// TestBuyAgain needs the domain's name, as people write it.
func TestBuyAgain(t *testing.T) {
	o := options(fakeScanner{}, rowsOf(operation(10, "xn--bro-mnchen-9dbe.de", portfolio.StateUnknown, 9)))
	c := InProcess(New(o), Asker{User: "root", Sudo: "alice"})
	if _, err := c.Resolve(t.Context(), ResolveRequest{Op: "büro-münchen.de", How: executor.ResolveBuyAgain, Name: "BÜRO-münchen.de"}); err != nil {
		t.Fatal(err)
	}
	if got := machine(o).told; len(got) != 1 || !strings.Contains(got[0], "buy-again operator root (sudo alice)") {
		t.Errorf("the machine was told %q", got)
	}
}

// TestRefusals have the status that says whose fault they are; the machine's errors
// are heard by whoever must end everything.
func TestRefusals(t *testing.T) {
	var heard []error
	resolving := func(err error) Options {
		o := options(fakeScanner{}, rowsOf(operation(7, "example.com", portfolio.StateUnknown, 5)))
		machine(o).err = err
		o.Jobs = &fakeJobs{scan: func(context.Context, string) (scheduler.Reading, error) { return scheduler.Reading{}, err }}
		o.Failed = func(err error) { heard = append(heard, err) }
		return o
	}
	for _, test := range []struct {
		err    error
		status int
	}{
		{&executor.RefusedError{Reason: "it is done already"}, http.StatusConflict},
		{fmt.Errorf("resolve: %w", portfolio.ErrStale), http.StatusConflict},
		{fmt.Errorf("scan: %w", scheduler.ErrNoDomain), http.StatusNotFound},
		{fmt.Errorf("scan: %w", scheduler.ErrRunning), http.StatusConflict},
		{errBroken, http.StatusInternalServerError},
	} {
		for path, body := range map[string]string{
			"/v1/resolve": `{"op":"example.com","how":"done"}`, "/v1/pause": `{}`, "/v1/resume": `{}`, "/v1/scan": `{"name":"example.com"}`,
		} {
			heard = nil
			status, said := ask(t, resolving(test.err), http.MethodPost, path, body)
			if status != test.status || !strings.Contains(said, test.err.Error()) || len(heard) != 1 || !errors.Is(heard[0], test.err) {
				t.Errorf("%s: %d %s; heard %v", path, status, said, heard)
			}
		}
		// One job that fails is no reason not to tell what the others did.
		heard = nil
		status, said := ask(t, resolving(test.err), http.MethodPost, "/v1/scan", `{}`)
		if status != http.StatusOK || !strings.Contains(said, `"problems":["`+test.err.Error()) || len(heard) != 1 {
			t.Errorf("every job: %d %s; heard %v", status, said, heard)
		}
	}
	readOnly := resolving(nil)
	readOnly.ReadOnly = true
	for _, path := range []string{"/v1/resolve", "/v1/pause", "/v1/resume", "/v1/scan"} {
		if status, said := ask(t, readOnly, http.MethodPost, path, "{}"); status != http.StatusConflict || !strings.Contains(said, "reading only") {
			t.Errorf("%s: %d %s", path, status, said)
		}
	}
	if told := machine(readOnly).told; len(told) > 0 {
		t.Errorf("the machine was told %q", told)
	}
}

// TestScan tells which operations are new since it began.
func TestScan(t *testing.T) {
	fresh, old := operation(8, "fresh.com", portfolio.StatePending, -1), operation(7, "example.com", portfolio.StateUnknown, 5)
	o := options(fakeScanner{}, rowsOf(fresh, old))
	var asked []string
	o.Jobs = &fakeJobs{scan: func(_ context.Context, name string) (scheduler.Reading, error) {
		asked = append(asked, name)
		return scheduler.Reading{}, nil
	}}
	c := InProcess(New(o), alice)
	for _, name := range []string{"", " Example.COM. "} {
		s, err := c.Scan(t.Context(), ScanRequest{Name: name})
		if err != nil || len(s.Operations) != 1 || s.Operations[0].Op != fresh.ShortID() {
			t.Errorf("%+v: %v", s, err)
		}
	}
	if !slices.Equal(asked, []string{"", "example.com"}) {
		t.Errorf("it scanned %q", asked)
	}
}

// TestCutShort: a question that ends before its answer is no failure of the machine's.
func TestCutShort(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options(fakeScanner{}, none)
	o.Jobs = &fakeJobs{scan: func(ctx context.Context, _ string) (scheduler.Reading, error) {
		cancel()
		return scheduler.Reading{}, ctx.Err()
	}}
	_, err := InProcess(New(o), alice).Scan(ctx, ScanRequest{})
	p, ok := errors.AsType[*AnswerError](err)
	if !errors.Is(err, context.Canceled) && (!ok || p.Status != http.StatusServiceUnavailable) {
		t.Errorf("it says %v", err)
	}
}
