package rules_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

const (
	main  = int64(1010)
	other = int64(2020)
	desk  = int64(3030)
)

func policy(rs ...rules.Rule) *rules.Policy {
	for i := range rs {
		if rs[i].Name == "" {
			rs[i].Name = fmt.Sprintf("rule-%d", i+1)
		}
		if rs[i].On == "" {
			rs[i].On = portfolio.KindDomain
		}
		if rs[i].Do == portfolio.ActionRenew {
			if rs[i].Years == 0 {
				rs[i].Years = 1
			}
			if rs[i].IfLapsed == "" {
				rs[i].IfLapsed = portfolio.ActionRenew
			}
		}
	}
	return &rules.Policy{
		Hash: "cafe", Mode: portfolio.ModeAct, Location: time.UTC, WarnWithin: days(60), Rules: rs,
		Accounts: []rules.Account{
			{Account: portfolio.Account{ID: main, Name: "main"}, DefaultContact: 2715},
			{Account: portfolio.Account{ID: other, Name: "other"}},
			{Account: portfolio.Account{ID: desk, Name: "desk"}, Source: true},
		},
	}
}

func days(n int) rules.Distance { return rules.Distance{Days: n} }

func names(ps ...string) []rules.Pattern {
	var out []rules.Pattern
	for _, p := range ps {
		pt, err := rules.NewPattern(p)
		if err != nil {
			panic(err)
		}
		out = append(out, pt)
	}
	return out
}

func domain(name string, inDays int) portfolio.DomainFacts {
	f := portfolio.DomainFacts{Domain: portfolio.Domain{
		ID: 1, AccountID: main, Name: name, State: portfolio.DomainRegistered, ExpiresAt: now.AddDate(0, 0, inDays),
	}}
	if inDays < 0 {
		f.State = portfolio.DomainExpired
	}
	return f
}

func redeemed(f portfolio.DomainFacts) portfolio.DomainFacts {
	f.Redemption = true
	return f
}

func renew(within int, c ...rules.Conditions) rules.Rule {
	r := rules.Rule{Do: portfolio.ActionRenew, Match: rules.Conditions{Expires: days(within)}}
	if len(c) > 0 {
		r.Match = c[0]
		r.Match.Expires = days(within)
	}
	return r
}

