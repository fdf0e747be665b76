package executor

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// hostedShop is a world in which the account hosts names that it does not own.
const hostedShop = shop + `
[operations]
registration_takes = "10m"
transfer_takes = "1h"
[[domain]]
id = 90
name = "new.com"
account = "main"
[[domain]]
id = 91
name = "theirs.com"
account = "main"
`

// A name that the account only hosts is nobody's: it is registered, or transferred, and
// not taken for ours before it is.
func TestHostedNamesAreBought(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRegister, portfolio.OpTransfer} {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, hostedShop, ample)
			p, err := w.x.Propose(t.Context(), command(kind))
			w.must(err)
			equal(t, "said", slices.ContainsFunc(p.Consequences, func(s string) bool { return strings.Contains(s, "hosted in the account already") }), true)
			op, err := w.place(command(kind))
			w.must(err)
			equal(t, "at first", op.State, portfolio.StatePending)
			equal(t, "domain", op.DomainID, p.Operation.DomainID)
			w.settle(2 * day)
			op = w.row()
			equal(t, "in the end", op.State, portfolio.StateDone)
			equal(t, "expires", op.ExpiresAt.IsZero(), false)
			_, err = w.x.Propose(t.Context(), command(kind))
			refusedWith(t, err, "already: it is registered")
		})
	}
	t.Run("by a rule", func(t *testing.T) {
		w := newWorld(t, hostedShop, catchNew)
		w.watch("new.com")
		w.settle(2 * time.Hour)
		w.expect(1, 1500, registersNew)
		equal(t, "in the end", w.row().State, portfolio.StateDone)
	})
	t.Run("lost", func(t *testing.T) {
		w := newWorld(t, hostedShop, ample)
		w.losesCall(registersNew, false)
		_, err := w.place(command(portfolio.OpRegister))
		w.must(err)
		w.settle(3 * day)
		equal(t, "state", w.row().State, portfolio.StateUnknown) // that it is hosted shows nothing
		// Somebody registers it in the console: it is there, at one price, and once.
		w.by(http.MethodPost, "/v2/1010/registrar/domains/new.com/registrations", `{"registrant_id":2715}`, 202)
		w.settle(3 * day)
		equal(t, "in the end", w.row().State, portfolio.StateDone)
	})
}

// What the account had before the request left is no evidence of it, however it came to be
// that the request left.
func TestWhatWasThereBeforeIsNoEvidence(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRegister, portfolio.OpTransfer} {
		t.Run(string(kind), func(t *testing.T) {
			c := command(kind)
			w := newWorld(t, strings.Replace(shop, "[[name]]\nname = \"theirs.com\"", "[[name]]\nname = \"elsewhere.com\"", 1)+
				fmt.Sprintf("[[domain]]\nid = 90\nname = %q\naccount = \"main\"\nexpires = \"+300d\"\ncreated = \"-65d\"\n", c.Name), ample)
			// DNSimple hides it until the request has left, which never arrives.
			hidden := true
			w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				switch {
				case hidden && strings.HasSuffix(req.URL.Path, "/domains/"+c.Name):
					return w.answer(req, 404, `{"message":"Domain not found"}`), nil
				case strings.HasSuffix(req.URL.Path, "/check"):
					return w.answer(req, 200, fmt.Sprintf(`{"data":{"domain":%q,"available":%t,"premium":false}}`, c.Name, kind == portfolio.OpRegister)), nil
				case req.Method == http.MethodPost:
					hidden = false
					return nil, http.ErrHandlerTimeout
				}
				return next(), nil
			}
			_, err := w.place(c)
			w.must(err)
			w.settle(10 * day)
			op := w.row()
			equal(t, "state", op.State, portfolio.StateUnknown)
			equal(t, "its domain", op.DomainID, 0)
			last := w.heard("alert delayed")
			if len(last) == 0 {
				t.Fatal("nobody is told")
			}
			holds(t, last[0].Text, "before this was sent")
			w.expect(0, 0, requestOf(kind))
		})
	}
}

// Who has it by the time that it is to be sent, has it: nothing is sent.
func TestRegisteredInTheConsoleMeanwhile(t *testing.T) {
	w := newWorld(t, shop, ample)
	w.offset = time.Hour // it is not sent at once
	_, err := w.place(command(portfolio.OpRegister))
	w.must(err)
	w.by(http.MethodPost, "/v2/1010/registrar/domains/new.com/registrations", `{"registrant_id":2715}`, 201)
	// A registry may be late to say that it is taken.
	w.meets(&fault{method: http.MethodGet, part: "/check", answer: func(req *http.Request, _ func() *http.Response) (*http.Response, error) {
		return w.answer(req, 200, `{"data":{"domain":"new.com","available":true,"premium":false}}`), nil
	}})
	w.clock.pass(5 * time.Minute)
	w.offset = 0
	w.settle(3 * time.Hour)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateFailed)
	holds(t, op.LastNote(), "has new.com already: it is registered")
	equal(t, "requests", len(w.changes()), 0)
}

// Where auto-renewal is switched off it is said what follows.
func TestAutoRenewalOffSaysWhatFollows(t *testing.T) {
	const rule = "\n[[rule]]\nname = \"r\"\non = \"domain\"\nmatch = { name = \"a.*\" }\n"
	for name, tc := range map[string]struct{ tld, policy, want string }{
		"no rule":       {"com", ample, "no rule renews it"},
		"a rule":        {"com", renewAll, "rule renew-all (policy.toml:"},
		"a hold":        {"com", renewAll + rule + "do = \"hold\"\nreason = \"so\"\n", "says hold"},
		"let-lapse":     {"com", renewAll + rule + "do = \"let-lapse\"\nreason = \"so\"\n", "says let-lapse"},
		"dry-run":       {"com", renewAll + "mode = \"dry-run\"\n", "no rule renews it"},
		"auto only":     {"ch", ample, ".ch is renewed in no other way, and no rule"},
		"auto and rule": {"ch", renewAll, "switches it on again"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "[[domain]]\nid = 7\nname = \"a."+tc.tld+"\"\naccount = \"main\"\nexpires = \"+200d\"\nauto_renew = true\n", tc.policy)
			p, err := w.x.Propose(t.Context(), portfolio.Command{Kind: portfolio.OpAutoRenewal, AccountID: mainID, Name: "a." + tc.tld})
			w.must(err)
			said := strings.Join(p.Consequences, "\n")
			holds(t, said, "it expires on 2027-06-09")
			holds(t, said, tc.want)
		})
	}
}
