package control

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// teller puts a decision into words: what follows from it, and what comes next.
type teller struct {
	h        *handler
	policy   *rules.Policy
	e        *Explanation
	d        portfolio.Decision
	resource portfolio.Resource
	later    bool // it is told as of a moment that is not now
}

// tell fills in the sentence, and what is next.
func (t *teller) tell() error {
	d, e := t.d, t.e
	done, be := t.done(), "will"
	if t.later {
		be = "would"
	}
	switch d.Verdict {
	case portfolio.VerdictAct:
		if t.later {
			e.Sentence = fmt.Sprintf("As of %s it would be %s: %s.", t.moment(e.At), done, d.Reason)
			return nil
		}
		at, when, err := t.scan()
		if err != nil {
			return err
		}
		e.Next = &Next{At: at, What: fmt.Sprintf("%s is %s", t.it(), done)}
		e.Sentence = fmt.Sprintf("%s will be %s %s.", upper(t.it()), done, when)
	case portfolio.VerdictAsk:
		e.Next = &Next{What: "somebody answers whether " + t.it() + " is to be " + done}
		is := "is asked"
		if d.Op != "" {
			is = "was asked (" + d.Op + ")"
		}
		e.Sentence = fmt.Sprintf("A person %s whether %s is to be %s (%s); nothing is done before somebody says yes.", is, t.it(), done, d.Reason)
	case portfolio.VerdictWouldAct:
		e.Sentence = fmt.Sprintf("Nothing is done: %s would be %s, but for the mode dry-run of %s.", t.it(), done, t.tries())
		t.upcoming("")
	case portfolio.VerdictBlocked, portfolio.VerdictWait:
		e.Sentence = fmt.Sprintf("%s %s not be %s now: %s.", upper(t.it()), be, done, d.Reason)
		t.stopped()
	case portfolio.VerdictHold, portfolio.VerdictLetLapse:
		verb := "holds it"
		if d.Verdict == portfolio.VerdictLetLapse {
			verb = "lets it lapse"
		}
		e.Sentence = fmt.Sprintf("Nothing %s be done: %s %s: %s.", be, d.Rule, verb, d.Reason)
		t.upcoming("Nothing ends that but another policy")
		if d.Verdict == portfolio.VerdictHold {
			t.warned()
		}
	case portfolio.VerdictUncovered:
		e.Sentence = fmt.Sprintf("Nothing %s be done, and its owner is warned that nobody covers it: %s.", be, d.Reason)
		t.upcoming("No rule will ever speak of it as it is")
	default:
		e.Sentence = fmt.Sprintf("Nothing %s be done now: %s.", be, d.Reason)
		t.upcoming(t.never())
	}
	t.told()
	return nil
}

// never is what is said where nothing comes.
func (t *teller) never() string {
	switch f := t.resource.(type) {
	case portfolio.NameFacts:
		if t.d.Code == "no-rule" {
			return "No rule will ever register it"
		}
		return "It is looked at again once a day"
	case portfolio.ChangeFacts:
		if !f.State.Open() {
			return ""
		}
	}
	return "No rule will ever speak of it as it is"
}

// tries says whose dry-run keeps a decision from being carried out.
func (t *teller) tries() string {
	if portfolio.Strictest(t.policy.Mode) == portfolio.ModeDryRun {
		return "the policy"
	}
	for _, a := range t.policy.Accounts {
		if id, _, _ := t.resource.Ident(); a.ID == id && portfolio.Strictest(a.Mode) == portfolio.ModeDryRun {
			return "account " + a.Name
		}
	}
	return t.d.Rule
}

// scan is when the resource is looked at next, and how that is said; nil where nobody
// knows.
func (t *teller) scan() (*time.Time, string, error) {
	if !t.h.About.Running {
		return nil, "at the next scan (no daemon runs now)", nil
	}
	job := scheduler.JobDomains
	switch t.resource.(type) {
	case portfolio.PushFacts:
		job = scheduler.JobPushes
	case portfolio.ChangeFacts:
		job = scheduler.JobRegistrantChanges
	case portfolio.NameFacts:
		job = scheduler.JobNames
	}
	jobs, err := t.h.Jobs.Jobs()
	if err != nil {
		return nil, "", err
	}
	i := slices.IndexFunc(jobs, func(j scheduler.JobStatus) bool { return j.Name == job })
	switch {
	case i >= 0 && jobs[i].Running:
		return &t.e.ReadAt, "by the scan that runs now", nil
	case i < 0 || jobs[i].Next.IsZero():
		return nil, "at the next scan", nil
	}
	return &jobs[i].Next, "at the next scan (" + distance(jobs[i].Next.Sub(t.e.ReadAt)) + ")", nil
}