func TestDecideDomain(t *testing.T) {
	hold := rules.Rule{Name: "hold", Do: portfolio.ActionHold, Reason: "a lawsuit"}
	restore := rules.Rule{Name: "restore", Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: days(60)}}
	yes, no := true, false
	type want struct {
		verdict portfolio.Verdict
		do      portfolio.Action
		rule    string
		code    string
	}
	act := func(do portfolio.Action, rule string) want {
		return want{portfolio.VerdictAct, do, rule, "rule"}
	}
	with := func(r rules.Rule, f func(*rules.Rule)) rules.Rule { f(&r); return r }
	for _, tt := range []struct {
		name   string
		rules  []rules.Rule
		domain portfolio.DomainFacts
		want   want
	}{
		{"expires inside the window", []rules.Rule{renew(45)}, domain("a.com", 12), act("renew", "rule-1")},
		{"expires at the window's edge", []rules.Rule{renew(45)}, domain("a.com", 45), act("renew", "rule-1")},
		{"a day too early, but a rule will speak", []rules.Rule{renew(45)}, domain("a.com", 46), want{"none", "", "", "later"}},
		{"far away", []rules.Rule{renew(45, rules.Conditions{Names: names("b.com")})}, domain("a.com", 500), want{"none", "", "", "far"}},
		{"nobody speaks of it", []rules.Rule{renew(45, rules.Conditions{Names: names("b.com")})}, domain("a.com", 50), want{"uncovered", "", "", "uncovered"}},
		{"nobody will: the exception begins before the match", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.Except.Expires = days(50) })}, domain("a.com", 55), want{"uncovered", "", "", "uncovered"}},
		{"expiration passed, state not yet turned", []rules.Rule{renew(45)}, func() portfolio.DomainFacts {
			f := domain("a.com", 1)
			f.ExpiresAt = now.Add(-time.Hour)
			return f
		}(), act("renew", "rule-1")},
		{"hosted", []rules.Rule{renew(45)}, portfolio.DomainFacts{Domain: portfolio.Domain{ID: 1, AccountID: main, Name: "a.com", State: portfolio.DomainHosted}}, want{"none", "", "", "hosted"}},
		{"unknown state", []rules.Rule{renew(45)}, func() portfolio.DomainFacts {
			f := domain("a.com", 1)
			f.State = "frozen"
			return f
		}(), want{"none", "", "", "unknown-state"}},
		{"lapsed: plain renewal", []rules.Rule{renew(45)}, domain("a.com", -3), act("renew", "rule-1")},
		{"lapsed: only its own domains", []rules.Rule{renew(45, rules.Conditions{Names: names("b.com")})}, domain("a.com", -3), want{"uncovered", "", "", "uncovered-lapsed"}},
		{"lapsed long ago, nobody", nil, domain("a.com", -300), want{"none", "", "", "lapsed"}},
		{"redemption: if_lapsed renew matches no more", []rules.Rule{renew(45), restore}, redeemed(domain("a.com", -40)), act("restore", "restore")},
		{"redemption: if_lapsed restore", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.IfLapsed = "restore" })}, redeemed(domain("a.com", -40)), act("restore", "rule-1")},
		{"if_lapsed alert leaves it to later rules", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.IfLapsed = "alert" }), restore}, domain("a.com", -3), act("renew", "restore")},
		{"restore in grace buys the renewal", []rules.Rule{restore}, domain("a.com", -3), act("renew", "restore")},
		{"restore too late", []rules.Rule{restore}, domain("a.com", -61), want{"none", "", "", "lapsed"}},
		{"restore never for the registered", []rules.Rule{restore}, domain("a.com", 3), want{"uncovered", "", "", "uncovered"}},
		{"a hold wins from below", []rules.Rule{renew(45), hold}, domain("a.com", 12), want{"hold", "hold", "hold", "held"}},
		{"a let-lapse wins from below", []rules.Rule{renew(45), {Name: "bye", Do: portfolio.ActionLetLapse, Reason: "sold"}}, domain("a.com", 12), want{"let-lapse", "let-lapse", "bye", "let-lapse"}},
		{"a hold that ran out", []rules.Rule{renew(45), with(hold, func(r *rules.Rule) { r.Until = now })}, domain("a.com", 12), act("renew", "rule-1")},
		{"a hold on its last moment", []rules.Rule{renew(45), with(hold, func(r *rules.Rule) { r.Until = now.Add(1) })}, domain("a.com", 12), want{"hold", "hold", "hold", "held"}},
		{"first acting rule wins", []rules.Rule{renew(30), renew(45), renew(45)}, domain("a.com", 40), act("renew", "rule-2")},
		{"a rule in dry-run does not stop the search", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.Mode = "dry-run" }), renew(45)}, domain("a.com", 12), act("renew", "rule-2")},
		{"a rule in dry-run alone", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.Mode = "dry-run" })}, domain("a.com", 12), want{"would-act", "renew", "rule-1", "rule"}},
		{"a hold in dry-run holds nothing", []rules.Rule{with(hold, func(r *rules.Rule) { r.Mode = "dry-run" }), renew(45)}, domain("a.com", 12), act("renew", "rule-2")},
		{"tld of two labels", []rules.Rule{renew(45, rules.Conditions{TLDs: []string{"co.uk"}})}, domain("a.co.uk", 12), act("renew", "rule-1")},
		{"tld is not a suffix", []rules.Rule{renew(45, rules.Conditions{TLDs: []string{"uk"}})}, domain("a.co.uk", 12), want{"uncovered", "", "", "uncovered"}},
		{"pattern across labels", []rules.Rule{renew(45, rules.Conditions{Names: names("shop*.uk")})}, domain("shop-a.co.uk", 12), act("renew", "rule-1")},
		{"group", []rules.Rule{renew(45, rules.Conditions{Groups: []rules.Group{{Name: "g", Patterns: names("x.com", "a.*")}}})}, domain("a.com", 12), act("renew", "rule-1")},
		{"account", []rules.Rule{renew(45, rules.Conditions{Accounts: []int64{other}})}, domain("a.com", 12), want{"uncovered", "", "", "uncovered"}},
		{"state", []rules.Rule{renew(45, rules.Conditions{States: []string{"expired"}})}, domain("a.com", -12), act("renew", "rule-1")},
		{"auto_renew must be", []rules.Rule{renew(45, rules.Conditions{AutoRenew: &yes})}, domain("a.com", 12), want{"uncovered", "", "", "uncovered"}},
		{"whois_privacy must not be", []rules.Rule{renew(45, rules.Conditions{Whois: &no})}, domain("a.com", 12), act("renew", "rule-1")},
		{"registrant by id", []rules.Rule{renew(45, rules.Conditions{Registrants: []rules.Contacts{{ID: 7}}})}, domain("a.com", 12), want{"uncovered", "", "", "uncovered"}},
		{"registrant by name", []rules.Rule{renew(45, rules.Conditions{Registrants: []rules.Contacts{{ByAccount: map[int64]int64{main: 9}}}})}, func() portfolio.DomainFacts {
			f := domain("a.com", 12)
			f.RegistrantID = 9
			return f
		}(), act("renew", "rule-1")},
		{"except by name", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.Except.Names = names("a.*") })}, domain("a.com", 12), want{"uncovered", "", "", "uncovered"}},
		{"except: any key excludes", []rules.Rule{with(renew(45), func(r *rules.Rule) { r.Except.Names = names("z.*"); r.Except.TLDs = []string{"com"} })}, domain("a.com", 12), want{"uncovered", "", "", "uncovered"}},
		{"an account that only proves", []rules.Rule{renew(45)}, func() portfolio.DomainFacts {
			f := domain("a.com", 12)
			f.AccountID = desk
			return f
		}(), want{"none", "", "", "not-ours"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := rules.Decide(policy(tt.rules...), tt.domain, now)
			if got := (want{d.Verdict, d.Do, d.Rule, d.Code}); got != tt.want {
				t.Errorf("got  %+v (%s)\nwant %+v", got, d.Reason, tt.want)
			}
			if d.Reason == "" || d.Policy != "cafe" {
				t.Errorf("no reason (%q) or policy (%q)", d.Reason, d.Policy)
			}
		})
	}
}

