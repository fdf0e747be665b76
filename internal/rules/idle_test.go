package rules_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// awake says whether a rule that is called idle had a part in a decision.
func awake(idle []rules.Idle, d portfolio.Decision) error {
	for _, i := range idle {
		name := i.Rule.Name
		switch {
		case d.Rule == name:
			return fmt.Errorf("%s is idle (%s), and decided: %+v", name, i.Because, d)
		case !i.Alerts && slices.ContainsFunc(d.Alerts, func(a portfolio.Alert) bool { return a.Rule == name }):
			return fmt.Errorf("%s is idle (%s), and told: %+v", name, i.Because, d)
		case slices.ContainsFunc(d.Trials, func(t string) bool { return strings.HasPrefix(t, name+" ") }):
			return fmt.Errorf("%s is idle (%s), and was tried: %+v", name, i.Because, d)
		case d.Code == "later" && strings.Contains(d.Reason, "; "+name+" speaks"):
			return fmt.Errorf("%s is idle (%s), and is waited for: %+v", name, i.Because, d)
		}
	}
	return nil
}

// near makes policies whose rules are about nearly the same, so that many stand in the
// shadow of others.
func near(t *rapid.T) *rules.Policy {
	one := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	sometimes := func(label string) bool { return rapid.IntRange(0, 3).Draw(t, label) == 0 }
	groups := []rules.Group{
		{Name: "g", Patterns: names("a.com", "b.com")}, {Name: "h", Patterns: names("*.com", "b.net")}, {Name: "i", Patterns: names("?.net")},
	}
	kind := rapid.SampledFrom([]portfolio.ResourceKind{portfolio.KindDomain, portfolio.KindDomain, portfolio.KindPush, portfolio.KindRegistrantChange}).Draw(t, "kind")
	conditions := func(label string, except bool) rules.Conditions {
		var c rules.Conditions
		if sometimes(label + " names") {
			for range rapid.IntRange(1, 2).Draw(t, label+" how many") {
				c.Names = append(c.Names, names(one(label+" name", "a.com", "b.com", "*.com", "*", "a.*", "?.com", "*.net"))...)
			}
		}
		if sometimes(label + " group") {
			c.Groups = rapid.SliceOfN(rapid.SampledFrom(groups), 1, 2).Draw(t, label+" groups")
		}
		if sometimes(label + " tld") {
			c.TLDs = rapid.SliceOfN(rapid.SampledFrom([]string{"com", "net"}), 1, 2).Draw(t, label+" tlds")
		}
		if sometimes(label + " account") {
			c.Accounts = []int64{rapid.SampledFrom([]int64{main, other}).Draw(t, label+" account")}
		}
		distance := func(label string) rules.Distance {
			return rapid.SampledFrom([]rules.Distance{days(10), days(30), {Months: 1}, days(31), days(45), {Months: 2}}).Draw(t, label)
		}
		switch kind {
		case portfolio.KindDomain:
			if sometimes(label + " state") {
				c.States = []string{one(label+" states", "registered", "expired", "hosted")}
			}
			if sometimes(label + " auto") {
				c.AutoRenew = new(rapid.Bool().Draw(t, label+" auto-renewal"))
			}
			if sometimes(label + " registrant") {
				c.Registrants = []rules.Contacts{rapid.SampledFrom([]rules.Contacts{{ID: 5}, {ByAccount: map[int64]int64{main: 5}}, {ByAccount: map[int64]int64{main: 5, other: 6}}}).Draw(t, label+" contact")}
			}
			switch {
			case sometimes(label + " expires"):
				c.Expires = distance(label + " within")
			case sometimes(label + " lapsed"):
				c.Lapsed = distance(label + " ago")
			}
		case portfolio.KindPush:
			if sometimes(label+" source") || !except {
				c.Sources = rapid.SliceOfN(rapid.SampledFrom([]int64{desk, other, main}), 1, 2).Draw(t, label+" sources")
			}
		}
		if kind != portfolio.KindDomain && sometimes(label+" old") {
			c.Older = rapid.SampledFrom([]time.Duration{time.Hour, 48 * time.Hour}).Draw(t, label+" older")
		}
		if kind == portfolio.KindRegistrantChange && sometimes(label+" owner") {
			c.OwnerChange = new(rapid.Bool().Draw(t, label+" new owner"))
		}
		return c
	}
	var rs []rules.Rule
	for i := range rapid.IntRange(2, 6).Draw(t, "rules") {
		label := fmt.Sprint(i)
		r := rules.Rule{On: kind, Match: conditions(label, false), Reason: "x", Level: portfolio.LevelInfo, Contact: &rules.Contacts{ID: 7}}
		if sometimes(label + " excepts") {
			r.Except = conditions(label+" except", true)
		}
		do := map[portfolio.ResourceKind][]portfolio.Action{
			portfolio.KindDomain: {"renew", "renew", "restore", "hold", "let-lapse"}, portfolio.KindPush: {"accept", "reject", "hold"},
			portfolio.KindRegistrantChange: {"cancel", "hold", "alert"},
		}
		r.Do = rapid.SampledFrom(do[kind]).Draw(t, label+" do")
		switch r.Do {
		case portfolio.ActionRenew:
			r.Match.Lapsed = rules.Distance{}
			if r.Match.Expires.IsZero() {
				r.Match.Expires = days(30)
			}
			r.IfLapsed = rapid.SampledFrom([]portfolio.Action{"renew", "restore", "alert"}).Draw(t, label+" lapsed")
		case portfolio.ActionRestore:
			r.Match.Expires = rules.Distance{}
			if r.Match.Lapsed.IsZero() {
				r.Match.Lapsed = days(30)
			}
		}
		if sometimes(label + " mode") {
			r.Mode = rapid.SampledFrom([]portfolio.Mode{portfolio.ModeDryRun, portfolio.ModeAsk}).Draw(t, label+" mode")
		}
		if sometimes(label + " until") {
			r.Until = now.AddDate(0, 0, rapid.SampledFrom([]int{-1, 1, 40}).Draw(t, label+" ends"))
		}
		rs = append(rs, r)
	}
	p := policy(rs...)
	p.Mode = rapid.SampledFrom([]portfolio.Mode{"act", "act", "ask", "dry-run"}).Draw(t, "mode")
	p.Accounts[1].Mode = rapid.SampledFrom([]portfolio.Mode{"", "ask", "dry-run"}).Draw(t, "account's mode")
	return p
}

