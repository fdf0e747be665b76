package control

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/facts"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// fakeArchive is what the state remembers.
type fakeArchive struct {
	approvals []portfolio.Approval
	prices    map[string]portfolio.SeenPrices
	err       error
}

func (a *fakeArchive) Approvals() ([]portfolio.Approval, error) { return a.approvals, a.err }
func (a *fakeArchive) PricesSeen(_ int64, name string) (portfolio.SeenPrices, bool, error) {
	p, ok := a.prices[name]
	return p, ok, a.err
}

// watched is what a policy says of a name.
func watched(name string, status portfolio.NameStatus) portfolio.Decision {
	f := portfolio.NameFacts{AccountID: 1010, Name: name, UnicodeName: name, Status: status, CheckedAt: now}
	d := portfolio.Decision{Account: "main", Verdict: portfolio.VerdictNone}
	if status == portfolio.NameFree {
		f.FreeSince = now
		d.Verdict, d.Do = portfolio.VerdictAct, portfolio.ActionRegister
	}
	d.Resource = f
	return d
}

// gathering is a handler whose facts have something of everything.
func gathering(t *testing.T) (Options, *fakeLook, *fakeArchive) {
	t.Helper()
	seen := func(id int64, name string, days int) portfolio.Domain {
		return portfolio.Domain{ID: id, AccountID: 1010, Name: name, UnicodeName: name, State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, days), RegistrantID: 7}
	}
	look := &fakeLook{domains: []portfolio.Domain{
		{ID: 3, AccountID: 1010, Name: "renewed.com", UnicodeName: "renewed.com", State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(1, 0, 10)},
		{ID: 1, AccountID: 1010, Name: "near.com", UnicodeName: "near.com", State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, 12)},
	}, wanted: []portfolio.ExtendedAttribute{{Name: "x-id", Required: true}, {Name: "x-more"}}}
	archive := &fakeArchive{
		approvals: []portfolio.Approval{{Kind: portfolio.ApprovalPush, AccountID: 1010, Operation: portfolio.OpAccept, SubjectID: 31, At: now, By: "alice"}},
		prices: map[string]portfolio.SeenPrices{"xn--bcher-kva.com": {AccountID: 1010, At: now.Add(-time.Hour), Prices: portfolio.Prices{
			Name: "xn--bcher-kva.com", Renewal: 1300,
		}}},
	}
	o := options(fakeScanner{
		domains: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{renewal(1, "near.com", portfolio.VerdictAct)}, Problems: []error{errors.New("list domains (account 3030): 502")}}, nil
		},
		pushes: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{{Resource: portfolio.PushFacts{
				Push: portfolio.Push{ID: 5, AccountID: 1010, DomainID: 31, CreatedAt: now}, SourceID: 2020, Name: "pushed.com",
			}}}}, nil
		},
		changes: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{{Resource: portfolio.ChangeFacts{Name: "near.com", RegistrantChange: portfolio.RegistrantChange{
				ID: 8, AccountID: 1010, DomainID: 1, ContactID: 9, State: portfolio.ChangeNew, CreatedAt: now, ExtendedAttributes: map[string]string{"x-id": "4711"},
			}}}}}, nil
		},
		names: func() (scheduler.Reading, error) {
			return scheduler.Reading{Decisions: []portfolio.Decision{watched("free.io", portfolio.NameFree), watched("taken.io", portfolio.NameTaken)}}, nil
		},
	}, none)
	o.Archive = archive
	o.Surveyor = fakeSurveyor{seen: scheduler.Seen{At: map[int64]time.Time{1010: now.Add(-time.Hour)}, Domains: []portfolio.Domain{
		seen(1, "near.com", 300), seen(2, "xn--bcher-kva.com", 300), seen(3, "renewed.com", 10), seen(4, "gone.com", 10),
		{ID: 6, AccountID: 1010, Name: "hosted.com", State: portfolio.DomainHosted},
	}}}
	o.Memory = &fakeMemory{pauses: []portfolio.Pause{
		{AccountID: 1010, Scope: portfolio.PausePurchases, By: "alice", Since: now}, {AccountID: 1010, Scope: portfolio.PauseAccount, Since: now},
	}}
	o.Accounts = []Account{
		{Account: portfolio.Account{ID: 1010, Name: "main"}, Look: look},
		{Account: portfolio.Account{ID: 2020, Name: "desk"}, Source: true, Look: &fakeLook{err: errors.New("nobody asks it")}},
	}
	return o, look, archive
}