func TestGlobalDryRunJudgesAsIfItActed(t *testing.T) {
	hold := rules.Rule{Do: portfolio.ActionHold, Match: rules.Conditions{Names: names("held.com")}, Reason: "x"}
	p := policy(renew(45), hold)
	p.Mode = portfolio.ModeDryRun
	if d := rules.Decide(p, domain("a.com", 12), now); d.Verdict != portfolio.VerdictWouldAct || d.Mode != portfolio.ModeDryRun {
		t.Errorf("got %s in %s", d.Verdict, d.Mode)
	}
	if d := rules.Decide(p, domain("held.com", 12), now); d.Verdict != portfolio.VerdictHold {
		t.Errorf("got %s for a held domain", d.Verdict)
	}
}

func TestAccountDryRunIsTheStrictest(t *testing.T) {
	p := policy(renew(45))
	p.Accounts[0].Mode = portfolio.ModeDryRun
	if d := rules.Decide(p, domain("a.com", 12), now); d.Verdict != portfolio.VerdictWouldAct {
		t.Errorf("got %s", d.Verdict)
	}
}

func TestEveryAlertFires(t *testing.T) {
	p := policy(
		rules.Rule{Do: portfolio.ActionAlert, Level: portfolio.LevelInfo, Match: rules.Conditions{Expires: days(90)}},
		renew(45),
		rules.Rule{Do: portfolio.ActionHold, Reason: "kept"},
		rules.Rule{Do: portfolio.ActionAlert, Level: portfolio.LevelAlert, Repeat: time.Hour},
	)
	d := rules.Decide(p, domain("a.com", 12), now)
	var got []string
	for _, a := range d.Alerts {
		got = append(got, fmt.Sprint(a.Rule, " ", a.Level, " ", a.Repeat))
	}
	want := []string{"rule-1 info 0s", "rule-4 alert 1h0m0s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestTryingOutCoversNothing: what is announced without a rule is announced while it
// is only tried out.
func TestTryingOutCoversNothing(t *testing.T) {
	trial := renew(45)
	trial.Mode = portfolio.ModeDryRun
	d := rules.Decide(policy(trial), domain("a.com", 12), now)
	if d.Verdict != portfolio.VerdictWouldAct || len(d.Alerts) != 1 || d.Alerts[0].Level != portfolio.LevelAlert {
		t.Errorf("got %s, alerts %+v", d.Verdict, d.Alerts)
	}
	if d := rules.Decide(policy(trial, renew(10)), domain("a.com", 12), now); len(d.Alerts) != 0 {
		t.Errorf("a later rule covers it: %+v", d.Alerts)
	}
}

func TestLetLapseUnderAutoRenewalSaysSo(t *testing.T) {
	f := domain("a.com", 12)
	f.AutoRenew = true
	d := rules.Decide(policy(rules.Rule{Do: portfolio.ActionLetLapse, Reason: "sold"}), f, now)
	if !strings.Contains(d.Reason, "auto-renewal is on") {
		t.Errorf("got %q", d.Reason)
	}
}

func TestRestoresAreLoud(t *testing.T) {
	restore := rules.Rule{Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: days(60)}}
	for _, f := range []portfolio.DomainFacts{domain("a.com", -3), redeemed(domain("a.com", -40))} {
		if d := rules.Decide(policy(restore), f, now); !d.Loud {
			t.Errorf("redemption %v: %s is silent", f.Redemption, d.Do)
		}
	}
	if d := rules.Decide(policy(renew(45)), domain("a.com", 12), now); d.Loud {
		t.Error("a plain renewal is loud")
	}
}

func TestHoldThatEndsSoonIsAnnounced(t *testing.T) {
	p := policy(rules.Rule{Name: "h", Do: portfolio.ActionHold, Reason: "kept", Until: now.AddDate(0, 0, 5)})
	if d := rules.Decide(p, domain("a.com", 12), now); len(d.Alerts) != 1 || !strings.Contains(d.Alerts[0].Text, "2026-11-25") {
		t.Errorf("got %+v", d.Alerts)
	}
	if d := rules.Decide(p, domain("a.com", 12), now.AddDate(0, 0, -10)); len(d.Alerts) != 0 {
		t.Errorf("two weeks before: %+v", d.Alerts)
	}
}

func push(source int64) portfolio.PushFacts {
	f := portfolio.PushFacts{Push: portfolio.Push{ID: 5, AccountID: main, DomainID: 77, CreatedAt: now.Add(-48 * time.Hour)}, SourceID: source, Name: "a.com"}
	if source == 0 {
		f.Name, f.Unproven = "", "no configured account owns domain 77"
	}
	return f
}

func announced(p portfolio.PushFacts, until time.Time) portfolio.PushFacts {
	p.Announced = &portfolio.Approval{Kind: portfolio.ApprovalPush, AccountID: main, SubjectID: 77, Contact: 2715, By: "operator alice", At: now, Until: until}
	return p
}

func TestDecidePush(t *testing.T) {
	on := func(do portfolio.Action, m, e rules.Conditions) rules.Rule {
		return rules.Rule{On: portfolio.KindPush, Do: do, Match: m, Except: e, Reason: "because"}
	}
	fromDesk := rules.Conditions{Sources: []int64{desk}}
	none := rules.Conditions{}
	for _, tt := range []struct {
		name    string
		rules   []rules.Rule
		push    portfolio.PushFacts
		verdict portfolio.Verdict
		do      portfolio.Action
		code    string
		alerts  int
	}{
		{"proven", []rules.Rule{on("accept", fromDesk, none)}, push(desk), "act", "accept", "rule", 0},
		{"unproven", []rules.Rule{on("accept", fromDesk, none)}, push(0), "none", "", "unproven", 1},
		{"unproven, and a rule without a source", []rules.Rule{on("accept", none, none)}, push(0), "none", "", "unproven", 1},
		{"from another", []rules.Rule{on("accept", fromDesk, none)}, push(other), "none", "", "no-rule", 1},
		{"from the target itself", []rules.Rule{on("accept", none, none)}, push(main), "none", "", "no-rule", 1},
		{"unknown name in except excludes", []rules.Rule{on("accept", none, rules.Conditions{Names: names("b.com")})}, push(0), "none", "", "unproven", 1},
		{"unproven is rejected where a rule says so", []rules.Rule{on("reject", rules.Conditions{Older: 24 * time.Hour}, none)}, push(0), "act", "reject", "rule", 0},
		{"too young to be rejected", []rules.Rule{on("reject", rules.Conditions{Older: 72 * time.Hour}, none)}, push(0), "none", "", "unproven", 1},
		{"a reject with an unknown exception does not fire", []rules.Rule{on("reject", none, rules.Conditions{Sources: []int64{desk}})}, push(0), "none", "", "unproven", 1},
		{"a hold by name, and the name is not known", []rules.Rule{on("reject", none, none), on("hold", rules.Conditions{Names: names("b.com")}, none)}, push(0), "wait", "reject", "unread", 0},
		{"a hold wins", []rules.Rule{on("accept", fromDesk, none), on("hold", none, none)}, push(desk), "hold", "hold", "held", 0},
		{"announced, from nobody knows where", nil, announced(push(0), now.Add(time.Hour)), "act", "accept", "announced", 0},
		{"announced, and rejected by a rule", []rules.Rule{on("reject", none, none)}, announced(push(0), now.Add(time.Hour)), "act", "accept", "announced", 0},
		{"announced, and nobody knows whether it is held", []rules.Rule{on("hold", rules.Conditions{Names: names("b.com")}, none)}, announced(push(0), now.Add(time.Hour)), "act", "accept", "announced", 0},
		{"announced, and held", []rules.Rule{on("hold", none, none)}, announced(push(0), now.Add(time.Hour)), "hold", "hold", "held", 1},
		{"announced, and an alert fires", []rules.Rule{on("alert", none, none)}, announced(push(0), now.Add(time.Hour)), "act", "accept", "announced", 1},
		{"announced until now", nil, announced(push(0), now), "none", "", "unproven", 1},
		{"a rule of domains does not speak of pushes", []rules.Rule{renew(45)}, push(desk), "none", "", "no-rule", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := rules.Decide(policy(tt.rules...), tt.push, now)
			if d.Verdict != tt.verdict || d.Do != tt.do || d.Code != tt.code || len(d.Alerts) != tt.alerts {
				t.Errorf("got %s %s %s with %d alerts: %s", d.Verdict, d.Do, d.Code, len(d.Alerts), d.Reason)
			}
			if d.Do == portfolio.ActionAccept && d.Contact != 2715 {
				t.Errorf("contact %d", d.Contact)
			}
		})
	}
}

