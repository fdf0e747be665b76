package rules_test

import (
	"crypto/sha256"
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// dice makes choices from bytes, so that a fuzzer can vary a policy. Without bytes
// it always chooses the first.
type dice struct{ left []byte }

func (d *dice) roll(sides int) int {
	if len(d.left) == 0 {
		return 0
	}
	n := int(d.left[0]) % sides
	d.left = d.left[1:]
	return n
}

// maybe is true once in some times.
func (d *dice) maybe(times int) bool { return d.roll(times) == 1 }

func pick[T any](d *dice, from ...T) T { return from[d.roll(len(from))] }

// some is up to three of the values, possibly none, and possibly one twice.
func some[T any](d *dice, from ...T) (out []T) {
	for range d.roll(4) {
		out = append(out, pick(d, from...))
	}
	return out
}

func (d *dice) distance() rules.Distance {
	return pick(d, rules.Distance{}, rules.Distance{}, rules.Distance{}, days(1), days(30), days(45), rules.Distance{Months: 1}, rules.Distance{Months: 2},
		rules.Distance{Years: 1}, rules.Distance{Years: 100})
}

func (d *dice) duration() time.Duration { return pick(d, 0, 0, time.Hour, 48*time.Hour, math.MaxInt64) }

// conditions are those that a rule on a kind of resource may have: few of them
// mostly, or nothing would ever match.
func (d *dice) conditions(on portfolio.ResourceKind) rules.Conditions {
	var c rules.Conditions
	if d.maybe(4) {
		c.Names = some(d, names("a.com", "*.com", "?", "*", "*a*b*.?*")...)
	}
	if d.maybe(8) {
		c.Groups = some(d, rules.Group{}, rules.Group{Name: "g", Patterns: names("a.com", "b.*")})
	}
	if d.maybe(8) {
		c.TLDs = some(d, "com", "co.uk", "")
	}
	if d.maybe(8) {
		c.Accounts = some(d, main, other, desk, 0)
	}
	if d.maybe(8) {
		c.States = some(d, "hosted", "registered", "expired", "new", "pending", "frozen", "")
	}
	contacts := []rules.Contacts{
		{Text: "5", ID: 5}, {Text: "legal", ByAccount: map[int64]int64{main: 5, other: 6}}, {Text: "nobody", ByAccount: map[int64]int64{}}, {},
	}
	switch on {
	case portfolio.KindDomain:
		c.Expires, c.Lapsed = d.distance(), d.distance()
		if d.maybe(8) {
			c.AutoRenew, c.Whois, c.Registrants = pick(d, nil, new(true), new(false)), pick(d, nil, new(true)), some(d, contacts...)
		}
	case portfolio.KindPush:
		c.Sources, c.Older = some(d, main, other, desk, 0), d.duration()
	case portfolio.KindName:
		c.Names = append(c.Names, some(d, names("a.com", "b.co.uk", "*.com")...)...)
	default:
		c.OwnerChange, c.Older = pick(d, nil, nil, new(true), new(false)), d.duration()
		if d.maybe(4) {
			c.Contacts = some(d, contacts...)
		}
	}
	return c
}

func (d *dice) rule() rules.Rule {
	r := rules.Rule{On: pick(d, portfolio.KindDomain, portfolio.KindPush, portfolio.KindRegistrantChange, portfolio.KindName), Mode: d.mode()}
	do := []portfolio.Action{portfolio.ActionAlert, portfolio.ActionHold}
	switch r.On {
	case portfolio.KindDomain:
		do = append(do, portfolio.ActionLetLapse, portfolio.ActionRenew, portfolio.ActionRenew, portfolio.ActionRenew, portfolio.ActionRestore)
	case portfolio.KindPush:
		do = append(do, portfolio.ActionAccept, portfolio.ActionAccept, portfolio.ActionReject)
	case portfolio.KindName:
		do = []portfolio.Action{portfolio.ActionAlert, portfolio.ActionRegister, portfolio.ActionRegister}
	default:
		do = append(do, portfolio.ActionCancel, portfolio.ActionCancel)
	}
	r.Do = pick(d, do...)
	if r.Match = d.conditions(r.On); d.maybe(3) {
		r.Except = d.conditions(r.On)
	}
	// Without these no configuration is loaded.
	switch {
	case r.Do == portfolio.ActionRenew && r.Match.Expires.IsZero():
		r.Match.Expires = days(45)
	case r.Do == portfolio.ActionRestore && r.Match.Lapsed.IsZero():
		r.Match.Lapsed = days(60)
	case r.Do == portfolio.ActionAccept && len(r.Match.Sources) == 0:
		r.Match.Sources = []int64{desk}
	}
	r.IfLapsed = pick(d, portfolio.ActionRenew, portfolio.ActionRestore, portfolio.ActionAlert)
	r.Reason = pick(d, "", "a lawsuit", "%s%n\x1b[31m")
	r.Until = pick(d, time.Time{}, now, now.AddDate(0, 0, 3), now.AddDate(9000, 0, 0))
	r.Years = pick(d, 1, 9)
	r.Level = pick(d, portfolio.LevelAlert, portfolio.LevelInfo, "")
	r.Repeat = d.duration()
	r.AskAbove, r.MaxIncrease = pick(d, nil, new(portfolio.Money(60_00))), pick(d, nil, new(portfolio.Percent(25)))
	r.AnswerWithin, r.Silence = d.duration(), pick(d, "", portfolio.SilenceKeepAsking, portfolio.SilenceDeny, portfolio.SilenceAct)
	if d.maybe(3) {
		r.Contact = &rules.Contacts{Text: "legal", ByAccount: map[int64]int64{main: 5}}
	}
	if d.maybe(3) {
		r.Terms = &portfolio.Terms{AutoRenew: true, Attributes: map[string]string{"x-id": "4711"}}
		r.MaxPrice, r.Labels = new(portfolio.Money(10_00)), map[string]string{"team": "brand", "shop": "no"}
	}
	return r
}

func (d *dice) mode() portfolio.Mode {
	return pick(d, "", "", "", portfolio.ModeAct, portfolio.ModeDryRun, portfolio.ModeAsk, "whatever")
}

func (d *dice) policy() *rules.Policy {
	var rs []rules.Rule
	for range d.roll(8) {
		rs = append(rs, d.rule())
	}
	p := policy(rs...)
	p.Mode, p.Accounts[0].Mode = pick(d, portfolio.ModeAct, portfolio.ModeAct, portfolio.ModeDryRun, portfolio.ModeAsk), d.mode()
	p.WarnWithin = pick(d, days(60), rules.Distance{}, rules.Distance{Years: 1})
	p.BeforeExpiry = some(d, days(30), days(7), rules.Distance{Months: 1}, rules.Distance{Years: 2})
	p.Location = pick(d, time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("odd", -45*60-7))
	return p
}

// FuzzDecide shows arbitrary facts to generated policies. Whatever they are, there
// is an answer, the same one every time, and it breaks no promise.
func FuzzDecide(f *testing.F) {
	type facts struct {
		name, state string
		expires     int64 // seconds from now; the smallest: no expiration
		now         int64 // seconds from the usual moment
		ids         uint16
		flags       uint8
	}
	year := int64(365 * 86400)
	hostile := []facts{
		{"a.com", "registered", 12 * 86400, 0, 0x200, 0},
		{"a.com", "registered", -60, 0, 0x112, 1},
		{"b.co.uk", "expired", -3 * 86400, 0, 0x211, 2},
		{"b.co.uk", "expired", -40 * 86400, 0, 0x100, 7},
		{"a.com", "expired", year, 0, 0x231, 3},
		{"", "hosted", math.MinInt64, 0, 0, 0},
		{"a.com", "pending", 0, 0, 0x012, 9},
		{"b.com", "pending", -4 * 86400, 0, 0x140, 4},
		{"a.com", "new", -3 * 86400, 0, 0x340, 2},
		{"a.com", "expired", -3 * 86400, 0, 0x200, 0},
		{"", "pending", -20 * 86400, 0, 0x300, 0},
		{"a.com", "new", -10 * 86400, 0, 0x223, 4},
		{"", "completed", -20 * 86400, 0, 0x321, 12},
		{"a.com", "frozen", 0, 0, 0, 255},
		{"\x00*?\xff%s\x1b[2J", "registered\n", math.MaxInt64, math.MinInt64, 0xffff, 255},
		{"..", "registered", math.MaxInt64, 0, 0, 0},
		{"a.com", "registered", math.MinInt64 + 1, 0, 0, 0},
		{"a.com", "expired", -9000 * year, 9000 * year, 0, 2},
		{"a.com", "registered", 0, -3000 * year, 0, 0},
		{"a.com", "free", -86400, 0, 0x100, 1},
		{"b.co.uk", "free", math.MinInt64, 0, 0x100, 1},
		{"a.com", "taken", -86400, 0, 0x100, 2},
	}
	for i := range byte(200) {
		var rolls []byte
		for j := range byte(12) {
			sum := sha256.Sum256([]byte{i, j})
			rolls = append(rolls, sum[:]...)
		}
		for _, h := range hostile {
			f.Add(rolls, h.name, h.state, h.expires, h.now, h.ids, h.flags)
		}
	}
	f.Fuzz(func(t *testing.T, rolls []byte, name, state string, expires, after int64, ids uint16, flags uint8) {
		p := (&dice{left: rolls}).policy()
		same := (&dice{left: rolls}).policy()
		idle := p.Idle()
		at := time.Unix(now.Unix()+after, 0)
		var expiresAt time.Time
		if expires != math.MinInt64 {
			expiresAt = time.Unix(at.Unix()+expires, 0).UTC()
		}
		is := func(bit uint) bool { return flags>>bit&1 == 1 }
		some := func(shift uint) int64 { return []int64{main, other, desk, 0, 5, -1}[ids>>shift%16%6] }
		for _, r := range []portfolio.Resource{
			portfolio.DomainFacts{Domain: portfolio.Domain{
				ID: 1, AccountID: some(0), Name: name, State: portfolio.DomainState(state), AutoRenew: is(0), WhoisPrivacy: is(3),
				RegistrantID: some(4), ExpiresAt: expiresAt, CreatedAt: at,
			}, Redemption: is(1)},
			portfolio.PushFacts{
				Push:     portfolio.Push{ID: 2, AccountID: some(0), DomainID: 1, ContactID: some(4), CreatedAt: expiresAt},
				SourceID: some(8), Name: name, Unproven: state, Unread: is(2), Announced: announcement(is(3) && is(4), is(0), at),
			},
			portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{
				ID: 3, AccountID: some(0), DomainID: 1, ContactID: some(4), State: portfolio.ChangeState(state), RegistryOwnerChange: is(0),
				CreatedAt: expiresAt, UpdatedAt: expiresAt,
			}, Name: name, Ours: is(1)},
			portfolio.NameFacts{
				AccountID: some(0), Name: name, UnicodeName: name, Status: status(state, is(0)), Ours: is(1), FreeSince: expiresAt, CheckedAt: at,
			},
		} {
			d := rules.Decide(p, r, at)
			if again := rules.Decide(p, r, at); !reflect.DeepEqual(d, again) {
				t.Fatalf("two answers to one question:\n%+v\n%+v", d, again)
			}
			if other := rules.Decide(same, r, at); !reflect.DeepEqual(d, other) {
				t.Fatalf("two answers of one policy:\n%+v\n%+v", d, other)
			}
			if diff := cmp.Diff(refDecide(p, r, at), d); diff != "" {
				t.Fatalf("not what the reference says of %+v: -reference +got\n%s", r, diff)
			}
			checkDecision(t, p, r, d)
			checkOrder(t, p, r, at, d, byte(after)+flags)
			if err := awake(idle, d); err != nil {
				t.Fatal(err)
			}
			if d.Terms != nil && d.Terms.Attributes != nil {
				d.Terms.Attributes["x-id"] = "changed" // whoever has a decision may
			}
		}
		if diff := cmp.Diff(p, (&dice{left: rolls}).policy(), cmpopts.IgnoreUnexported(rules.Policy{}), cmp.AllowUnexported(rules.Pattern{}),
			cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
			t.Fatalf("the policy is not what it was: %s", diff)
		}
		if d, ok := p.Warning(expiresAt, at); ok && !slices.Contains(p.BeforeExpiry, d) {
			t.Fatalf("it warns at %s, which nobody named", d)
		}
	})
}