func factsOf(t *testing.T, o Options, q FactsQuery) *facts.Facts {
	t.Helper()
	var text bytes.Buffer
	if err := InProcess(New(o), alice).Facts(t.Context(), q, &text); err != nil {
		t.Fatal(err)
	}
	f, err := facts.Read(text.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if strings.Contains(text.String(), "alice") || strings.Contains(text.String(), "4711") {
		t.Errorf("it tells of people:\n%s", text.String())
	}
	return f
}

func namesOf(f *facts.Facts) (names []string) {
	for _, d := range f.Domains {
		names = append(names, d.Name)
	}
	return names
}

// TestFacts: what was read now comes before what the last sweep saw; what is not as that
// saw it is read again; what would be bought has its price.
func TestFacts(t *testing.T) {
	o, _, _ := gathering(t)
	f := factsOf(t, o, FactsQuery{})
	if got, want := namesOf(f), []string{"near.com", "xn--bcher-kva.com", "renewed.com", "hosted.com"}; !slices.Equal(got, want) {
		t.Errorf("domains %v, want %v", got, want)
	}
	if d := f.Domains[0]; !d.ExpiresAt.Equal(now.AddDate(0, 0, 12)) {
		t.Errorf("what the sweep saw is believed: %+v", d)
	}
	if d := f.Domains[1]; d.Unicode != "bücher.com" || d.Registrant != 7 {
		t.Errorf("%+v", d)
	}
	if d := f.Domains[2]; !d.ExpiresAt.Equal(now.AddDate(1, 0, 10)) {
		t.Errorf("it was not read again: %+v", d)
	}
	want := []facts.Account{{ID: 1010, Name: "main", Whole: now.Add(-time.Hour)}, {ID: 2020, Name: "desk", Role: facts.RoleSource}}
	if diff := cmp.Diff(want, f.Accounts); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !f.At.Equal(now) || f.Policy != "0123456789ab" || !slices.Equal(f.Problems, []string{"list domains (account 3030): 502"}) {
		t.Errorf("%v %s %v", f.At, f.Policy, f.Problems)
	}
	var prices []string
	for _, p := range f.Prices {
		prices = append(prices, p.Name+" "+p.Renewal.String())
	}
	if want := []string{"near.com 15.50", "xn--bcher-kva.com 13.00", "free.io 15.50"}; !slices.Equal(prices, want) {
		t.Errorf("prices %v, want %v", prices, want)
	}
	var tlds []string
	for _, tld := range f.TLDs {
		tlds = append(tlds, tld.TLD+" "+strings.Join(tld.Attributes, ","))
	}
	if want := []string{"com ", "io x-id"}; !slices.Equal(tlds, want) {
		t.Errorf("TLDs %v, want %v", tlds, want)
	}
	if len(f.Pushes) != 1 || f.Pushes[0].Source != 2020 || len(f.Changes) != 1 || len(f.Names) != 2 || len(f.Approvals) != 1 {
		t.Errorf("%+v %+v %+v %+v", f.Pushes, f.Changes, f.Names, f.Approvals)
	}
	if len(f.Pauses) != 1 || f.Pauses[0].Scope != portfolio.PausePurchases {
		t.Errorf("pauses %+v", f.Pauses)
	}
	if len(f.Spent) != 3 || f.Spent[0].Today.Amount != 1500 || f.Spent[1].InMonth.Amount != 8000 || f.Spent[0].Reserved.Amount != 3000 || f.Spent[1].Day != "2026-03-01" {
		t.Errorf("spent %+v", f.Spent)
	}
}

// TestFactsAsked: all domains are listed and all prices asked for where that is wanted.
func TestFactsAsked(t *testing.T) {
	o, look, _ := gathering(t)
	f := factsOf(t, o, FactsQuery{All: true})
	if got, want := namesOf(f), []string{"near.com", "renewed.com"}; !slices.Equal(got, want) || !f.Accounts[0].Whole.Equal(now) {
		t.Errorf("domains %v, want %v; whole %v", got, want, f.Accounts[0].Whole)
	}
	if diff := cmp.Diff([]portfolio.Order{{By: portfolio.SortID}}, look.filter.Sort); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	o.Scanner = fakeScanner{domains: func() (scheduler.Reading, error) {
		return scheduler.Reading{Decisions: []portfolio.Decision{domain(9, "idle.com", 30, portfolio.VerdictUncovered)}}, nil
	}}
	if f := factsOf(t, o, FactsQuery{}); slices.ContainsFunc(f.Prices, func(p facts.Price) bool { return p.Name == "idle.com" }) {
		t.Error("the price of what nobody buys was asked for")
	}
	if f := factsOf(t, o, FactsQuery{Prices: true}); !slices.ContainsFunc(f.Prices, func(p facts.Price) bool { return p.Name == "idle.com" }) {
		t.Error("it was not asked for")
	}
}

// TestFactsOld: a price that a plan would not show any more is asked for anew, where it
// matters now.
func TestFactsOld(t *testing.T) {
	o, _, archive := gathering(t)
	for name, age := range map[string]time.Duration{"near.com": 25 * time.Hour, "xn--bcher-kva.com": 25 * time.Hour, "free.io": 23 * time.Hour} {
		archive.prices[name] = portfolio.SeenPrices{AccountID: 1010, At: now.Add(-age), Prices: portfolio.Prices{Name: name, Renewal: 1, Registration: 1}}
	}
	var got []string
	for _, p := range factsOf(t, o, FactsQuery{}).Prices {
		got = append(got, p.Name+" "+p.Renewal.String()+" "+now.Sub(p.At).String())
	}
	if diff := cmp.Diff([]string{"near.com 15.50 0s", "xn--bcher-kva.com 0.01 25h0m0s", "free.io 0.01 23h0m0s"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFactsUnread: of an account that is not read, what the last sweep saw is all there is;
// what cannot be asked is a problem.
func TestFactsUnread(t *testing.T) {
	o, look, _ := gathering(t)
	o.Scanner = fakeScanner{}
	f := factsOf(t, o, FactsQuery{})
	if got := namesOf(f); !slices.Contains(got, "gone.com") || !slices.Contains(got, "renewed.com") {
		t.Errorf("%v", got)
	}
	o.Surveyor = fakeSurveyor{seen: scheduler.Seen{Domains: []portfolio.Domain{
		{ID: 7, AccountID: 1010, Name: "lost.com", State: portfolio.DomainExpired, ExpiresAt: now.AddDate(0, 0, -40)},
	}}}
	refused := portfolio.Operation{
		AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: 7, DomainID: 7, Name: "lost.com", Occasion: portfolio.OccasionOf(now.AddDate(0, 0, -40)), Attempt: 1,
		State: portfolio.StateFailed, Refused: true, CreatedAt: now,
	}
	refused.Key = portfolio.OperationKey(1010, portfolio.OpRenew, 7, refused.Occasion, 1)
	o.Ledger = rowsOf(refused)
	f = factsOf(t, o, FactsQuery{})
	if i := slices.IndexFunc(f.Domains, func(d facts.Domain) bool { return d.ID == 7 }); i < 0 || !f.Domains[i].Redemption {
		t.Errorf("it is in redemption: %+v", f.Domains)
	}
	look.err = &portfolio.CallError{Call: "ask", Outcome: portfolio.OutcomeUnauthorized, Status: 401, Message: "no"}
	o2, look2, _ := gathering(t)
	look2.err = look.err
	f = factsOf(t, o2, FactsQuery{All: true})
	if len(f.Problems) < 4 || !f.Accounts[0].Whole.IsZero() {
		t.Errorf("%v %v", f.Problems, f.Accounts)
	}
}

// TestFactsOperations: what guards look at is taken of the ledger, and no more.
func TestFactsOperations(t *testing.T) {
	row := func(kind portfolio.OperationKind, subject int64, name, occasion string, attempt int, state portfolio.OperationState) portfolio.Operation {
		op := portfolio.Operation{
			AccountID: 1010, Kind: kind, SubjectID: subject, DomainID: subject, Name: name, Occasion: occasion, Attempt: attempt, State: state,
			CreatedAt: now, EndedAt: now, By: "alice",
		}
		op.Key = portfolio.OperationKey(1010, kind, subject, occasion, attempt)
		return op
	}
	o, _, _ := gathering(t)
	old := row(portfolio.OpRenew, 1, "near.com", "2024-03-13", 1, portfolio.StateDone)
	old.EndedAt = now.AddDate(-2, 0, 0)
	last := row(portfolio.OpRenew, 1, "near.com", "2025-03-13", 1, portfolio.StateDone)
	o.Ledger = rowsOf(
		row(portfolio.OpRenew, 1, "near.com", "2026-03-13", 2, portfolio.StateFailed), row(portfolio.OpRenew, 1, "near.com", "2026-03-13", 1, portfolio.StateFailed),
		last, old,
		row(portfolio.OpRenew, 99, "sold.com", "2025-01-01", 1, portfolio.StateDone), row(portfolio.OpRenew, 98, "leaving.com", "2026-03-03", 1, portfolio.StatePending),
		row(portfolio.OpAccept, 5, "pushed.com", "push-5", 1, portfolio.StateFailed), row(portfolio.OpRegister, 0, "free.io", "free.io 2026-03-01", 1, portfolio.StateFailed),
	)
	f := factsOf(t, o, FactsQuery{})
	var got []string
	for _, op := range f.Operations {
		got = append(got, op.Key)
	}
	slices.Sort(got)
	want := []string{
		"1010|register|0|free.io 2026-03-01|1", "1010|renew|1|2025-03-13|1", "1010|renew|1|2026-03-13|2", "1010|renew|98|2026-03-03|1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFactsAnswers: what was said to earlier attempts at the same is taken as well, for it
// may hold still.
func TestFactsAnswers(t *testing.T) {
	row := func(occasion string, attempt int, a *portfolio.Approval) portfolio.Operation {
		return portfolio.Operation{
			Key: portfolio.OperationKey(1010, portfolio.OpRenew, 1, occasion, attempt), AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: 1, DomainID: 1,
			Name: "near.com", Occasion: occasion, Attempt: attempt, State: portfolio.StateFailed, CreatedAt: now, EndedAt: now, Approval: a,
		}
	}
	no := &portfolio.Approval{Kind: portfolio.ApprovalAnswer, Denied: true, By: "operator alice"}
	o, _, _ := gathering(t)
	o.Ledger = rowsOf(row("2026-03-13", 3, nil), row("2026-03-13", 2, no), row("2026-03-13", 1, nil), row("2025-03-13", 1, no))
	var got []string
	for _, op := range factsOf(t, o, FactsQuery{}).Operations {
		got = append(got, op.Key)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"1010|renew|1|2026-03-13|2", "1010|renew|1|2026-03-13|3"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFactsRefused: what nobody knows is refused, and what cannot be remembered is an error.
func TestFactsRefused(t *testing.T) {
	o, _, archive := gathering(t)
	if status, body := ask(t, o, http.MethodGet, "/v1/facts?everything=1", ""); status != http.StatusBadRequest {
		t.Errorf("%d %s", status, body)
	}
	archive.err = errors.New("the state cannot be read")
	if status, body := ask(t, o, http.MethodGet, "/v1/facts", ""); status != http.StatusInternalServerError || !strings.Contains(body, "cannot be read") {
		t.Errorf("%d %s", status, body)
	}
}
