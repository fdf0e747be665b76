package control

import (
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/config"
	"domaind/internal/executor"
	"domaind/internal/facts"
	"domaind/internal/portfolio"
)

const offlineAccounts = `
mode = "act"
[spending]
max_per_purchase = "100.00"
max_per_day = "40.00"
max_per_month = "300.00"
[[account]]
name = "main"
id = 1010
token = { env = "NONE" }
contacts = { default = 2715 }
[[account]]
name = "desk"
id = 2020
token = { env = "NONE" }
role = "source"
`

// offlineOf asks a policy about facts.
func offlineOf(t *testing.T, policy string, f *facts.Facts) *Offline {
	t.Helper()
	cfg, err := config.Load("config.toml", config.Env{
		Lookup:   func(string) (string, bool) { return "", false },
		ReadFile: func(string) ([]byte, error) { return []byte(offlineAccounts + policy), nil },
		Stat:     func(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist },
	})
	if err != nil {
		t.Fatal(err)
	}
	s := cfg.Spending
	return NewOffline(OfflineOptions{
		Facts: f, Policy: cfg.Policy, AutoRenewalWindow: cfg.DNSimple.AutoRenewalWindow, Now: f.At,
		Ceilings: executor.Ceilings{Location: time.UTC, Global: executor.Limits{PerPurchase: s.MaxPerPurchase, PerDay: s.MaxPerDay, PerMonth: s.MaxPerMonth}},
	})
}

// has is a domain of account main that expires in some days, and its price.
func has(f *facts.Facts, name string, days int, price portfolio.Money) *facts.Domain {
	f.Domains = append(f.Domains, facts.Domain{
		Account: 1010, ID: int64(len(f.Domains) + 1), Name: name, State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, days),
	})
	if price > 0 {
		f.Prices = append(f.Prices, facts.Price{Account: 1010, Name: name, Renewal: price, At: now})
	}
	return &f.Domains[len(f.Domains)-1]
}

func someFacts() *facts.Facts {
	return &facts.Facts{Format: facts.Format, At: now, Accounts: []facts.Account{{ID: 1010, Name: "main", Whole: now}, {ID: 2020, Name: "desk", Role: facts.RoleSource}}}
}

const renewSoon = `
[[rule]]
name = "renew"
on = "domain"
match = { expires_within = "30d" }
except = { name = "never.com" }
do = "renew"
`