func TestAcceptNeedsAContact(t *testing.T) {
	r := rules.Rule{On: portfolio.KindPush, Do: portfolio.ActionAccept, Contact: &rules.Contacts{Text: "x", ByAccount: map[int64]int64{other: 4}}}
	if d := rules.Decide(policy(r), push(desk), now); d.Verdict != portfolio.VerdictBlocked || d.Code != "no-contact" {
		t.Errorf("got %s %s", d.Verdict, d.Code)
	}
}

func TestDecideChange(t *testing.T) {
	change := func(state portfolio.ChangeState, contact int64) portfolio.ChangeFacts {
		return portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{
			ID: 9, AccountID: main, DomainID: 77, ContactID: contact, State: state, UpdatedAt: now.Add(-time.Hour), CreatedAt: now.Add(-2 * time.Hour),
		}, Name: "a.com"}
	}
	ours := change("new", 6)
	ours.Ours = true
	old := change("completed", 6)
	old.UpdatedAt = now.AddDate(0, 0, -8)
	nameless := change("new", 6)
	nameless.Name = ""
	holdA := rules.Rule{On: portfolio.KindRegistrantChange, Do: portfolio.ActionHold, Match: rules.Conditions{Names: names("a.com")}, Reason: "ours"}
	holdB := holdA
	holdB.Match.Names = names("b.com")
	holdC := holdB
	holdC.Except.Contacts = []rules.Contacts{{ID: 6}}
	known := rules.Conditions{Contacts: []rules.Contacts{{ID: 2715}}}
	cancel := rules.Rule{On: portfolio.KindRegistrantChange, Do: portfolio.ActionCancel, Except: known}
	for _, tt := range []struct {
		name    string
		rules   []rules.Rule
		change  portfolio.ChangeFacts
		verdict portfolio.Verdict
		code    string
		alerts  int
	}{
		{"to an unknown contact", []rules.Rule{cancel}, change("new", 6), "act", "rule", 0},
		{"pending too", []rules.Rule{cancel}, change("pending", 6), "act", "rule", 0},
		{"to a known contact", []rules.Rule{cancel}, change("new", 2715), "none", "no-rule", 1},
		{"not one that we started", []rules.Rule{cancel}, ours, "none", "no-rule", 0},
		{"not one that is being cancelled", []rules.Rule{cancel}, change("cancelling", 6), "none", "cancelling", 0},
		{"completed: told, not cancelled", []rules.Rule{cancel}, change("completed", 6), "none", "no-rule", 1},
		{"completed long ago", nil, old, "none", "finished", 0},
		{"cancelled", nil, change("cancelled", 6), "none", "finished", 0},
		{"a state nobody knows", []rules.Rule{cancel}, change("limbo", 6), "none", "unknown-state", 0},
		{"nobody speaks of it", nil, change("new", 6), "none", "no-rule", 1},
		{"held by its name", []rules.Rule{cancel, holdA}, change("new", 6), "hold", "held", 0},
		{"held by another name", []rules.Rule{cancel, holdB}, change("new", 6), "act", "rule", 0},
		{"a hold by name, and the name is not known", []rules.Rule{cancel, holdB}, nameless, "wait", "unread", 0},
		{"a hold by name that excludes it for certain", []rules.Rule{cancel, holdC}, nameless, "act", "rule", 0},
		{"nothing to hold, and the name is not known", []rules.Rule{holdB}, nameless, "none", "no-rule", 1},
		{"held", []rules.Rule{cancel, {On: portfolio.KindRegistrantChange, Do: portfolio.ActionHold, Reason: "known"}}, change("new", 6), "hold", "held", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := rules.Decide(policy(tt.rules...), tt.change, now)
			if d.Verdict != tt.verdict || d.Code != tt.code || len(d.Alerts) != tt.alerts {
				t.Errorf("got %s %s with %d alerts: %s", d.Verdict, d.Code, len(d.Alerts), d.Reason)
			}
		})
	}
}