// neighbours are resources that such policies may speak of: all that are different to
// them, at moments around those at which they turn.
func neighbours(p *rules.Policy, shown func(portfolio.Resource, time.Time)) {
	kind := p.Rules[0].On
	for _, account := range []int64{main, other} {
		for _, name := range []string{"a.com", "b.com", "c.com", "a.net", "b.net", "x.org", ""} {
			for _, flags := range []uint{0, 1, 2, 3} {
				is := func(bit uint) bool { return flags>>bit&1 == 1 }
				contact := []int64{5, 6, 0, 5}[flags]
				switch kind {
				case portfolio.KindDomain:
					for _, state := range []portfolio.DomainState{"registered", "expired", "hosted"} {
						for _, days := range []int{5, 29, 31, 40, 60, 300} {
							if state == "expired" {
								days = -days
							}
							shown(portfolio.DomainFacts{Domain: portfolio.Domain{
								ID: 1, AccountID: account, Name: name, State: state, AutoRenew: is(0), RegistrantID: contact, ExpiresAt: now.AddDate(0, 0, days),
							}, Redemption: is(1)}, now)
						}
					}
				case portfolio.KindPush:
					for _, source := range []int64{0, main, other, desk} {
						f := portfolio.PushFacts{Push: portfolio.Push{ID: 2, AccountID: account, DomainID: 1, CreatedAt: now.Add(-24 * time.Hour * time.Duration(flags))}, SourceID: source, Name: name}
						if source == 0 {
							f.Name, f.Unproven = "", "nobody has it"
						}
						shown(f, now)
					}
				case portfolio.KindRegistrantChange:
					for _, state := range []portfolio.ChangeState{"new", "pending", "cancelling", "cancelled", "completed"} {
						shown(portfolio.ChangeFacts{RegistrantChange: portfolio.RegistrantChange{
							ID: 3, AccountID: account, DomainID: 1, ContactID: contact, State: state, RegistryOwnerChange: is(0), CreatedAt: now.Add(-24 * time.Hour * time.Duration(flags)),
						}, Name: name, Ours: is(1)}, now)
					}
				}
			}
		}
	}
}