// lines are a plan's items in short.
func lines(t *testing.T, o *Offline) (all []string) {
	t.Helper()
	p, err := InProcess(o.Handler(), alice).Plan(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range p.Items {
		line := it.Name + " " + standOf(&it).Word()
		if it.Price != nil {
			line += " " + it.Price.String()
		}
		all = append(all, line)
	}
	return append(all, p.Problems...)
}

// TestOfflinePlan: the guards are those of a daemon, in the order of expiration, however
// the file was sorted; a price that the facts do not have is no obstacle.
func TestOfflinePlan(t *testing.T) {
	f := someFacts()
	has(f, "third.com", 20, 1500)
	has(f, "first.com", 10, 1500)
	has(f, "second.com", 15, 1500)
	has(f, "unpriced.com", 18, 0)
	has(f, "free.com", 19, 0)
	f.Prices = append(f.Prices, facts.Price{Account: 1010, Name: "free.com", At: now}) // DNSimple gives none
	has(f, "vendor.com", 5, 1500).AutoRenew = true
	has(f, "dear.com", 4, 10001)
	got := lines(t, offlineOf(t, renewSoon, f))
	want := []string{
		"dear.com blocked 100.01", "vendor.com wait", "first.com act 15.00", "second.com act 15.00", "unpriced.com act", "free.com blocked",
		"third.com blocked 15.00", // the ceiling of the day
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestOfflineLedger: what the ledger knows stands in the way, as it does in a daemon.
func TestOfflineLedger(t *testing.T) {
	f := someFacts()
	has(f, "bought.com", 10, 100)
	has(f, "open.com", 11, 100)
	has(f, "failed.com", 12, 100)
	has(f, "paused.com", 13, 100)
	row := func(id int64, name string, days int, state portfolio.OperationState, at time.Time) {
		op := portfolio.Operation{
			AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: id, DomainID: id, Name: name, Occasion: portfolio.OccasionOf(now.AddDate(0, 0, days)),
			Attempt: 1, State: state, CreatedAt: at, EndedAt: at, ArmedAt: at,
		}
		op.Key = portfolio.OperationKey(1010, op.Kind, id, op.Occasion, 1)
		f.Operations = append(f.Operations, op)
	}
	row(1, "bought.com", -355, portfolio.StateDone, now.AddDate(0, -1, 0))
	row(2, "open.com", 11, portfolio.StatePending, now.Add(-time.Minute))
	row(3, "failed.com", 12, portfolio.StateFailed, now.Add(-time.Minute))
	if diff := cmp.Diff([]string{"bought.com wait", "open.com wait", "failed.com wait", "paused.com act 1.00"}, lines(t, offlineOf(t, renewSoon, f))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	f.Pauses = []portfolio.Pause{{AccountID: 1010, Scope: portfolio.PauseByHand, By: "", Reason: "holidays", Since: now}}
	if got := lines(t, offlineOf(t, renewSoon, f)); got[3] != "paused.com blocked" {
		t.Errorf("%v", got)
	}
}

// TestOfflinePrices: a price of the facts does not get too old, is shown with its age, and
// says nothing of another name.
func TestOfflinePrices(t *testing.T) {
	f := someFacts()
	has(f, "ages.com", 10, 1500)
	f.Prices[0].At = now.AddDate(0, -2, 0)
	has(f, "dearer.com", 10, 1700)
	f.Prices[1].At = now.Add(-time.Hour)
	has(f, "unpriced.com", 10, 0)
	p, err := InProcess(offlineOf(t, renewSoon, f).Handler(), alice).Plan(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, it := range p.Items {
		line := it.Name
		if it.Price != nil {
			line += " " + it.Price.String() + " " + it.PriceAt.Format(time.DateOnly)
		}
		got = append(got, line)
	}
	slices.Sort(got)
	if diff := cmp.Diff([]string{"ages.com 15.00 2026-01-01", "dearer.com 17.00 2026-03-01", "unpriced.com"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestOfflineAnnounced: a push that was announced is accepted from facts, too, until the
// announcement is over.
func TestOfflineAnnounced(t *testing.T) {
	f := someFacts()
	f.Pushes = []facts.Push{{Account: 1010, ID: 5, DomainID: 31, Unproven: "nobody owns it", CreatedAt: now}}
	f.Approvals = []portfolio.Approval{{
		Kind: portfolio.ApprovalPush, AccountID: 1010, Operation: portfolio.OpAccept, SubjectID: 31, Contact: 7, By: "an operator", At: now, Until: now.Add(time.Hour),
	}}
	if got := lines(t, offlineOf(t, renewSoon, f)); !slices.Equal(got, []string{" act"}) {
		t.Errorf("%v", got)
	}
	f.At = now.Add(time.Hour)
	if got := lines(t, offlineOf(t, renewSoon, f)); !slices.Equal(got, []string{" unproven"}) {
		t.Errorf("%v", got)
	}
}

// TestOfflineUnknown: what the facts do not have is told, and never guessed.
func TestOfflineUnknown(t *testing.T) {
	f := someFacts()
	f.Accounts = []facts.Account{{ID: 7070, Name: "other"}}
	f.Domains = []facts.Domain{{Account: 7070, ID: 1, Name: "strange.com", State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, 10)}}
	f.Problems = []string{"list domains (account 7070): 502"}
	o := offlineOf(t, renewSoon+"[[rule]]\nname = \"watch\"\non = \"name\"\nmatch = { names = \"wanted.com\" }\ndo = \"register\"\n", f)
	want := []string{
		"strange.com not-ours", "wanted.com unseen",
		"when the facts were written: list domains (account 7070): 502", "account main (1010) is not in the facts: nothing is known of what it has",
	}
	if diff := cmp.Diff(want, lines(t, o)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if notes := o.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "other") {
		t.Errorf("notes: %v", notes)
	}
	f.Accounts = append(f.Accounts, facts.Account{ID: 1010, Name: "main"})
	f.Names = []facts.Name{{Account: 1010, Name: "wanted.com", Status: portfolio.NameFree, FreeSince: now}}
	if got := lines(t, offlineOf(t, "[[rule]]\nname = \"watch\"\non = \"name\"\nmatch = { names = \"wanted.com\" }\ndo = \"register\"\n", f)); !slices.Contains(got, "wanted.com blocked") {
		t.Errorf("nobody knows whether names under .com are registered: %v", got)
	}
	f.TLDs = []facts.TLD{{TLD: "com", RegistrationEnabled: true, MinimumRegistration: 1}}
	if got := lines(t, offlineOf(t, "[[rule]]\nname = \"watch\"\non = \"name\"\nmatch = { names = \"wanted.com\" }\ndo = \"register\"\n", f)); !slices.Contains(got, "wanted.com act") {
		t.Errorf("%v", got)
	}
}

// TestOfflineChangesNothing: every question that would change something is refused.
func TestOfflineChangesNothing(t *testing.T) {
	h := offlineOf(t, renewSoon, someFacts()).Handler()
	for _, path := range []string{"/v1/scan", "/v1/pause", "/v1/resume", "/v1/place", "/v1/resolve"} {
		w := recorded(t, h, http.MethodPost, path, "{}")
		if w != http.StatusConflict {
			t.Errorf("%s: %d", path, w)
		}
	}
}

// TestOfflineForecast: what is to come is foreseen from facts as a daemon would; each domain
// is bought in the month in which its rule first wants it.
func TestOfflineForecast(t *testing.T) {
	f := someFacts() // 1 March 2026
	has(f, "now.com", 10, 1500)
	has(f, "april.com", 50, 1600)  // 20 April, bought on 21 March
	has(f, "held.com", 130, 1800)  // held until 15 June, then renewed
	has(f, "later.com", 360, 1900) // 24 February 2027, bought on 25 January
	has(f, "far.com", 400, 2000)   // bought in 13 months
	has(f, "never.com", 50, 2100)
	has(f, "unpriced.org", 51, 0) // bought on 22 March
	has(f, "like.com", 51, 0)     // so is this, for what others under .com cost
	o := offlineOf(t, renewSoon+`
[[rule]]
name = "hold"
on = "domain"
match = { name = "held.com" }
do = "hold"
reason = "wait"
until = 2026-06-15
`, f)
	ahead, err := InProcess(o.Handler(), alice).Forecast(t.Context(), "12mo")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Bought{
		"2026-03": {Price: 1500 + 1600 + 1500, Purchases: 4, Estimated: 3, Unknown: 1}, "2026-06": {Price: 1800, Purchases: 1, Estimated: 1},
		"2027-01": {Price: 1900, Purchases: 1, Estimated: 1}, "2027-02": {Price: 1500, Purchases: 1, Estimated: 1}, // now.com again
	}
	got := BoughtIn(ahead)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if len(ahead.Items) == 0 || ahead.Items[0].AccountName != "main" {
		t.Errorf("%+v", ahead.Items)
	}
}
