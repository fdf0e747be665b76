package control

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// fakeExplainer has guards that say what they are told to; without a func, a renewal costs
// 15.50 and everything passes.
type fakeExplainer struct {
	guards func(ahead []portfolio.Decision, d portfolio.Decision, at time.Time) (portfolio.Decision, []executor.Check)
}

func (fakeExplainer) Facts(d portfolio.Domain) (portfolio.DomainFacts, error) {
	return portfolio.DomainFacts{Domain: d}, nil
}

func (fakeExplainer) Expected(p portfolio.Push) (*portfolio.Approval, error) {
	if p.ID != 3 {
		return nil, nil //nolint:nilnil // none
	}
	return &portfolio.Approval{Kind: portfolio.ApprovalPush, By: "operator bob", Contact: 2715, At: now, Until: now.AddDate(0, 0, 7)}, nil
}

func (fakeExplainer) Ours(c portfolio.RegistrantChange) (bool, error) { return c.ID == 102, nil }

func (x fakeExplainer) Explain(_ context.Context, ahead []portfolio.Decision, d portfolio.Decision, at time.Time) (portfolio.Decision, []executor.Check, error) {
	if d.Do == "" || d.Verdict == portfolio.VerdictHold || d.Verdict == portfolio.VerdictLetLapse {
		return d, nil, nil
	}
	if d.Do == portfolio.ActionRenew {
		price := portfolio.Money(1550)
		d.Price, d.PriceAt = &price, now
	}
	if x.guards == nil {
		return d, []executor.Check{{Guard: "pauses", Passed: true, Saw: "nothing is paused"}}, nil
	}
	d, checks := x.guards(ahead, d, at)
	return d, checks, nil
}

// fakeWatched sees names as they are listed.
type fakeWatched map[string]portfolio.NameStatus

func (w fakeWatched) Name(_ context.Context, name string, at time.Time) (r scheduler.Reading, err error) {
	for _, account := range []int64{1010, 3030} {
		f := portfolio.NameFacts{AccountID: account, Name: name, Status: w[name], FreeSince: at.Truncate(24 * time.Hour), CheckedAt: at}
		r.Decisions = append(r.Decisions, portfolio.Decision{Resource: f})
	}
	return r, nil
}

func pattern(text string) rules.Pattern {
	p, err := rules.NewPattern(text)
	if err != nil {
		panic(err)
	}
	return p
}

// explaining are the options of hands with a policy: it renews a.com and what is in labs.
func explaining() (Options, map[string]*fakeLook) {
	o, _, looks := hands()
	policy := &rules.Policy{
		Hash: "0123456789ab", Mode: portfolio.ModeAct, Location: time.UTC, WarnWithin: rules.Distance{Days: 60}, BeforeExpiry: []rules.Distance{{Days: 30}, {Days: 7}, {Days: 3}},
		Accounts: []rules.Account{
			{Account: portfolio.Account{ID: 1010, Name: "main"}, DefaultContact: 2715},
			{Account: portfolio.Account{ID: 3030, Name: "labs"}},
			{Account: portfolio.Account{ID: 2020, Name: "desk"}, Source: true},
		},
		Rules: []rules.Rule{
			{
				Name: "renew-a", At: "config.toml:10", On: portfolio.KindDomain, Do: portfolio.ActionRenew, Years: 2, IfLapsed: portfolio.ActionRenew,
				Match: rules.Conditions{Names: []rules.Pattern{pattern("a.*")}, Expires: rules.Distance{Days: 30}},
			},
			{
				Name: "hold-b", At: "config.toml:20", On: portfolio.KindDomain, Do: portfolio.ActionHold, Reason: "a court", Until: now.AddDate(0, 0, 2),
				Match: rules.Conditions{Names: []rules.Pattern{pattern("b.com")}},
			},
			{
				Name: "renew-labs", At: "config.toml:30", On: portfolio.KindDomain, Do: portfolio.ActionRenew, Years: 1, IfLapsed: portfolio.ActionRenew,
				Match: rules.Conditions{Accounts: []int64{3030}, Expires: rules.Distance{Days: 30}},
			},
			{
				Name: "catch", At: "config.toml:40", On: portfolio.KindName, Do: portfolio.ActionRegister, Terms: &portfolio.Terms{},
				Match: rules.Conditions{Names: []rules.Pattern{pattern("free.com"), pattern("c.com")}, Accounts: []int64{1010}},
			},
			{
				Name: "catch-all", At: "config.toml:50", On: portfolio.KindName, Do: portfolio.ActionAlert, Level: portfolio.LevelInfo,
				Match: rules.Conditions{Names: []rules.Pattern{pattern("two.com")}},
			},
		},
	}
	o.Policy = func() *rules.Policy { return policy }
	o.Explainer, o.Watched = fakeExplainer{}, fakeWatched{"free.com": portfolio.NameFree, "c.com": portfolio.NameTaken}
	o.Jobs = &fakeJobs{jobs: []scheduler.JobStatus{{Name: scheduler.JobDomains, Next: now.Add(2 * time.Hour)}, {Name: scheduler.JobNames, Running: true}}}
	return o, looks
}

