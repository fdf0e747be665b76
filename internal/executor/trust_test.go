package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// pushed is a domain of studio that main may take over.
const pushed = `
[[domain]]
id = 70
account = "studio"
name = "gift.com"
expires = "+200d"
[[push]]
id = 5
domain = "gift.com"
to = "main"
created = "-1h"
`

// change is a change of registrant that nobody ordered.
const change = `
[[domain]]
id = 71
account = "main"
name = "mine.com"
expires = "+200d"
[[registrant_change]]
id = 9
domain = "mine.com"
contact = 6666
created = "-1h"
`

const accepts5 = "POST 1010/pushes/5"

// ownerOf is the account that holds a domain, by DNSimple.
func (w *world) ownerOf(id int64) int64 {
	w.t.Helper()
	for account, c := range w.clients {
		if _, _, err := c.Domain(w.t.Context(), id); err == nil {
			return account
		}
	}
	return 0
}

func TestAccept(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	decisions := w.decide()
	for range 2 { // the second time nothing is left to be done
		if _, err := w.x.Execute(t.Context(), decisions); err != nil {
			t.Fatal(err)
		}
	}
	w.expect(0, 0, accepts5)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "name", op.Name, "gift.com")
	equal(t, "source", op.SourceID, studioID)
	equal(t, "contact", op.Contact, 2715)
	equal(t, "owner", w.ownerOf(70), mainID)
}

// A push is proven again right before it is accepted.
func TestSourceChangesBeforeItIsAccepted(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	decisions := w.decide()
	equal(t, "decided", decisions[len(decisions)-1].Verdict, portfolio.VerdictAct)
	for name, fault := range map[string]func(req *http.Request, next func() *http.Response) (*http.Response, error){
		"studio has it no more": func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
			return w.answer(req, 404, `{"message":"Domain 70 not found"}`), nil
		},
		"studio's token is refused": func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
			return w.answer(req, 401, `{"message":"Authentication failed"}`), nil
		},
		"studio cannot be read": func(*http.Request, func() *http.Response) (*http.Response, error) { return nil, notSent() },
		"studio answers with another's": func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
			return w.answer(req, 200, `{"data":{"id":70,"account_id":4040,"name":"gift.com","state":"registered","expires_at":"2027-06-09T12:00:00Z"}}`), nil
		},
		"studio answers with another domain": func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
			return w.answer(req, 200, `{"data":{"id":71,"account_id":3030,"name":"gift.com","state":"registered","expires_at":"2027-06-09T12:00:00Z"}}`), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, pushed, acceptFromStudio)
			w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				if req.Header.Get("Authorization") == "Bearer token-studio" {
					return fault(req, next)
				}
				return next(), nil
			}
			if _, err := w.x.Execute(t.Context(), decisions); err != nil {
				t.Fatal(err)
			}
			w.settle(3 * day)
			w.expect(0, 0)
			equal(t, "state", w.row().State, portfolio.StateFailed) // at once, or after it was tried for a day
			equal(t, "owner", w.ownerOf(70) != mainID, true)
		})
	}
}

// What proves is an answer about this domain, in that account, and nothing less.
func TestProof(t *testing.T) {
	gone := &portfolio.CallError{Outcome: portfolio.OutcomeNotFound, Message: "not found"}
	for name, tc := range map[string]struct {
		domain portfolio.Domain
		err    error
		source int64
		why    string
	}{
		"owns it":           {domain: portfolio.Domain{ID: 70, AccountID: studioID, Name: "gift.com"}, source: studioID},
		"another domain":    {domain: portfolio.Domain{ID: 71, AccountID: studioID, Name: "gift.com"}, why: "not its own"},
		"another account's": {domain: portfolio.Domain{ID: 70, AccountID: deskID, Name: "gift.com"}, why: "not its own"},
		"nothing":           {why: "not its own"},
		"does not own it":   {err: gone, why: "none of the configured accounts owns"},
		"an error":          {err: failing(portfolio.OutcomeUnknown), why: "could not be read"},
		"a refused token":   {err: failing(portfolio.OutcomeUnauthorized), why: "could not be read"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "", ample)
			x := New(Options{Ledger: w.store, Now: w.now, Registries: map[int64]Registry{
				mainID:   fakeReader{}, // the target is not asked
				studioID: fakeReader{domain: func(int64) (portfolio.Domain, error) { return tc.domain, tc.err }},
			}})
			f := x.Prove(t.Context(), portfolio.Push{ID: 5, AccountID: mainID, DomainID: 70})
			equal(t, "source", f.SourceID, tc.source)
			equal(t, "proven", f.Proven(), tc.source != 0)
			holds(t, f.Unproven, tc.why)
		})
	}
}

