package executor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// shop is a world in which operators do things by hand; its policy wants nothing.
const shop = `
[[contact]]
id = 2716
account = "main"
[[domain]]
id = 7
name = "a.com"
account = "main"
registrant = 2715
expires = "+200d"
[[domain]]
id = 8
name = "lapsed.com"
account = "main"
expires = "-40d"
[[domain]]
id = 70
name = "gift.com"
account = "studio"
expires = "+300d"
[[push]]
id = 5
domain = "gift.com"
to = "main"
[[name]]
name = "theirs.com"
elsewhere = true
auth_code = "open-sesame"
expires = "+100d"
`

// command is one that works in the shop, by its kind.
func command(kind portfolio.OperationKind) portfolio.Command {
	c := portfolio.Command{Kind: kind, AccountID: mainID, Name: "a.com"}
	switch kind {
	case portfolio.OpRestore:
		c.Name = "lapsed.com"
	case portfolio.OpRegister:
		c.Name, c.Contact = "new.com", 2715
	case portfolio.OpTransfer:
		c.Name, c.Contact, c.Code = "theirs.com", 2715, "open-sesame"
	case portfolio.OpAdd:
		c.Name = "hosted.example"
	case portfolio.OpPush:
		c.To = fmt.Sprintf("00000000-0000-7000-8000-%012d", deskID)
	case portfolio.OpChangeRegistrant:
		c.Contact = 2716
	case portfolio.OpAutoRenewal:
		c.On = true
	case portfolio.OpAccept:
		c.Name, c.SubjectID, c.Contact = "", 5, 2715
	case portfolio.OpReject:
		c.Name, c.SubjectID = "", 5
	}
	return c
}

// place proposes a command, agrees to what it costs, and places it.
func (w *world) place(c portfolio.Command) (portfolio.Operation, error) {
	w.t.Helper()
	p, err := w.x.Propose(w.t.Context(), c)
	if err != nil {
		return p.Operation, err
	}
	return w.x.Place(w.t.Context(), c, p.Price, "operator test")
}

// began are the requests that change something, by the kind of the command.
func requestOf(kind portfolio.OperationKind) string {
	return map[portfolio.OperationKind]string{
		portfolio.OpRenew:            "POST 1010/registrar/domains/a.com/renewals",
		portfolio.OpRestore:          "POST 1010/registrar/domains/lapsed.com/restores",
		portfolio.OpRegister:         "POST 1010/registrar/domains/new.com/registrations",
		portfolio.OpTransfer:         "POST 1010/registrar/domains/theirs.com/transfers",
		portfolio.OpAdd:              "POST 1010/domains",
		portfolio.OpPush:             "POST 1010/domains/7/pushes",
		portfolio.OpChangeRegistrant: "POST 1010/registrar/registrant_changes",
		portfolio.OpTransferOut:      "POST 1010/registrar/domains/a.com/authorize_transfer_out",
		portfolio.OpAutoRenewal:      "PUT 1010/registrar/domains/a.com/auto_renewal",
		portfolio.OpDelete:           "DELETE 1010/domains/7",
		portfolio.OpAccept:           "POST 1010/pushes/5",
		portfolio.OpReject:           "DELETE 1010/pushes/5",
	}[kind]
}

func handKinds() []portfolio.OperationKind {
	return []portfolio.OperationKind{
		portfolio.OpRenew, portfolio.OpRestore, portfolio.OpRegister, portfolio.OpTransfer, portfolio.OpAdd, portfolio.OpPush,
		portfolio.OpChangeRegistrant, portfolio.OpTransferOut, portfolio.OpAutoRenewal, portfolio.OpDelete, portfolio.OpAccept, portfolio.OpReject,
	}
}

