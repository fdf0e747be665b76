package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// refusals are what DNSimple can say to a purchase that concerns more than it.
var refusals = []struct {
	name, message string
	status        int
	scope         portfolio.PauseScope
	stops         string // as its announcement says it
}{
	{"unpaid invoices", "The account has outstanding payments", 402, portfolio.PausePurchases, "purchases are paused"},
	{"declined card", "Your card was declined", 400, portfolio.PausePurchases, "purchases are paused"},
	{"a scope that is missing", "Permission Denied. Required Scope: domains:*:write", 403, portfolio.PauseOf(portfolio.OpRenew), "operations of the kind renew are paused"},
}

// A refusal that concerns more than one purchase pauses that, and nothing else: the
// money is free, it is told once, and tried once in every quarter of an hour.
func TestRefusedPurchasePauses(t *testing.T) {
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, mains2+neighbour, renewAll)
			refused := w.meets(&fault{account: mainID, method: http.MethodPost, part: "/renewals", status: tc.status, message: tc.message})
			w.scan()
			w.expect(1, 1500, renewsA, renewsB) // c.com did not go, and the other account did
			p := w.pause()
			equal(t, "account", p.AccountID, mainID)
			equal(t, "scope", p.Scope, tc.scope)
			holds(t, p.Reason, tc.message)
			equal(t, "tried", p.ProbeAt.Sub(p.Since), probeEvery)
			first := w.of("a.com")[0]
			equal(t, "row", first.State, portfolio.StateFailed)
			equal(t, "stopped", first.Stopped, tc.scope)
			equal(t, "money", first.Reserved, 0)
			equal(t, "spent for main", w.spentBy(mainID), portfolio.Tally{})
			equal(t, "failed aloud", len(w.heard("alert failed")), 1)

			w.lives(6 * time.Hour)
			equal(t, "sent in six hours", len(refused.at), 24)
			every(t, refused.at, probeEvery)
			equal(t, "spent for main", w.spentBy(mainID), portfolio.Tally{})
			paused := w.heard("alert paused")
			equal(t, "announced", len(paused), 1)
			holds(t, paused[0].Text, tc.stops)
			holds(t, paused[0].Text, tc.message)
			equal(t, "failed aloud", len(w.heard("alert failed")), 1)
			equal(t, "failed probes", len(w.heard("info failed")), len(refused.at)-1)
			equal(t, "probes", w.pause().Probes, len(refused.at)-1)
			equal(t, "since", w.pause().Since, p.Since)

			// The ledger says of each attempt why, and has no more of them than were made.
			rows := append(w.of("a.com"), w.of("c.com")...)
			equal(t, "rows", len(rows), len(refused.at))
			for _, op := range rows {
				equal(t, "sent", op.Sent, 1)
				holds(t, op.LastNote(), tc.message)
			}

			refused.over = true
			mended := w.now()
			w.lives(probeEvery + time.Minute)
			equal(t, "pauses", w.scopes(), "")
			equal(t, "a.com", w.last("a.com").State, portfolio.StateDone)
			equal(t, "c.com", w.last("c.com").State, portfolio.StateDone)
			if late := w.last("c.com").EndedAt.Sub(mended); late > probeEvery+time.Minute {
				t.Errorf("the other domain went %s after it was mended", late)
			}
			n, total := w.charged()
			equal(t, "charges", n, 3)
			equal(t, "charged", total, 4500)
			equal(t, "resumed", len(w.heard("notice resumed")), 1)
			holds(t, w.heard("notice resumed")[0].Text, "paused no more")
		})
	}
}

const cancels9 = "DELETE 1010/registrar/registrant_changes/9"

// spentBy is what counts against the ceilings of one account.
func (w *world) spentBy(account int64) portfolio.Tally {
	w.t.Helper()
	var t portfolio.Tally
	w.must(w.store.Spent(func(s portfolio.Spent) error {
		t = s.On(account, w.x.ceilings().day(w.now())).Add(s.Reserved(account))
		return nil
	}))
	return t
}

