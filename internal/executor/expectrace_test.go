package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// readingLedger does something once, after the approvals were read.
type readingLedger struct {
	Ledger
	then func()
}

func (l *readingLedger) Approvals() ([]portfolio.Approval, error) {
	all, err := l.Ledger.Approvals()
	if then := l.then; then != nil {
		l.then = nil
		then()
	}
	return all, err
}

// Once somebody was told that an announcement is revoked, nothing is accepted by it: not
// where the last look was made already, either.
func TestAnnouncementIsRevokedInTheLastMoment(t *testing.T) {
	w := newWorld(t, stranger, ample)
	ledger := new(readingLedger)
	w.wrap = func(l Ledger) Ledger { ledger.Ledger = l; return ledger }
	w.restarts()
	a := w.expects(day)
	decisions := w.decide()
	ledger.then = func() {
		if _, err := w.x.RevokePush(a.ID(), "operator bob", ""); err != nil {
			t.Error(err)
		}
	}
	w.mustExecute(t.Context(), decisions)
	w.expect(0, 0)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	equal(t, "announcements", w.waiting(), 0)
}

// What was sent cannot be revoked any more, and who tries hears that.
func TestAnnouncementThatWasUsedIsNotRevoked(t *testing.T) {
	w := newWorld(t, stranger, ample)
	a := w.expects(day)
	sent := false
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if sent {
			return nil, notSent() // its evidence cannot be read
		}
		sent = req.Method == http.MethodPost
		return next(), nil
	}
	w.scan()
	equal(t, "state", w.row().State, portfolio.StatePending)
	_, err := w.x.RevokePush(a.ID(), "operator bob", "")
	refusedWith(t, err, "it was sent already")
	equal(t, "announcements", w.waiting(), 1)
}

// A push that came in is expected no more, whoever let it in: another one of the same domain
// is not accepted unproven later.
func TestAnnouncementIsSpentByWhoeverAccepts(t *testing.T) {
	w := newWorld(t, stranger, ample)
	w.expects(7 * day)
	decisions := w.decide()
	for i := range decisions {
		if f, ok := decisions[i].Resource.(portfolio.PushFacts); ok {
			by, err := w.x.Place(t.Context(), portfolio.Command{Kind: portfolio.OpAccept, AccountID: f.AccountID, SubjectID: f.ID, Contact: 2715, Unproven: true}, nil, operator)
			w.must(err)
			equal(t, "state", by.State, portfolio.StateDone)
		}
	}
	w.expect(0, 0, accepts5)
	equal(t, "announcements", w.waiting(), 0)
	equal(t, "told", len(w.heard("notice announcement-ended")), 1)
}

// Who denies a push and then announces it means the later word; a denial that comes behind
// the announcement holds.
func TestAnnouncedAfterADenial(t *testing.T) {
	for _, first := range []string{"denied", "announced"} {
		w := newWorld(t, pushed, acceptFromStudio+"mode = \"ask\"\n")
		w.scan()
		op := w.asks()
		deny := func() { w.says(op, false) }
		announce := func() {
			_, err := w.x.ExpectPush(portfolio.Approval{AccountID: mainID, SubjectID: op.DomainID, Contact: 2715, By: operator, Until: w.now().Add(day)})
			w.must(err)
		}
		order, want := []func(){deny, announce}, 1
		if first == "announced" {
			order, want = []func(){announce, deny}, 0
		}
		for _, say := range order {
			say()
			w.clock.pass(time.Second)
		}
		w.scan()
		equal(t, first+" first, and accepted", len(w.changes()), want)
	}
}

// A rule may hold the push by its name, which cannot be read just now: it is not accepted
// before somebody can say.
func TestAnnouncedWhileItsNameCannotBeRead(t *testing.T) {
	for _, hold := range []bool{true, false} {
		policy := ample
		if hold {
			policy += "[[rule]]\nname = \"keep-out\"\non = \"push\"\nmatch = { name = \"gift.com\" }\ndo = \"hold\"\nreason = \"a dispute\"\n"
		}
		w := newWorld(t, pushed, policy)
		var id int64
		for _, d := range w.decide() {
			if f, ok := d.Resource.(portfolio.PushFacts); ok {
				id = f.DomainID
			}
		}
		_, err := w.x.ExpectPush(portfolio.Approval{AccountID: mainID, SubjectID: id, Contact: 2715, By: operator, Until: w.now().Add(day)})
		w.must(err)
		w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
			if strings.Contains(req.URL.Path, "/3030/domains/") {
				return nil, notSent()
			}
			return next(), nil
		}
		w.scan()
		equal(t, "accepted", len(w.changes()), map[bool]int{true: 0, false: 1}[hold])
		w.fault = nil
		w.scan()
		equal(t, "accepted once it can be read", len(w.changes()), map[bool]int{true: 0, false: 1}[hold])
	}
}