func explain(t *testing.T, o Options, q ExplainQuery) Explanation {
	t.Helper()
	e, err := InProcess(New(o), alice).Explain(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestSentences: what follows is said in one sentence, and when something comes.
func TestSentences(t *testing.T) {
	o, _ := explaining()
	idle := o
	idle.About.Running = false
	asking, _ := explaining()
	asking.Policy().Mode = portfolio.ModeAsk
	trying, _ := explaining()
	trying.Policy().Mode = portfolio.ModeDryRun
	for name, test := range map[string]struct {
		o        Options
		q        ExplainQuery
		sentence string
		next     string // its moment, and what
	}{
		"done by a daemon": {o, ExplainQuery{Name: "a.com"}, "It will be renewed for two years at 15.50 at the next scan (in 2 h).", "2026-03-01T14:00:00Z it is renewed for two years at 15.50"},
		"done by nobody":   {idle, ExplainQuery{Name: "a.com"}, "It will be renewed for two years at 15.50 at the next scan (no daemon runs now).", "it is renewed for two years at 15.50"},
		"asked": {asking, ExplainQuery{Name: "a.com"}, "A person is asked whether it is to be renewed for two years at 15.50 (it expires in 12 days (2026-03-13), within the rule's 30d); " +
			"nothing is done before somebody says yes.", "somebody answers whether it is to be renewed for two years at 15.50"},
		"tried out": {trying, ExplainQuery{Name: "a.com"}, "Nothing is done: it would be renewed for two years at 15.50, but for the mode dry-run of the policy. " +
			"On 2026-03-13 it expires, unless DNSimple's own auto-renewal, which is on, has renewed it.", ""},
		"held": {o, ExplainQuery{Name: "b.com"}, "Nothing will be done: hold-b holds it: a court (until 2026-03-02). On 2026-03-03 renew-labs has it renewed for one year. " +
			"Its owner is warned all the same that it expires, next on 2026-03-03.", "2026-03-03T12:00:00Z renew-labs has it renewed for one year"},
		"nobody's": {o, ExplainQuery{Name: "both.com", Account: "main"}, "Nothing will be done, and its owner is warned that nobody covers it: it expires in 40 days (2026-04-10), and no rule speaks of it, now or later. " +
			"On 2026-04-10 it expires, unless DNSimple's own auto-renewal, which is on, has renewed it.", "2026-04-10T12:00:00Z it expires, unless DNSimple's own auto-renewal, which is on, has renewed it"},
		"later":            {o, ExplainQuery{Name: "a.com", At: "2026-03-13T12:00:00Z"}, "As of 2026-03-13T12:00:00Z it would be renewed for two years at 15.50: it lapsed less than a day ago (2026-03-13) and counts as in grace: the plain renewal comes first.", ""},
		"free":             {o, ExplainQuery{Name: "free.com"}, "The name will be registered with contact 2715 by the scan that runs now.", "2026-03-01T12:00:00Z the name is registered with contact 2715"},
		"taken":            {o, ExplainQuery{Name: "c.com", On: "name", Account: "1010"}, "Nothing will be done now: somebody has it; catch registers it once it is free. It is looked at again once a day.", ""},
		"a source's":       {o, ExplainQuery{Name: "pushed.com"}, "Nothing will be done now: the account is not one that domaind acts on.", ""},
		"announced":        {o, ExplainQuery{Push: "3"}, "The push will be accepted with contact 2715 at the next scan.", "the push is accepted with contact 2715"},
		"a change of ours": {o, ExplainQuery{Change: "102"}, "Nothing will be done now: the registrant of both.com was changed to contact 2715.", ""},
	} {
		e := explain(t, test.o, test.q)
		if e.Sentence != test.sentence {
			t.Errorf("%s: %s", name, e.Sentence)
		}
		next := ""
		if e.Next != nil {
			next = e.Next.What
			if e.Next.At != nil {
				next = e.Next.At.Format(time.RFC3339) + " " + next
			}
		}
		if test.next != "" && next != test.next {
			t.Errorf("%s: next %s", name, next)
		}
	}
}

// TestStopped: a guard that stops it tells when it may pass.
func TestStopped(t *testing.T) {
	o, _ := explaining()
	until := now.AddDate(0, 0, 5)
	for _, at := range []*time.Time{&until, nil} {
		o.Explainer = fakeExplainer{guards: func(_ []portfolio.Decision, d portfolio.Decision, _ time.Time) (portfolio.Decision, []executor.Check) {
			d.Verdict, d.Code, d.Reason = portfolio.VerdictBlocked, "max_per_day", "it costs too much"
			return d, []executor.Check{{Guard: "pauses", Passed: true, Saw: "none"}, {Guard: "max_per_day", Saw: "too much", Until: at}}
		}}
		e := explain(t, o, ExplainQuery{Name: "a.com"})
		want := "It will not be renewed for two years at 15.50 now: it costs too much."
		if at != nil {
			want += " From 2026-03-06T12:00:00Z on that is no reason any more."
		}
		if e.Sentence != want || len(e.Guards) != 2 || e.Next == nil || (e.Next.At != nil) != (at != nil) {
			t.Errorf("%s %+v", e.Sentence, e.Next)
		}
	}
}

// TestAhead: what a plan buys before it is set aside, and nothing is read for what is not
// bought.
func TestAhead(t *testing.T) {
	o, _ := explaining()
	reads := 0
	first := renewal(1, "first.com", portfolio.VerdictAct)
	o.Scanner = fakeScanner{domains: func() (scheduler.Reading, error) {
		reads++
		own := renewal(7, "a.com", portfolio.VerdictAct)
		return scheduler.Reading{Decisions: []portfolio.Decision{domain(4, "far.com", 300, portfolio.VerdictNone), first, own, renewal(8, "after.com", portfolio.VerdictAct)}}, nil
	}}
	var ahead [][]portfolio.Decision
	o.Explainer = fakeExplainer{guards: func(before []portfolio.Decision, d portfolio.Decision, _ time.Time) (portfolio.Decision, []executor.Check) {
		ahead = append(ahead, before)
		return d, nil
	}}
	e := explain(t, o, ExplainQuery{Name: "a.com"})
	if len(ahead) != 2 || len(ahead[0]) != 0 || len(ahead[1]) != 1 || ahead[1][0].Resource != first.Resource {
		t.Errorf("ahead: %v", ahead)
	}
	if !slices.Contains(e.Notes, "what a plan buys before it counts as used") {
		t.Errorf("%q", e.Notes)
	}
	explain(t, o, ExplainQuery{Name: "b.com"})
	explain(t, o, ExplainQuery{Name: "a.com", At: "2026-03-02"})
	explain(t, o, ExplainQuery{Change: "101"})
	if reads != 1 {
		t.Errorf("%d scans", reads)
	}
	// What the day's money stops is told with what is bought before it, as a plan tells it.
	for code, more := range map[string]int{"max_per_day": 1, "max_per_month": 1, "max_purchases_per_day": 1, "max_per_purchase": 0, "max_price": 0} {
		o.Explainer = fakeExplainer{guards: func(_ []portfolio.Decision, d portfolio.Decision, _ time.Time) (portfolio.Decision, []executor.Check) {
			d.Verdict, d.Code = portfolio.VerdictBlocked, code
			return d, nil
		}}
		reads = 0
		if explain(t, o, ExplainQuery{Name: "a.com"}); reads != more {
			t.Errorf("%s: %d scans, want %d", code, reads, more)
		}
	}
}

// TestWhichIsMeant: what is in two accounts must be said; a source gives way.
func TestWhichIsMeant(t *testing.T) {
	o, looks := explaining()
	looks["desk"].domains = append(looks["desk"].domains, owned(2020, 7, "a.com", 0))
	if e := explain(t, o, ExplainQuery{Name: "a.com"}); e.Resource.Account != 1010 {
		t.Errorf("%+v", e.Resource)
	}
	if e := explain(t, o, ExplainQuery{Name: "BÜCHER.com."}); e.Resource.Unicode != "bücher.com" || e.Resource.Name != "xn--bcher-kva.com" {
		t.Errorf("%+v", e.Resource)
	}
	if e := explain(t, o, ExplainQuery{Name: "c.com"}); e.Resource.On != portfolio.KindDomain || len(e.Notes) != 1 {
		t.Errorf("%+v %q", e.Resource, e.Notes)
	}
	for query, want := range map[string]struct {
		status int
		text   string
	}{
		"name=both.com":                     {http.StatusConflict, "more than one account: say which with --account, of labs (3030), main (1010)"},
		"name=two.com":                      {http.StatusConflict, "two.com is watched in more than one account"},
		"name=b.com&account=main&on=domain": {http.StatusNotFound, "b.com is in none of these accounts: main (1010)"},
		"name=nowhere.com&on=name":          {http.StatusNotFound, "no rule watches nowhere.com"},
		"push=2":                            {http.StatusNotFound, "push 2 waits in none"},
		"change=9":                          {http.StatusNotFound, "registrant change 9 is in none"},
		"name=a.com&push=1":                 {http.StatusBadRequest, "one of them"},
		"":                                  {http.StatusBadRequest, "one of them"},
		"name=*.com":                        {http.StatusBadRequest, "is no name of a domain"},
		"push=0":                            {http.StatusBadRequest, "is no id of a push"},
		"name=a.com&on=contact":             {http.StatusBadRequest, "not \\\"contact\\\""},
		"name=a.com&at=soon":                {http.StatusBadRequest, "is no moment"},
		"name=a.com&at=2026-02-28":          {http.StatusBadRequest, "has passed"},
		"name=a.com&account=nobody":         {http.StatusBadRequest, "there is no account"},
		"name=a.com&why=1":                  {http.StatusBadRequest, "knows no"},
	} {
		status, body := ask(t, o, http.MethodGet, "/v1/explain?"+query, "")
		if status != want.status || !strings.Contains(body, want.text) {
			t.Errorf("%s: %d %s", query, status, body)
		}
	}
}

// TestExplainedFromWhatIsRead: what is found in one account counts, whatever another one says; what
// is found in none may be in the one that could not be read.
func TestExplainedFromWhatIsRead(t *testing.T) {
	o, looks := explaining()
	looks["labs"].err = &portfolio.CallError{Call: "read a domain", Outcome: portfolio.OutcomeUnauthorized, Status: 401}
	if e := explain(t, o, ExplainQuery{Name: "a.com"}); e.Resource.Account != 1010 {
		t.Errorf("%+v", e.Resource)
	}
	status, body := ask(t, o, http.MethodGet, "/v1/explain?name=nowhere.com", "")
	if status != http.StatusBadGateway || !strings.Contains(body, "in no account that could be read") {
		t.Errorf("%d %s", status, body)
	}
}

// TestNotThere: a name that is nowhere, and the rules that would speak of it.
func TestNotThere(t *testing.T) {
	o, _ := explaining()
	e := explain(t, o, ExplainQuery{Name: "a.net"})
	if e.Decision != nil || e.Resource.Held || len(e.Would) != 2 || e.Would[0].Rule != "renew-a" || !slices.Equal(e.Would[0].Accounts, []string{"main", "labs"}) ||
		e.Would[0].Why != "name a.*: it fits a.*" || e.Would[1].Rule != "renew-labs" || !slices.Equal(e.Would[1].Accounts, []string{"labs"}) {
		t.Errorf("%+v", e)
	}
	if e := explain(t, o, ExplainQuery{Name: "x.net", Account: "main"}); len(e.Would) != 0 || !strings.Contains(e.Sentence, "no rule would speak of its name either") {
		t.Errorf("%+v", e)
	}
}

// datedLook says what time it is at DNSimple.
type datedLook struct {
	*fakeLook
	date time.Time
}

func (l datedLook) DomainNamed(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error) {
	d, _, err := l.fakeLook.DomainNamed(ctx, name)
	return d, portfolio.Answer{Date: l.date}, err
}

// TestClocksDisagree: as a plan has it, nothing is done where the clocks are apart.
func TestClocksDisagree(t *testing.T) {
	o, looks := explaining()
	for skew, want := range map[time.Duration]portfolio.Verdict{time.Minute: portfolio.VerdictAct, -time.Hour: portfolio.VerdictBlocked} {
		o.Accounts[0].Look = datedLook{looks["main"], now.Add(skew)}
		e := explain(t, o, ExplainQuery{Name: "a.com"})
		if e.Decision.Verdict != want || (want == portfolio.VerdictBlocked) != (e.Decision.Code == portfolio.CodeClock) || len(e.Guards) != 1 {
			t.Errorf("%s: %+v %+v", skew, e.Decision, e.Guards)
		}
	}
	o, looks = explaining()
	o.Policy().Mode = portfolio.ModeAsk // nobody is asked, either
	o.Accounts[0].Look = datedLook{looks["main"], now.Add(-time.Hour)}
	if e := explain(t, o, ExplainQuery{Name: "a.com"}); e.Decision.Code != portfolio.CodeClock {
		t.Errorf("it asks: %+v", e.Decision)
	}
}