// TestIdleNeverWins: a rule that is called idle never wins, holds or tells, whatever it is
// shown; and of those that never do, most are found.
func TestIdleNeverWins(t *testing.T) {
	found, missed := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		p := near(t)
		idle := p.Idle()
		busy := make(map[string]bool)
		neighbours(p, func(r portfolio.Resource, at time.Time) {
			d := rules.Decide(p, r, at)
			if err := awake(idle, d); err != nil {
				t.Fatal(err)
			}
			busy[d.Rule] = true
			for _, a := range d.Alerts {
				busy[a.Rule] = true
			}
			for _, trial := range d.Trials {
				name, _, _ := strings.Cut(trial, " ")
				busy[name] = true
			}
		})
		for _, r := range p.Rules {
			is := slices.ContainsFunc(idle, func(i rules.Idle) bool { return i.Rule.Name == r.Name })
			switch {
			case is:
				found++
			case !busy[r.Name] && (r.Until.IsZero() || now.Before(r.Until)):
				missed++
			}
		}
	})
	t.Logf("%d found, %d more did nothing here", found, missed)
	if found < 5 {
		t.Errorf("only %d rules were idle: the test shows nothing", found)
	}
}

// TestIdleOfACrowd shows the same with very different policies.
func TestIdleOfACrowd(t *testing.T) {
	in := zones(t)
	for seed := range uint64(300) {
		c := newCrowd(seed)
		p := c.policy(in[c.IntN(len(in))])
		idle := p.Idle()
		for range 10 {
			at := now.AddDate(0, 0, c.IntN(700)).In(in[c.IntN(len(in))])
			for _, r := range c.resources(at) {
				if err := awake(idle, rules.Decide(p, r, at)); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		}
	}
}

// TestIdle names rules that can never win, and some that nearly cannot.
func TestIdle(t *testing.T) {
	hold := func(c rules.Conditions) rules.Rule {
		return rules.Rule{Do: portfolio.ActionHold, Reason: "x", Match: c}
	}
	restore := func(within int) rules.Rule {
		return rules.Rule{Do: portfolio.ActionRestore, Match: rules.Conditions{Lapsed: days(within)}}
	}
	with := func(r rules.Rule, f func(*rules.Rule)) rules.Rule { f(&r); return r }
	group := func(ps ...string) rules.Conditions {
		return rules.Conditions{Groups: []rules.Group{{Name: "g", Patterns: names(ps...)}}}
	}
	named := func(ps ...string) rules.Conditions { return rules.Conditions{Names: names(ps...)} }
	push := func(do portfolio.Action, c rules.Conditions) rules.Rule {
		return rules.Rule{On: portfolio.KindPush, Do: do, Match: c, Reason: "x"}
	}
	for name, tt := range map[string]struct {
		rules []rules.Rule
		want  string // the rule that is idle, what wins instead or why; "": none
	}{
		"a wider one above":            {[]rules.Rule{renew(45), renew(30, named("a.com"))}, "rule-2: rule-1"},
		"a wider one below":            {[]rules.Rule{renew(30, named("a.com")), renew(45)}, ""},
		"an earlier one above":         {[]rules.Rule{renew(30), renew(45)}, ""},
		"one in dry-run above":         {[]rules.Rule{with(renew(45), func(r *rules.Rule) { r.Mode = "dry-run" }), renew(30)}, ""},
		"one that asks above":          {[]rules.Rule{with(renew(45), func(r *rules.Rule) { r.Mode = "ask" }), renew(30)}, "rule-2: rule-1"},
		"in dry-run below":             {[]rules.Rule{renew(45), with(renew(30), func(r *rules.Rule) { r.Mode = "dry-run" })}, ""},
		"held, wherever":               {[]rules.Rule{renew(45, named("a.com")), hold(named("*.com"))}, "rule-1: rule-2"},
		"held for a while":             {[]rules.Rule{renew(45, named("a.com")), with(hold(named("*.com")), func(r *rules.Rule) { r.Until = now })}, ""},
		"held until its date":          {[]rules.Rule{renew(45), hold(rules.Conditions{Expires: days(30)})}, ""},
		"two holds":                    {[]rules.Rule{hold(named("*")), hold(named("a.com"))}, "rule-2: rule-1"},
		"two holds, the second longer": {[]rules.Rule{with(hold(named("*")), func(r *rules.Rule) { r.Until = now }), with(hold(named("a.com")), func(r *rules.Rule) { r.Until = now.AddDate(0, 0, 1) })}, ""},
		"a group between two":          {[]rules.Rule{renew(45, named("a.com")), renew(45, named("b.*")), renew(30, group("a.com", "b.com"))}, "rule-3: rule-1, rule-2"},
		"a group, all but one":         {[]rules.Rule{renew(45, named("a.com")), renew(30, group("a.com", "b.com"))}, ""},
		"a group, the rest excepted":   {[]rules.Rule{renew(45, named("a.com")), with(renew(30, group("a.com", "b.com")), func(r *rules.Rule) { r.Except = named("b.com") })}, "rule-2: rule-1"},
		"an account each": {[]rules.Rule{
			renew(45, rules.Conditions{Accounts: []int64{main}}), renew(45, rules.Conditions{Accounts: []int64{other}}), renew(45),
		}, "rule-3: rule-1, rule-2"},
		"auto-renewal on and off": {[]rules.Rule{
			renew(45, rules.Conditions{AutoRenew: new(true)}), renew(45, rules.Conditions{AutoRenew: new(false)}), renew(40),
		}, "rule-3: rule-1, rule-2"},
		"by the tld":                  {[]rules.Rule{renew(45, named("*.com", "*.co.uk")), renew(45, rules.Conditions{TLDs: []string{"com", "co.uk"}})}, "rule-2: rule-1"},
		"names under the tld":         {[]rules.Rule{renew(45, rules.Conditions{TLDs: []string{"com"}}), renew(45, named("a.com", "b.com"))}, "rule-2: rule-1"},
		"a pattern over the dot":      {[]rules.Rule{renew(45, rules.Conditions{TLDs: []string{"com"}}), renew(45, named("a*.com"))}, ""},
		"excepts something":           {[]rules.Rule{with(renew(45), func(r *rules.Rule) { r.Except = named("*.net") }), renew(30, named("a.com"))}, "rule-2: rule-1"},
		"excepts what is meant":       {[]rules.Rule{with(renew(45), func(r *rules.Rule) { r.Except = named("a.*") }), renew(30, named("a.com"))}, ""},
		"excepts a date":              {[]rules.Rule{with(renew(45), func(r *rules.Rule) { r.Except.Expires = days(10) }), renew(30)}, ""},
		"a month is no 31 days":       {[]rules.Rule{renew(45), with(renew(1), func(r *rules.Rule) { r.Match.Expires = rules.Distance{Months: 1} })}, "rule-2: rule-1"},
		"31 days and a month":         {[]rules.Rule{with(renew(1), func(r *rules.Rule) { r.Match.Expires = rules.Distance{Months: 1} }), renew(30)}, ""},
		"a restore below a renewal":   {[]rules.Rule{renew(45), restore(30)}, ""}, // out of redemption
		"a restore below if_lapsed":   {[]rules.Rule{with(renew(45), func(r *rules.Rule) { r.IfLapsed = "restore" }), restore(30)}, "rule-2: rule-1"},
		"a restore below its like":    {[]rules.Rule{restore(60), restore(30)}, "rule-2: rule-1"},
		"a restore for longer":        {[]rules.Rule{restore(30), restore(60)}, ""},
		"a renewal that still alerts": {[]rules.Rule{renew(45), with(renew(30), func(r *rules.Rule) { r.IfLapsed = "alert" })}, "rule-2 but for alerts: rule-1"},
		"all but lapsed ones":         {[]rules.Rule{renew(45, rules.Conditions{States: []string{"registered"}}), renew(30)}, ""},
		"its except is its match":     {[]rules.Rule{with(renew(45, named("a.com")), func(r *rules.Rule) { r.Except = named("*.com") })}, "rule-1: its except leaves out every name of its match"},
		"its except is its match, bit by bit": {[]rules.Rule{with(renew(45, group("a.com", "b.net")), func(r *rules.Rule) {
			r.Except = rules.Conditions{Names: names("a.*"), TLDs: []string{"net"}}
		})}, "rule-1: its except leaves out all that it matches, one by one"},
		"its except has its dates":  {[]rules.Rule{with(hold(rules.Conditions{Expires: days(30)}), func(r *rules.Rule) { r.Except.Expires = days(60) })}, "rule-1: the dates of its except hold wherever those of its match do"},
		"name and tld":              {[]rules.Rule{hold(rules.Conditions{Names: names("a.com"), TLDs: []string{"net"}})}, "rule-1: none of its names has the tld that its match wants"},
		"name and group":            {[]rules.Rule{hold(rules.Conditions{Names: names("a.com"), Groups: group("b.*").Groups})}, "rule-1: no name is in both its name and its group"},
		"a contact that nobody has": {[]rules.Rule{hold(rules.Conditions{Accounts: []int64{main}, Registrants: []rules.Contacts{{ByAccount: map[int64]int64{other: 5}}}})}, "rule-1: its accounts have none of the contacts of its match, or its except leaves them out"},
		"a state and a date":        {[]rules.Rule{hold(rules.Conditions{States: []string{"hosted"}, Expires: days(30)})}, "rule-1: there is no account and no state in which it has something to do"},
		"an alert":                  {[]rules.Rule{hold(rules.Conditions{}), {Do: portfolio.ActionAlert, Level: "info"}}, ""},
		"pushes from one source":    {[]rules.Rule{push("accept", rules.Conditions{Sources: []int64{desk, other}}), push("reject", rules.Conditions{Sources: []int64{desk}})}, "rule-2: rule-1"},
		"pushes from each other":    {[]rules.Rule{push("accept", rules.Conditions{Sources: []int64{main, other}}), push("reject", rules.Conditions{Sources: []int64{main, other}})}, ""},
		"unproven pushes":           {[]rules.Rule{push("accept", rules.Conditions{Sources: []int64{desk}}), push("reject", rules.Conditions{})}, ""},
		"pushes, older":             {[]rules.Rule{push("reject", rules.Conditions{Older: time.Hour}), push("hold", rules.Conditions{Older: time.Minute}), push("reject", rules.Conditions{Older: 2 * time.Hour})}, "rule-1: rule-2; rule-3: rule-2"},
		"another kind":              {[]rules.Rule{push("hold", rules.Conditions{}), renew(45)}, ""},
	} {
		var got []string
		for _, i := range policy(tt.rules...).Idle() {
			text := i.Rule.Name
			if i.Alerts {
				text += " but for alerts"
			}
			why := []string{}
			if i.Because != "" {
				why = append(why, i.Because)
			}
			for _, r := range i.By {
				why = append(why, r.Name)
			}
			got = append(got, text+": "+strings.Join(why, ", "))
		}
		if text := strings.Join(got, "; "); text != tt.want {
			t.Errorf("%s: got %q, want %q", name, text, tt.want)
		}
	}
}

// TestContains: a pattern contains another one only where it fits all names that fit that.
func TestContains(t *testing.T) {
	for text, contained := range map[string]string{
		"*": "*.com a.com ?", "*.com": "a.com *.com **.com a*.com ?.com", "?.com": "a.com ?.com", "a*c": "a*c abc a*b*c ac a?c", "*a*": "a *a a* xay",
	} {
		for q := range strings.FieldsSeq(contained) {
			if !names(text)[0].Contains(names(q)[0]) {
				t.Errorf("%s does not contain %s", text, q)
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab*?.]{1,5}`)
		p, q := names(text.Draw(t, "p"))[0], names(text.Draw(t, "q"))[0]
		name := strings.NewReplacer("*", rapid.SampledFrom([]string{"", "a", "b.a"}).Draw(t, "star"), "?", rapid.SampledFrom([]string{"a", "."}).Draw(t, "one")).Replace(q.String())
		if p.Contains(q) && q.Match(name) && !p.Match(name) {
			t.Fatalf("%s contains %s, and does not fit %s", p, q, name)
		}
	})
}

// TestIdleOfManyNames: groups of very many names are told from each other quickly.
func TestIdleOfManyNames(t *testing.T) {
	var many, most []rules.Pattern
	for i := range 20_000 {
		p := names(fmt.Sprintf("n%d.com", i))
		if many = append(many, p...); i > 0 {
			most = append(most, p...)
		}
	}
	group := func(ps []rules.Pattern) rules.Conditions {
		return rules.Conditions{Groups: []rules.Group{{Name: "g", Patterns: ps}}}
	}
	p := policy(renew(45, group(many)), renew(45, group(most)), renew(45, rules.Conditions{Names: names("n0.com")}))
	if idle := p.Idle(); len(idle) != 2 {
		t.Errorf("%d rules are idle", len(idle))
	}
	p = policy(renew(45, group(most)), renew(45, group(many)), renew(45, rules.Conditions{Names: names("n0.com")}))
	if idle := p.Idle(); len(idle) != 1 {
		t.Errorf("%d rules are idle", len(idle))
	}
}

// BenchmarkIdle looks at thirty rules of the same two large groups, none of them idle.
func BenchmarkIdle(b *testing.B) {
	var groups []rules.Group
	for g := range 2 {
		var ps []rules.Pattern
		for i := range 10_000 {
			ps = append(ps, names(fmt.Sprintf("n%d.tld%d", i, g))...)
		}
		groups = append(groups, rules.Group{Name: fmt.Sprint(g), Patterns: ps})
	}
	var rs []rules.Rule
	for i := range 30 {
		r := renew(45, rules.Conditions{Groups: groups})
		r.Except.Registrants = []rules.Contacts{{ID: int64(i + 1)}}
		rs = append(rs, r)
	}
	p := policy(rs...)
	for b.Loop() {
		if idle := p.Idle(); len(idle) > 0 {
			b.Fatal(idle[0].Rule.Name)
		}
	}
}