// The simulated DNSimple's own accounts that cannot pay are told from their words.
func TestAccountThatCannotPay(t *testing.T) {
	for _, billing := range []string{"arrears", "declined"} {
		t.Run(billing, func(t *testing.T) {
			accounts := strings.Replace(worldAccounts, "name = \"main\"\n", "name = \"main\"\nbilling = \""+billing+"\"\n", 1)
			w := newWorldOf(t, accounts, mains2+neighbour, renewAll)
			w.lives(time.Hour - time.Minute)
			equal(t, "pauses", w.scopes(), "1010 purchases")
			n, total := w.charged()
			equal(t, "charges", n, 1)
			equal(t, "charged", total, 1500)
			equal(t, "requests", w.count(renewsA)+w.count(renewsC), 4)
			equal(t, "spent for main", w.spentBy(mainID), portfolio.Tally{})
		})
	}
}

// Wishes cost nothing: they go on beside a pause of purchases, or of renewals.
func TestWishesGoOnBesideAPause(t *testing.T) {
	policy := renewAll + strings.TrimPrefix(acceptFromStudio, ample) + strings.TrimPrefix(cancelAll, ample)
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, soon+pushed+change, policy)
			w.meets(&fault{account: mainID, method: http.MethodPost, part: "/renewals", status: tc.status, message: tc.message})
			w.scan() // the domains come first
			equal(t, "paused", w.scopes(), "1010 "+string(tc.scope))
			w.expect(0, 0, renewsA, accepts5, cancels9)
		})
	}
}

// A kind of operation that is refused leaves another kind alone: restores go on.
func TestForbiddenRenewalsLeaveRestores(t *testing.T) {
	for _, tc := range refusals {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t, mains2+strings.NewReplacer("a.com", "lapsed.com", "id = 7", "id = 12").Replace(redemption), rescueAll)
			w.on(http.MethodPost, "/restores", func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, notSent() })
			w.scan()
			equal(t, "rows", summary(w.rows()), "renew lapsed.com failed; restore lapsed.com reserved")
			w.cfg.Policy = parseConfig(t, rescueAll+strings.TrimPrefix(renewAll, ample)).Policy
			w.meets(&fault{account: mainID, method: http.MethodPost, part: "/renewals", status: tc.status, message: tc.message})
			w.scan()
			equal(t, "paused", w.scopes(), "1010 "+string(tc.scope))
			w.settle(10 * time.Minute)
			want := map[bool]portfolio.OperationState{true: portfolio.StateFailed, false: portfolio.StatePending}[tc.scope == portfolio.PausePurchases]
			op := w.last("lapsed.com")
			equal(t, "the restore", op.State, want)
			if want == portfolio.StateFailed { // its money is of use elsewhere
				equal(t, "money", op.Reserved, 0)
				equal(t, "stopped", op.Stopped, tc.scope)
				equal(t, "sent", op.Sent, 0)
			}
		})
	}
}

// A refused token stops everything of its account, which is then tried by reading.
func TestRefusedTokenOnAPurchase(t *testing.T) {
	w := newWorld(t, mains2+neighbour, renewAll)
	refused := w.meets(&fault{account: mainID, status: 401, message: "Authentication failed", over: true})
	post := w.meets(&fault{account: mainID, method: http.MethodPost, answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		refused.over = false // from here on
		return w.answer(req, 401, `{"message":"Authentication failed"}`), nil
	}})
	w.scan()
	post.over = true
	w.expect(1, 1500, renewsA, renewsB)
	equal(t, "paused", w.scopes(), "1010 account")
	equal(t, "spent for main", w.spentBy(mainID), portfolio.Tally{})
	asked := len(refused.at)
	w.lives(6*time.Hour - time.Minute)
	equal(t, "announced", len(w.heard("alert paused")), 1)
	equal(t, "sent", w.count(renewsA), 1)
	if n := len(refused.at) - asked; n < 23 || n > 30 { // by what is scanned, and by what failed
		t.Errorf("the account was asked %d times in six hours", n)
	}
	refused.over = true
	w.lives(probeEvery)
	w.expect(3, 4500, renewsA, renewsB, renewsA, renewsC)
	equal(t, "resumed", len(w.heard("notice resumed")), 1)
	equal(t, "pauses", w.scopes(), "")
}