// distance is how far ahead something is: "in 2 h".
func distance(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "within a minute"
	case d < time.Hour:
		return fmt.Sprintf("in %d min", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("in %d h", d/time.Hour)
	}
	return fmt.Sprintf("in %d days", d/day)
}

func (t *teller) moment(at time.Time) string {
	there := at.In(t.policy.Location)
	if there.Hour() == 0 && there.Minute() == 0 && there.Second() == 0 {
		return there.Format(time.DateOnly)
	}
	return there.Format(time.RFC3339)
}

// stopped tells when a guard that stops the decision may let it pass.
func (t *teller) stopped() {
	i := slices.IndexFunc(t.e.Guards, func(c executor.Check) bool { return !c.Passed })
	if i < 0 || t.e.Guards[i].Until == nil {
		t.e.Next = &Next{What: "it is looked at anew at every scan"}
		return
	}
	at := *t.e.Guards[i].Until
	t.e.Next = &Next{At: &at, What: fmt.Sprintf("that guard (%s) is no reason any more", t.e.Guards[i].Guard)}
	t.e.Sentence += fmt.Sprintf(" From %s on that is no reason any more.", t.moment(at))
}

// upcoming tells what the policy will say next, where nothing is done now.
func (t *teller) upcoming(never string) {
	if t.d.Code == "not-ours" {
		return // nothing is ever done there
	}
	at, d, ok := rules.Upcoming(t.policy, rules.AsOf(t.resource, t.e.ReadAt, t.e.At), t.e.At)
	if !ok && never != "" {
		t.e.Sentence += " " + never + "."
	}
	if f, is := t.resource.(portfolio.DomainFacts); is && f.State == portfolio.DomainRegistered && f.ExpiresAt.After(t.e.At) && (!ok || at.After(f.ExpiresAt)) {
		what := "it lapses, unless somebody renews it"
		if f.AutoRenew {
			what = "it expires, unless DNSimple's own auto-renewal, which is on, has renewed it"
		}
		t.e.Next = &Next{At: &f.ExpiresAt, What: what}
		t.e.Sentence += fmt.Sprintf(" On %s %s.", dayOf(t.policy, f.ExpiresAt), what)
		return
	}
	if !ok {
		return
	}
	what := t.becomes(d)
	if f, ok := d.Resource.(portfolio.DomainFacts); ok && f.State == portfolio.DomainExpired && at.Equal(f.ExpiresAt) && d.Code != "uncovered-lapsed" {
		what += ", for it has lapsed then"
	}
	t.e.Next = &Next{At: &at, What: what}
	t.e.Sentence += fmt.Sprintf(" On %s %s.", dayOf(t.policy, at), what)
}

// warned adds when the owner of a held domain is warned next that it expires.
func (t *teller) warned() {
	f, ok := t.resource.(portfolio.DomainFacts)
	if !ok || f.State != portfolio.DomainRegistered || f.ExpiresAt.IsZero() {
		return
	}
	var next time.Time
	for _, d := range t.policy.BeforeExpiry {
		at := d.Before(f.ExpiresAt.UTC())
		if at.After(t.e.At) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if !next.IsZero() {
		t.e.Sentence += fmt.Sprintf(" Its owner is warned all the same that it expires, next on %s.", dayOf(t.policy, next))
	}
}

// told adds that people are told, whatever else is done.
func (t *teller) told() {
	var by []string
	for _, a := range t.d.Alerts {
		if a.Rule != "" && a.Rule != t.d.Rule {
			by = append(by, a.Rule)
		}
	}
	if len(by) > 0 {
		t.e.Sentence += " People are told by " + strings.Join(by, ", ") + "."
	}
}