// Each command, as an operator types it: one request, and a row that says who asked and
// comes to its end.
func TestCommands(t *testing.T) {
	for _, kind := range handKinds() {
		t.Run(string(kind), func(t *testing.T) {
			w := newWorld(t, shop, ample)
			p, err := w.x.Propose(t.Context(), command(kind))
			if err != nil {
				t.Fatal(err)
			}
			w.expect(0, 0) // a proposal changes nothing
			equal(t, "rows", len(w.rows()), 0)
			equal(t, "has a price", p.Price != nil, kind.Purchase())
			if _, err := w.x.Place(t.Context(), command(kind), p.Price, "operator alice"); err != nil {
				t.Fatal(err)
			}
			for range 40 {
				w.settle(6 * time.Hour)
			}
			equal(t, "requests", strings.Join(w.changes(), ", "), requestOf(kind))
			op := w.row()
			equal(t, "state", op.State, portfolio.StateDone)
			equal(t, "by", op.By, "operator alice")
			equal(t, "kind", op.Kind, kind)
			n, charged := w.charged()
			if kind.Purchase() {
				equal(t, "charged", charged, op.Price())
				equal(t, "the charge is booked", op.Charge != nil, true)
			} else {
				equal(t, "charges", n, 0)
			}
			_, reserved := w.spent()
			equal(t, "reserved", reserved, portfolio.Tally{})
		})
	}
}

// The answer is lost, with the effect or without it. What is sent once is never sent
// again, and what shows settles it; a wish is sent until it shows.
func TestCommandsWhoseAnswerIsLost(t *testing.T) {
	for _, kind := range handKinds() {
		for _, happened := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s happened %t", kind, happened), func(t *testing.T) {
				w := newWorld(t, shop, ample)
				lost := 0
				w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
					if req.Method == http.MethodGet || strings.HasSuffix(req.URL.Path, "/check") || lost > 0 {
						return next(), nil
					}
					lost++
					if happened {
						next().Body.Close()
					}
					return nil, http.ErrHandlerTimeout
				}
				if _, err := w.place(command(kind)); err != nil {
					t.Fatal(err)
				}
				for range 40 {
					w.settle(6 * time.Hour)
				}
				op := w.row()
				sent := 0
				for _, c := range w.changes() {
					if c == requestOf(kind) {
						sent++
					}
				}
				want, requests := portfolio.StateDone, 1
				switch {
				case !happened && (kind == portfolio.OpAdd || kind == portfolio.OpChangeRegistrant):
					want = portfolio.StateFailed // it costs nothing, and would show
				case !happened && kind.Once(), kind == portfolio.OpTransferOut:
					want = portfolio.StateUnknown
				case !happened:
					requests = 2
				}
				equal(t, "state", op.State, want)
				equal(t, "requests", sent, requests)
				if want == portfolio.StateUnknown {
					equal(t, "attention", op.Attention, true)
					if _, err := w.x.Resolve(t.Context(), op.Key, ResolveNotBought, "operator alice", ""); err != nil {
						t.Fatal(err)
					}
					equal(t, "resolved", w.row().State, portfolio.StateFailed)
				}
				_, reserved := w.spent()
				equal(t, "reserved", reserved, portfolio.Tally{})
			})
		}
	}
}

// What cannot be is refused with a sentence, before anything is written or sent.
func TestCommandsRefused(t *testing.T) {
	agreed := portfolio.Money(100)
	for name, tc := range map[string]struct {
		change func(*portfolio.Command)
		kind   portfolio.OperationKind
		policy string
		want   string
	}{
		"another account's domain": {func(c *portfolio.Command) { c.Name = "gift.com" }, portfolio.OpRenew, ample, "has no domain gift.com"},
		"not lapsed":               {func(c *portfolio.Command) { c.Name = "a.com" }, portfolio.OpRestore, ample, "nothing to restore"},
		"taken":                    {func(c *portfolio.Command) { c.Name = "theirs.com" }, portfolio.OpRegister, ample, "is not free"},
		"ours":                     {func(c *portfolio.Command) { c.Name = "a.com" }, portfolio.OpRegister, ample, "has a.com already"},
		"free":                     {func(c *portfolio.Command) { c.Name = "new.com" }, portfolio.OpTransfer, ample, "register it"},
		"no contact":               {func(c *portfolio.Command) { c.Contact = 0 }, portfolio.OpRegister, ample, "contact"},
		"both targets":             {func(c *portfolio.Command) { c.Email = "a@b.example" }, portfolio.OpPush, ample, "not both"},
		"same registrant":          {func(c *portfolio.Command) { c.Contact = 2715 }, portfolio.OpChangeRegistrant, ample, "is the registrant"},
		"off already":              {func(c *portfolio.Command) { c.On = false }, portfolio.OpAutoRenewal, ample, "is off already"},
		"no such push":             {func(c *portfolio.Command) { c.SubjectID = 77 }, portfolio.OpAccept, ample, "no push 77"},
		"no such account":          {func(c *portfolio.Command) { c.AccountID = 9 }, portfolio.OpRenew, ample, "not configured"},
		"a ceiling":                {func(*portfolio.Command) {}, portfolio.OpRenew, strings.Replace(ample, "1000.00", "1.00", 1), "max_per_purchase"},
		"no such command":          {func(c *portfolio.Command) { c.Kind = "sing" }, portfolio.OpRenew, ample, "no command"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, shop, tc.policy)
			c := command(tc.kind)
			tc.change(&c)
			_, err := w.x.Propose(t.Context(), c)
			no, ok := errors.AsType[*RefusedError](err)
			if !ok {
				t.Fatalf("%v", err)
			}
			holds(t, no.Reason, tc.want)
			if _, err := w.x.Place(t.Context(), c, &agreed, "operator test"); err == nil {
				t.Error("it is placed all the same")
			}
			w.expect(0, 0)
			equal(t, "rows", len(w.rows()), 0)
		})
	}
}

