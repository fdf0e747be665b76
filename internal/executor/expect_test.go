package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// stranger is a domain of an account that nobody configured, pushed to main.
const stranger = `
[[account]]
id = 9090
name = "stranger"
tokens = ["token-stranger"]
[[domain]]
id = 70
account = "stranger"
name = "gift.com"
expires = "+200d"
[[push]]
id = 5
domain = "gift.com"
to = "main"
created = "-1h"
`

// expects announces that gift.com is pushed to main.
func (w *world) expects(ttl time.Duration) portfolio.Approval {
	w.t.Helper()
	a, err := w.x.ExpectPush(portfolio.Approval{
		AccountID: mainID, SubjectID: 70, Contact: 2715, By: "operator alice", Reason: "the sale", Until: w.now().Add(ttl),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) waiting() int {
	w.t.Helper()
	all, err := w.x.ExpectedPushes()
	if err != nil {
		w.t.Fatal(err)
	}
	return len(all)
}

// TestAnnouncedPush: it is accepted in whatever mode, from whomever, once.
func TestAnnouncedPush(t *testing.T) {
	reject := ample + `
[[rule]]
name = "no"
on = "push"
do = "reject"
match = { older_than = "1w" }
`
	for name, policy := range map[string]string{"no rule": ample, "a rule that rejects, in dry-run": reject + `mode = "dry-run"`, "a rule that rejects later": reject} {
		t.Log(name)
		w := newWorld(t, stranger, policy)
		w.scan()
		w.expect(0, 0)
		w.expects(7 * day)
		w.restarts() // it outlives the process
		w.scan()
		w.expect(0, 0, accepts5)
		op := w.row()
		equal(t, "state", op.State, portfolio.StateDone)
		equal(t, "contact", op.Contact, 2715)
		equal(t, "by", op.By, "operator alice, who announced it on 2026-11-21")
		equal(t, "approval", op.Approval.Kind, portfolio.ApprovalPush)
		equal(t, "owner", w.ownerOf(70), mainID)
		equal(t, "announcements", w.waiting(), 0)
	}
}

func TestAnnouncementsEnd(t *testing.T) {
	w := newWorld(t, stranger, ample)
	a := w.expects(day)
	if _, err := w.x.RevokePush(a.ID(), "operator bob", "no sale"); err != nil {
		t.Fatal(err)
	}
	w.scan()
	w.expect(0, 0)
	if _, err := w.x.RevokePush(a.ID(), "operator bob", ""); err == nil || !strings.Contains(err.Error(), "there is no announcement") {
		t.Errorf("revoked twice: %v", err)
	}

	w.expects(day)
	w.clock.pass(day)
	w.scan()
	w.expect(0, 0)
	change, err := w.x.Overdue()
	if err != nil || len(change.Spent) != 1 || len(change.Events) != 1 || !strings.Contains(change.Events[0].Text, "nothing came in time") {
		t.Fatalf("overdue: %+v, %v", change, err)
	}
	if err := w.store.Commit(change); err != nil {
		t.Fatal(err)
	}
	equal(t, "announcements", w.waiting(), 0)

	w.expects(day)
	w.clock.pass(time.Minute)
	w.expects(2 * day) // in place of the first
	equal(t, "announcements", w.waiting(), 1)
	for name, bad := range map[string]portfolio.Approval{
		"is not configured":     {AccountID: 1, SubjectID: 70, Contact: 1, Until: w.now().Add(day)},
		"which domain":          {AccountID: mainID, Contact: 1, Until: w.now().Add(day)},
		"which contact":         {AccountID: mainID, SubjectID: 70, Until: w.now().Add(day)},
		"over before it began":  {AccountID: mainID, SubjectID: 70, Contact: 1, Until: w.now()},
		"over before it began ": {AccountID: mainID, SubjectID: 70, Contact: 1},
	} {
		if _, err := w.x.ExpectPush(bad); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAnnouncementIsRevokedMeanwhile: between the reservation and the request.
func TestAnnouncementIsRevokedMeanwhile(t *testing.T) {
	for name, meanwhile := range map[string]func(w *world, a portfolio.Approval){
		"revoked": func(w *world, a portfolio.Approval) {
			if _, err := w.x.RevokePush(a.ID(), "operator bob", ""); err != nil {
				w.t.Fatal(err)
			}
		},
		"replaced": func(w *world, _ portfolio.Approval) { w.clock.pass(time.Second); w.expects(3 * day) },
		"over":     func(w *world, _ portfolio.Approval) { w.clock.pass(4 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, stranger, ample)
			a := w.expects(3 * time.Hour)
			decisions := w.decide()
			once := false
			w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				if !once && strings.HasSuffix(req.URL.Path, "/pushes") { // it is confirmed
					once = true
					meanwhile(w, a)
				}
				return next(), nil
			}
			if _, err := w.x.Execute(t.Context(), decisions); err != nil {
				t.Fatal(err)
			}
			w.expect(0, 0)
			equal(t, "state", w.row().State, portfolio.StateFailed)
			equal(t, "owner", w.ownerOf(70) == mainID, false)
		})
	}
}

// TestAHoldStopsAnAnnouncedPush, since a hold wins wherever it stands; and somebody hears of it.
func TestAHoldStopsAnAnnouncedPush(t *testing.T) {
	w := newWorld(t, stranger, ample+`
[[rule]]
name = "nothing-in"
on = "push"
do = "hold"
reason = "the accounts are being merged"
`)
	w.expects(day)
	w.scan()
	w.expect(0, 0)
	equal(t, "announcements", w.waiting(), 1)
	told := false
	for _, e := range w.told {
		told = told || e.Level == portfolio.LevelAlert && strings.Contains(e.Text, "nothing-in: operator alice announced it, and this rule holds it: the accounts are being merged")
	}
	equal(t, "told", told, true)
}

// TestAnnouncedElsewhere: an announcement lets in nothing but what it names.
func TestAnnouncedElsewhere(t *testing.T) {
	for name, a := range map[string]portfolio.Approval{
		"another domain":  {AccountID: mainID, SubjectID: 71},
		"another account": {AccountID: deskID, SubjectID: 70},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, stranger, ample)
			a.Contact, a.By, a.Until = 2715, "operator alice", w.now().Add(day)
			if _, err := w.x.ExpectPush(a); err != nil {
				t.Fatal(err)
			}
			w.scan()
			w.expect(0, 0)
			equal(t, "announcements", w.waiting(), 1)
		})
	}
}