// Two accounts that claim the same domain prove nothing.
func TestTwoOwners(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.URL.Path == "/v2/2020/domains/70" {
			return w.answer(req, 200, `{"data":{"id":70,"account_id":2020,"name":"gift.com","state":"registered","expires_at":"2027-06-09T12:00:00Z"}}`), nil
		}
		return next(), nil
	}
	w.scan()
	w.expect(0, 0)
	equal(t, "rows", len(w.rows()), 0)
	equal(t, "announced", len(w.heard("alert unproven")), 1)
}

func TestUnprovenIsNeverAccepted(t *testing.T) {
	// Nobody whom we know owns it.
	const foreign = `
[[account]]
id = 4040
name = "stranger"
[[domain]]
id = 70
account = "stranger"
name = "gift.com"
expires = "+200d"
[[push]]
id = 5
domain = "gift.com"
to = "main"
`
	for name, policy := range map[string]string{
		"by source":       acceptFromStudio,
		"except a source": ample + "[[rule]]\nname = \"take\"\non = \"push\"\nmatch = { source = \"studio\", name = \"*\" }\ndo = \"accept\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, foreign, policy)
			w.scan()
			w.settle(day)
			w.scan()
			w.expect(0, 0)
			equal(t, "rows", len(w.rows()), 0)
			equal(t, "announced", len(w.heard("alert unproven")), 1)
		})
	}
	// Not even where somebody decided so.
	w := newWorld(t, foreign, acceptFromStudio)
	d := w.decide()[0]
	d.Verdict, d.Do, d.Rule, d.Contact = portfolio.VerdictAct, portfolio.ActionAccept, "take", 2715
	if _, err := w.x.Execute(t.Context(), []portfolio.Decision{d}); err != nil {
		t.Fatal(err)
	}
	w.expect(0, 0)
}

func TestReject(t *testing.T) {
	w := newWorld(t, pushed, ample+"[[rule]]\nname = \"no\"\non = \"push\"\ndo = \"reject\"\n")
	w.scan()
	w.expect(0, 0, "DELETE 1010/pushes/5")
	equal(t, "state", w.row().State, portfolio.StateDone)
	equal(t, "owner", w.ownerOf(70), studioID)
}

func TestCancelChange(t *testing.T) {
	for takes, state := range map[string]portfolio.OperationState{"0s": portfolio.StateDone, "5m": portfolio.StatePending} {
		w := newWorld(t, change+`cancel_takes = "`+takes+`"`, ample+"[[rule]]\nname = \"stop\"\non = \"registrant_change\"\ndo = \"cancel\"\n")
		w.scan()
		equal(t, "at first", w.row().State, state)
		w.settle(time.Hour)
		w.scan()
		equal(t, "an hour later", w.row().State, portfolio.StateDone)
		w.expect(0, 0, "DELETE 1010/registrar/registrant_changes/9")
	}
}

// The answer to a wish is lost: where there is evidence it was carried out, and
// else it is sent again.
func TestLostAnswerToAWish(t *testing.T) {
	reject := ample + "[[rule]]\nname = \"no\"\non = \"push\"\ndo = \"reject\"\n"
	cancel := ample + "[[rule]]\nname = \"stop\"\non = \"registrant_change\"\ndo = \"cancel\"\n"
	for _, tc := range []struct {
		name, world, policy, method, part string
	}{
		{"accept", pushed, acceptFromStudio, http.MethodPost, "/pushes/5"},
		{"reject", pushed, reject, http.MethodDelete, "/pushes/5"},
		{"cancel", change, cancel, http.MethodDelete, "/registrant_changes/9"},
	} {
		for _, happened := range []bool{true, false} {
			name := tc.name + " that happened"
			if !happened {
				name = tc.name + " that did not"
			}
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, tc.world, tc.policy)
				times := w.on(tc.method, tc.part, func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
					if happened {
						next().Body.Close()
					}
					return nil, http.ErrHandlerTimeout
				})
				w.scan()
				equal(t, "faults", *times, 1)
				equal(t, "state", w.row().State, portfolio.StateReserved)
				w.settle(time.Hour)
				equal(t, "state", w.row().State, portfolio.StateDone)
				sent := 2
				if happened {
					sent = 1
				}
				equal(t, "requests", len(w.changes()), sent)
				equal(t, "sent", w.row().Sent, sent)
			})
		}
	}
}