// More than was agreed to is not paid, and nothing that nobody agreed to.
func TestCommandAgreed(t *testing.T) {
	w := newWorld(t, shop, ample)
	cheap := portfolio.Money(1499)
	for _, agreed := range []*portfolio.Money{nil, &cheap} {
		if _, err := w.x.Place(t.Context(), command(portfolio.OpRenew), agreed, "operator test"); err == nil {
			t.Errorf("%v: it is placed", agreed)
		}
	}
	w.expect(0, 0)
}

// An unproven push is taken only where the operator says that nothing proves it.
func TestCommandAcceptsUnproven(t *testing.T) {
	unproven := strings.Replace(shop, `account = "studio"`, `account = "nobody"`, 1) + `
[[account]]
id = 4040
name = "nobody"
tokens = ["token-nobody"]
`
	w := newWorld(t, unproven, ample)
	c := command(portfolio.OpAccept)
	if _, err := w.place(c); err == nil {
		t.Fatal("an unproven push is accepted")
	}
	w.expect(0, 0)
	c.Unproven = true
	if _, err := w.place(c); err != nil {
		t.Fatal(err)
	}
	w.settle(time.Hour)
	equal(t, "owner", w.ownerOf(70), mainID)
	equal(t, "state", w.row().State, portfolio.StateDone)
}

// The authorization code is nowhere but in the request: a restart before it was sent
// ends the transfer.
func TestTransferCodeIsNotKept(t *testing.T) {
	w := newWorld(t, shop, ample)
	w.offset = time.Hour // nothing is sent by a clock that is off
	if _, err := w.place(command(portfolio.OpTransfer)); err != nil {
		t.Fatal(err)
	}
	equal(t, "state", w.row().State, portfolio.StateReserved)
	w.stop()
	w.offset = 0
	w.start()
	w.must(w.x.Recover(t.Context()))
	w.settle(3 * time.Hour)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateFailed)
	holds(t, op.LastNote(), "authorization code")
	w.expect(0, 0)
	for _, e := range w.told {
		if strings.Contains(fmt.Sprintf("%+v", e), "open-sesame") {
			t.Errorf("the code is told: %+v", e)
		}
	}
	if strings.Contains(fmt.Sprintf("%+v", w.rows()), "open-sesame") {
		t.Error("the code is in the ledger")
	}
}

// A domain whose code was sent is left alone, and its removal is expected.
func TestLeaving(t *testing.T) {
	near := strings.NewReplacer(`expires = "+200d"`, `expires = "+10d"`, `expires = "-40d"`, `expires = "+90d"`).Replace(shop)
	w := newWorld(t, near, renewAll)
	if _, err := w.place(command(portfolio.OpTransferOut)); err != nil {
		t.Fatal(err)
	}
	w.scan()
	w.expect(0, 0, requestOf(portfolio.OpTransferOut))
	equal(t, "code", w.assess()["a.com"].Code, codeLeaving)
	w.settle(31 * day)
	equal(t, "reminded", len(w.heard("alert leaving")), 1)
}