// announcement is one of a push, that holds still or does not; nil where there is none.
func announcement(is, holds bool, at time.Time) *portfolio.Approval {
	if !is {
		return nil
	}
	a := portfolio.Approval{Kind: portfolio.ApprovalPush, By: "alice", Contact: 3, At: at.Add(-time.Hour), Until: at}
	if holds {
		a.Until = at.Add(time.Nanosecond)
	}
	return &a
}

// status is a name's, mostly one that means something.
func status(text string, free bool) portfolio.NameStatus {
	if free {
		return portfolio.NameFree
	}
	return portfolio.NameStatus(text)
}

// checkDecision checks what holds for every decision.
func checkDecision(t *testing.T, p *rules.Policy, r portfolio.Resource, d portfolio.Decision) {
	t.Helper()
	if d.Verdict == "" || d.Code == "" || d.Policy != p.Hash || d.Resource != nil && d.Resource.Kind() != r.Kind() {
		t.Fatalf("no answer: %+v", d)
	}
	acts := d.Verdict == portfolio.VerdictAct || d.Verdict == portfolio.VerdictAsk
	if !acts {
		return
	}
	account, _, _ := r.Ident()
	if push, ok := r.(portfolio.PushFacts); ok && d.Code == "announced" {
		if push.Announced == nil || d.Approval != push.Announced || d.Do != portfolio.ActionAccept || d.Contact != push.Announced.Contact || account == desk {
			t.Fatalf("accepted without an announcement: %+v", d)
		}
		return
	}
	i := slices.IndexFunc(p.Rules, func(rule rules.Rule) bool { return rule.Name == d.Rule })
	switch {
	case i < 0 || p.Rules[i].On != r.Kind() || d.Do == "" || d.Reason == "":
		t.Fatalf("done without a reason: %+v", d)
	case account == desk:
		t.Fatalf("done in an account that only proves sources: %+v", d)
	case portfolio.Strictest(p.Mode, p.Rules[i].Mode, d.Mode) != d.Mode || (d.Mode == portfolio.ModeAsk) != (d.Verdict == portfolio.VerdictAsk) ||
		d.Verdict == portfolio.VerdictAct && d.Mode != portfolio.ModeAct:
		t.Fatalf("done against a mode: %+v", d)
	case slices.ContainsFunc(p.Rules, func(h rules.Rule) bool {
		return h.On == r.Kind() && (h.Do == portfolio.ActionHold || h.Do == portfolio.ActionLetLapse) && h.Until.IsZero() && h.Mode == "" &&
			reflect.ValueOf(h.Match).IsZero() && reflect.ValueOf(h.Except).IsZero()
	}):
		t.Fatalf("done although everything is held: %+v", d)
	}
	if rule := p.Rules[i]; d.AskAbove != rule.AskAbove || d.MaxIncrease != rule.MaxIncrease || d.AnswerWithin != rule.AnswerWithin || d.Silence != rule.Silence {
		t.Fatalf("not the rule's own limits: %+v", d)
	}
	switch r := r.(type) {
	case portfolio.DomainFacts:
		if !r.State.Known() || d.Do == portfolio.ActionRestore && (!r.Redemption || r.State != portfolio.DomainExpired) {
			t.Fatalf("done to a domain in the wrong state: %+v", d)
		}
	case portfolio.PushFacts:
		if d.Do == portfolio.ActionAccept && (!r.Proven() || r.SourceID == r.AccountID || d.Contact == 0) {
			t.Fatalf("accepted without proof: %+v", d)
		}
	case portfolio.ChangeFacts:
		if d.Do == portfolio.ActionCancel && (!r.State.Open() || r.Ours) {
			t.Fatalf("cancelled against the promise: %+v", d)
		}
	case portfolio.NameFacts:
		rule := p.Rules[i]
		if d.Do != portfolio.ActionRegister || r.Status != portfolio.NameFree || r.FreeSince.IsZero() || d.Contact == 0 || d.Terms == nil ||
			rule.Terms == nil && !reflect.ValueOf(*d.Terms).IsZero() || rule.MaxPrice != d.MaxPrice {
			t.Fatalf("registered against the promise: %+v", d)
		}
	}
}