// A wish is sent until there is evidence: one that DNSimple forgets is sent again,
// and one that no rule wants any more is said to have failed.
func TestWishWithoutEvidence(t *testing.T) {
	for still, rows := range map[bool]string{true: "cancel-change change-9 done", false: "cancel-change change-9 failed"} {
		w := newWorld(t, change, ample+"[[rule]]\nname = \"stop\"\non = \"registrant_change\"\ndo = \"cancel\"\n")
		w.on(http.MethodDelete, "/registrant_changes/9", func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
			return w.answer(req, 204, ""), nil // and does nothing
		})
		w.scan()
		w.settle(30 * time.Minute)
		equal(t, "state", w.row().State, portfolio.StatePending)
		equal(t, "requests", len(w.changes()), 1)
		if !still {
			w.cfg.Policy = parseConfig(t, ample).Policy
		}
		w.settle(3 * day)
		equal(t, "rows", summary(w.rows()), rows)
		equal(t, "requests in all", len(w.changes()), map[bool]int{true: 2, false: 1}[still])
		equal(t, "alerts", len(w.heard("alert failed")), map[bool]int{true: 0, false: 1}[still])
	}
}

// DNSimple may take a moment to move a domain: a push that is gone is not lost at once.
func TestLostAnswerAndADomainThatComesLate(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	w.on(http.MethodPost, "/pushes/5", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		next().Body.Close()
		return nil, http.ErrHandlerTimeout
	})
	w.scan()
	arrives := w.now().Add(70 * time.Second)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.URL.Path == "/v2/1010/domains/70" && w.now().Before(arrives) {
			return w.answer(req, 404, `{"message":"Domain 70 not found"}`), nil
		}
		return next(), nil
	}
	w.settle(time.Hour)
	w.expect(0, 0, accepts5)
	equal(t, "state", w.row().State, portfolio.StateDone)
}

// A push that somebody else settled, and a domain that never came.
func TestPushSettledByOthers(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	w.on(http.MethodPost, "/pushes/5", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		// Somebody rejects it first.
		w.by(http.MethodDelete, "/v2/1010/pushes/5", "", http.StatusNoContent)
		return next(), nil // 404
	})
	w.scan()
	w.settle(2 * time.Hour)
	equal(t, "state", w.row().State, portfolio.StateFailed)
	holds(t, w.row().History[len(w.row().History)-1].Note, "did not come")
	equal(t, "owner", w.ownerOf(70), studioID)
}

// At most one operation is open on a domain, across accounts: a domain that is
// pushed to main while desk renews it is not accepted before that is over.
func TestOneOperationPerDomain(t *testing.T) {
	const both = `
[[domain]]
id = 80
account = "desk"
name = "both.com"
expires = "+10d"
renewal = { takes = "3h" }
[[push]]
id = 6
domain = "both.com"
to = "main"
created = "-1h"
`
	policy := renewAll + "[[rule]]\nname = \"take\"\non = \"push\"\nmatch = { source = \"desk\" }\ndo = \"accept\"\n"
	w := newWorld(t, both, policy)
	w.scan()
	const renews = "POST 2020/registrar/domains/both.com/renewals"
	w.expect(0, 0, renews)
	equal(t, "rows", summary(w.rows()), "renew both.com pending")
	d := w.decide()
	assessed, err := w.x.Assess(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range assessed {
		equal(t, string(a.Do), a.Code, codeUnderWay)
	}
	w.settle(4 * time.Hour)
	w.scan()
	w.expect(1, 1500, renews, "POST 1010/pushes/6")
	equal(t, "rows", summary(w.rows()), "renew both.com done; accept both.com done")
	if strings.Contains(summary(w.rows()), "failed") {
		t.Error(summary(w.rows()))
	}
}
