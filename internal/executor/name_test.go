package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// catchNew registers new.com once it is free.
const catchNew = ample + `
[[rule]]
name = "catch"
on = "name"
match = { names = ["new.com"], account = "main" }
do = "register"
`

const registersNew = "POST 1010/registrar/domains/new.com/registrations"

// watch executes what the policy says of a name that was seen free.
func (w *world) watch(name string) portfolio.Decision {
	w.t.Helper()
	f := portfolio.NameFacts{
		AccountID: mainID, Name: name, UnicodeName: name, Status: portfolio.NameFree, FreeSince: began, CheckedAt: w.now(),
	}
	decisions, err := w.x.Execute(w.t.Context(), []portfolio.Decision{rules.Decide(w.cfg.Policy, f, w.now())})
	w.must(err)
	return decisions[0]
}

// A name that is free is registered, once.
func TestWatchedNameIsRegistered(t *testing.T) {
	w := newWorld(t, shop, catchNew)
	for range 3 {
		w.watch("new.com")
		w.settle(2 * time.Hour)
	}
	w.expect(1, 1500, registersNew)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateDone)
	equal(t, "by", strings.HasPrefix(op.By, "rule catch"), true)
	equal(t, "registrant", op.Contact, int64(2715))
}

// What is taken, too dear, or not wanted any more is not registered.
func TestWatchedNameIsNotRegistered(t *testing.T) {
	for name, tc := range map[string]struct {
		domains, policy string
		code            string
	}{
		"too dear":  {shop, catchNew + "max_price = \"14.99\"\n", codeMaxPrice},
		"a ceiling": {shop, strings.Replace(catchNew, `max_per_day = "10000.00"`, `max_per_day = "14.99"`, 1), "max_per_day"},
		"not sold":  {shop + "[[tld]]\nname = \"com\"\nrenewal = \"12.00\"\nregistration_enabled = false\n", catchNew, codeNoName},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.domains, tc.policy)
			d := w.watch("new.com")
			w.expect(0, 0)
			equal(t, "verdict", d.Verdict, portfolio.VerdictBlocked)
			equal(t, "code", d.Code, tc.code)
			equal(t, "rows", len(w.rows()), 0)
		})
	}
}

// A name that is taken by now is found so by the one check before it would be registered.
func TestWatchedNameThatIsTaken(t *testing.T) {
	w := newWorld(t, shop+"[[name]]\nname = \"new.com\"\nelsewhere = true\nexpires = \"+90d\"\n", catchNew)
	checks := w.checked()
	w.watch("new.com")
	w.expect(0, 0)
	w.released("is not free")
	equal(t, "checks", *checks, 1)
}

// checked counts how often new.com is checked from now on.
func (w *world) checked() *int {
	n := new(int)
	w.meets(&fault{method: http.MethodGet, part: "/new.com/check", answer: func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
		*n++
		return next(), nil
	}})
	return n
}

// What checks a name counts its requests: one confirms a registration, and none is made
// for a name that something else keeps from being registered.
func TestNamesAreCheckedSparingly(t *testing.T) {
	w := newWorld(t, shop, catchNew)
	checks := w.checked()
	w.watch("new.com")
	equal(t, "registered", *checks, 1)
	w = newWorld(t, shop, catchNew+"max_price = \"14.99\"\n")
	checks = w.checked()
	for range 5 {
		equal(t, "verdict", w.watch("new.com").Verdict, portfolio.VerdictBlocked)
		w.clock.pass(time.Hour)
	}
	equal(t, "blocked", *checks, 0)
}

// What a registry wants to know has to be in the rule: a name is not tried without it.
func TestWatchedNameWhoseRegistryWantsMore(t *testing.T) {
	policy := strings.Replace(catchNew, "new.com", "new.app", 1)
	w := newWorld(t, shop, policy)
	d := w.watch("new.app")
	equal(t, "code", d.Code, codeNoName)
	holds(t, d.Reason, ".app wants x-accept-ssl-requirement")
	w.expect(0, 0)
	equal(t, "rows", len(w.rows()), 0)
	w = newWorld(t, shop, policy+"extended_attributes = { \"x-accept-ssl-requirement\" = \"1\" }\n")
	w.watch("new.app")
	equal(t, "state", w.row().State, portfolio.StateDone)
}