func TestHorizon(t *testing.T) {
	p := policy(renew(45), renew(90), rules.Rule{On: portfolio.KindPush, Match: rules.Conditions{Expires: days(900)}})
	if got, want := p.Horizon(now), now.AddDate(0, 0, 90); !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
	p = policy(renew(45))
	if got, want := p.Horizon(now), now.AddDate(0, 0, 60); !got.Equal(want) {
		t.Errorf("warn_within: got %s, want %s", got, want)
	}
	p.BeforeExpiry = []rules.Distance{days(14), days(75), days(30)}
	if got, want := p.Horizon(now), now.AddDate(0, 0, 75); !got.Equal(want) {
		t.Errorf("before_expiry: got %s, want %s", got, want)
	}
}

// TestPropertiesOfDecide: a hold wins wherever it stands, and an acting rule
// below the one that wins never changes the answer.
func TestPropertiesOfDecide(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		genRule := rapid.Custom(func(t *rapid.T) rules.Rule {
			r := renew(rapid.IntRange(1, 90).Draw(t, "within"))
			if rapid.Bool().Draw(t, "restore") {
				r = rules.Rule{Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: days(rapid.IntRange(1, 90).Draw(t, "lapsed"))}}
			}
			if rapid.Bool().Draw(t, "named") {
				r.Match.Names = names(rapid.SampledFrom([]string{"a.com", "b.com", "*.com", "?.net"}).Draw(t, "name"))
			}
			if rapid.Bool().Draw(t, "dry") {
				r.Mode = portfolio.ModeDryRun
			}
			return r
		})
		rs := rapid.SliceOfN(genRule, 0, 6).Draw(t, "rules")
		f := domain(rapid.SampledFrom([]string{"a.com", "b.com", "c.net"}).Draw(t, "domain"), rapid.IntRange(-90, 120).Draw(t, "in"))
		f.Redemption = f.State == portfolio.DomainExpired && rapid.Bool().Draw(t, "redemption")

		before := rules.Decide(policy(rs...), f, now)
		again := rules.Decide(policy(rs...), f, now)
		if diff := cmp.Diff(before, again); diff != "" {
			t.Fatalf("not deterministic: %s", diff)
		}
		if before.Verdict == portfolio.VerdictAct {
			below := append(append([]rules.Rule{}, rs...), rules.Rule{Name: "below", Do: portfolio.ActionRenew, Match: rules.Conditions{Expires: days(400)}})
			after := rules.Decide(policy(below...), f, now)
			if after.Rule != before.Rule || after.Do != before.Do || after.Reason != before.Reason {
				t.Fatalf("a rule below changed the answer from %s to %s", before.Rule, after.Rule)
			}
		}
		at := rapid.IntRange(0, len(rs)).Draw(t, "hold at")
		held := append(append(append([]rules.Rule{}, rs[:at]...), rules.Rule{Name: "hold", Do: portfolio.ActionHold, Reason: "x"}), rs[at:]...)
		if d := rules.Decide(policy(held...), f, now); d.Verdict != portfolio.VerdictHold {
			t.Fatalf("a hold at %d lost: %s", at, d.Verdict)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("*.example.*", "a.example.com")
	f.Add("a*b*c?", "aXbYcZ")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		p, err := rules.NewPattern(pattern)
		if err != nil {
			return
		}
		got := p.Match(name)
		if !strings.ContainsAny(pattern, "*?") && got != (pattern == name) {
			t.Errorf("%q matches %q: %v", pattern, name, got)
		}
		all, err := rules.NewPattern("*" + pattern + "*")
		if err != nil {
			return
		}
		if got && !all.Match("x"+name+"y") {
			t.Errorf("%q matches %q, but *%s* not x%sy", pattern, name, pattern, name)
		}
	})
}

func TestParseDistance(t *testing.T) {
	for in, want := range map[string]rules.Distance{"45d": {Days: 45}, "6w": {Days: 42}, "2mo": {Months: 2}, "1y": {Years: 1}} {
		if got, err := rules.ParseDistance(in); err != nil || got != want {
			t.Errorf("%s: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "d", "0d", "-3d", "2m", "45", "45 d", "1.5y", "99999999999999999999d", "101y", "45D", "1d2h"} {
		if d, err := rules.ParseDistance(in); err == nil {
			t.Errorf("%q is taken for %v", in, d)
		}
	}
}
