package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// waitingShop is a domain that expires soon, whose change of registrant takes weeks.
const waitingShop = `
[[contact]]
id = 2716
account = "main"
[[domain]]
id = 7
name = "a.com"
account = "main"
registrant = 2715
expires = "+40d"
registrant_change = { takes = "58d" }
`

// What was begun and waits, or of which nobody knows, does not keep its domain from being
// renewed: by a rule, by hand, or by DNSimple.
func TestWhatWaitsLetsItsDomainBeRenewed(t *testing.T) {
	for name, tc := range map[string]struct {
		kind  portfolio.OperationKind
		lost  bool
		state portfolio.OperationState
	}{
		"change under way": {portfolio.OpChangeRegistrant, false, portfolio.StatePending},
		"change lost":      {portfolio.OpChangeRegistrant, true, portfolio.StateUnknown},
		"push lost":        {portfolio.OpPush, true, portfolio.StateUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, waitingShop, renewAll)
			if tc.lost {
				w.losesCall(requestOf(tc.kind), false)
			}
			if _, err := w.place(command(tc.kind)); err != nil {
				t.Fatal(err)
			}
			equal(t, "state", w.row().State, tc.state)
			for _, kind := range []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpAutoRenewal} {
				if _, err := w.x.Propose(t.Context(), command(kind)); err != nil {
					t.Errorf("%s by hand: %v", kind, err)
				}
			}
			w.settle(6 * time.Hour)
			// A second one waits for the first, and so does whatever else is done to it.
			for _, kind := range []portfolio.OperationKind{tc.kind, portfolio.OpTransferOut, portfolio.OpDelete, portfolio.OpPush, portfolio.OpChangeRegistrant} {
				_, err := w.x.Propose(t.Context(), command(kind))
				refusedWith(t, err, "one operation on a domain at a time")
			}
			w.only("a.com")
			w.settle(time.Hour)
			w.expect(1, 1500, requestOf(tc.kind), renewsA)
		})
	}
}

// losesCall loses the answer to a call, once; obeyed says whether it has its effect.
func (w *world) losesCall(call string, obeyed bool) {
	method, path, _ := strings.Cut(call, " ")
	f := &fault{method: method, part: "/v2/" + path}
	f.answer = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.URL.Path != f.part {
			return next(), nil // a call below it
		}
		f.over = true
		if obeyed {
			next().Body.Close()
		}
		return nil, http.ErrHandlerTimeout
	}
	w.meets(f)
}

// A change that domaind began is not for a rule to cancel, nor a reason to alarm anybody,
// whether its id is known or was lost.
func TestOwnChangeIsNotCancelled(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprintf("lost %t", lost), func(t *testing.T) {
			w := newWorld(t, waitingShop, cancelAll)
			if lost {
				w.losesCall(requestOf(portfolio.OpChangeRegistrant), true)
			}
			if _, err := w.place(command(portfolio.OpChangeRegistrant)); err != nil {
				t.Fatal(err)
			}
			w.lives(3 * day)
			w.expect(0, 0, requestOf(portfolio.OpChangeRegistrant))
			equal(t, "announced", len(w.heard("alert blocked")), 0)
			op := w.row()
			equal(t, "its id", op.RemoteID != 0, true)
			change, err := w.clients[mainID].RegistrantChange(t.Context(), op.RemoteID)
			w.must(err)
			ours, err := w.x.Ours(change)
			w.must(err)
			equal(t, "ours", ours, true)
			change.ID++
			ours, err = w.x.Ours(change)
			w.must(err)
			equal(t, "another is ours", ours, false)
			w.settle(60 * day)
			equal(t, "in the end", w.row().State, portfolio.StateDone)
		})
	}
}

// What waits on a domain keeps a rule from everything there but its renewal.
func TestWhatWaitsKeepsRulesFromTheRest(t *testing.T) {
	w := newWorld(t, change, cancelAll)
	push := command(portfolio.OpPush)
	name := all(t, w.clients[mainID].ListDomains(t.Context(), portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortExpiration}}}))[0].Name
	push.Name, push.To = name, "00000000-0000-7000-8000-000000009999"
	w.meets(&fault{method: http.MethodPost, part: "/pushes", lost: true})
	_, err := w.place(push)
	w.must(err)
	before := len(w.changes())
	w.scan()
	equal(t, "sent", len(w.changes()), before)
	blocked := w.heard("alert blocked")
	if len(blocked) != 1 {
		t.Fatalf("told: %s", w.whats())
	}
	holds(t, blocked[0].Text, "push "+name)
}

// A name that turns out to be hosted under a domain that is busy waits for that.
func TestRegistrationWaitsForABusyDomain(t *testing.T) {
	w := newWorld(t, hostedShop, catchNew)
	w.offset = time.Hour
	w.watch("new.com")
	other := portfolio.Operation{
		AccountID: mainID, Kind: portfolio.OpReject, SubjectID: 8, DomainID: 90, Occasion: "push-8", Attempt: 1, State: portfolio.StateReserved, CreatedAt: began,
	}
	other.Key = portfolio.OperationKey(other.AccountID, other.Kind, other.SubjectID, other.Occasion, other.Attempt)
	w.must(w.store.Commit(portfolio.Change{Operation: &other}))
	w.offset = 0
	w.settle(2 * time.Hour)
	w.expect(0, 0)
	equal(t, "meanwhile", w.rows()[0].State, portfolio.StateReserved)
	ended := other
	ended.State, ended.EndedAt = portfolio.StateFailed, w.now()
	w.must(w.store.Commit(portfolio.Change{Operation: &ended, Was: other.State}))
	w.settle(2 * time.Hour)
	w.expect(1, 1500, registersNew)
}

// Of a domain whose account is not configured any more nobody can say that it left.
func TestOrphanedTransferOut(t *testing.T) {
	w := newWorld(t, shop, ample)
	_, err := w.place(command(portfolio.OpTransferOut))
	w.must(err)
	delete(w.x.turns, mainID)
	w.settle(2 * day)
	told := w.heard("notice leaving")
	if len(told) != 1 {
		t.Fatalf("told: %s", w.whats())
	}
	holds(t, told[0].Text, "nobody can look any more")
}