// WHOIS privacy, whose price nobody tells, is bought where the rule asks for it and says how
// much all of it may cost: that is set aside.
func TestWatchedNameWithPrivacy(t *testing.T) {
	privacy := shop + "[[tld]]\nname = \"com\"\nregistration = \"15.00\"\nrenewal = \"15.00\"\nprivacy = \"5.00\"\n"
	w := newWorld(t, privacy, catchNew+"whois_privacy = true\nmax_price = \"25.00\"\n")
	w.watch("new.com")
	_, reserved := w.spent()
	equal(t, "set aside when it was decided", w.row().Reserved, portfolio.Money(2500))
	equal(t, "and not twice", reserved, portfolio.Tally{})
	w.settle(2 * day)
	w.expect(1, 2000, registersNew)
	equal(t, "charge", *w.row().Charge, portfolio.Money(2000))

	ceiling := strings.Replace(catchNew, `max_per_day = "10000.00"`, `max_per_day = "24.99"`, 1)
	w = newWorld(t, privacy, ceiling+"whois_privacy = true\nmax_price = \"25.00\"\n")
	equal(t, "beyond a ceiling", w.watch("new.com").Code, "max_per_day")
	w.expect(0, 0)

	_, err := withPrivacy(portfolio.Decision{Rule: "catch", Terms: &portfolio.Terms{WhoisPrivacy: true}}, quote{total: 1500})
	if err == nil {
		t.Error("privacy is bought without a bound")
	}
}

// A registration whose answer is lost is looked for, and not sent again.
func TestWatchedNameWhoseAnswerIsLost(t *testing.T) {
	for _, happened := range []bool{true, false} {
		w := newWorld(t, shop, catchNew)
		w.on(http.MethodPost, "registrations", func(_ *http.Request, next func() *http.Response) (*http.Response, error) {
			if happened {
				next().Body.Close()
			}
			return nil, http.ErrHandlerTimeout
		})
		for range 4 {
			w.watch("new.com")
			w.settle(6 * time.Hour)
		}
		want, n, total := portfolio.StateUnknown, 0, portfolio.Money(0)
		if happened {
			want, n, total = portfolio.StateDone, 1, 1500
		}
		equal(t, "state", w.row().State, want)
		w.expect(n, total, registersNew)
	}
}

// A registration that came to nothing leaves the name hosted; it is tried again at its own
// time, by the scan of names alone.
func TestWatchedNameThatFails(t *testing.T) {
	w := newWorld(t, shop+"[[name]]\nname = \"new.com\"\nregistration = { takes = \"1m\", outcome = \"failed\" }\n", catchNew)
	w.watch("new.com")
	w.settle(30 * time.Minute)
	op := w.row()
	equal(t, "state", op.State, portfolio.StateFailed)
	equal(t, "its domain is known", op.DomainID != 0, true)
	equal(t, "looked at again", op.NextAt.IsZero(), true)
	equal(t, "too soon", w.watch("new.com").Code, codeRetryLater)
	w.settle(time.Hour)
	w.watch("new.com")
	w.settle(time.Hour)
	w.expect(0, 0, registersNew, registersNew)
	equal(t, "rows", summary(w.rows()), "register new.com failed; register new.com failed")
}

// What a registration asks for is asked of the policy again before it is sent.
func TestWatchedNameWhoseTermsChange(t *testing.T) {
	w := newWorld(t, shop, catchNew)
	w.offset = time.Hour
	w.watch("new.com")
	equal(t, "at first", w.row().State, portfolio.StateReserved)
	w.offset = 0
	w.cfg.Policy = parseConfig(t, catchNew+"auto_renew = true\n").Policy
	w.settle(2 * time.Hour)
	w.expect(0, 0)
	w.released("the policy wants something else now")
}

// What a registration asks for beside the name is part of its price, and of what is told.
func TestRegistrationWithExtras(t *testing.T) {
	w := newWorld(t, shop+"[[tld]]\nname = \"test\"\nrenewal = \"12.00\"\nprivacy = \"5.00\"\n", ample)
	c := command(portfolio.OpRegister)
	c.Name, c.WhoisPrivacy = "new.test", true
	_, err := w.place(c)
	w.must(err)
	w.settle(2 * day)
	equal(t, "charge", *w.row().Charge, 1700)
	differs := w.heard("alert price-differs")
	if len(differs) != 1 {
		t.Fatalf("told: %s", w.whats())
	}
	holds(t, differs[0].Text, "more than the 12.00")
}

// What cannot be bought again is not told that it was renewed; what costs nothing was
// never bought.
func TestResolveOfWhatWasBegun(t *testing.T) {
	for _, kind := range []portfolio.OperationKind{portfolio.OpRegister, portfolio.OpPush} {
		w := newWorld(t, shop, ample)
		w.losesCall(requestOf(kind), false)
		op, err := w.place(command(kind))
		w.must(err)
		_, err = w.x.Resolve(t.Context(), op.Key, ResolveBuyAgain, "ada", "")
		refusedWith(t, err, "give the command once more")
		text := w.heard("alert unknown")[0].Text
		holds(t, text, mayHave(kind)+": ")
		equal(t, "speaks of an expiration", strings.Contains(text, "expiration"), false)
		op, err = w.x.Resolve(t.Context(), op.Key, ResolveNotBought, "ada", "")
		w.must(err)
		equal(t, "speaks of a purchase", strings.Contains(op.LastNote(), "bought"), kind.Purchase())
		_, err = w.place(command(kind))
		w.must(err)
	}
}
