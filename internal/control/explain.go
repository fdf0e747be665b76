package control

import (
	"context"
	"net/http"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// Explainer says what the ledger remembers of a resource, and what the guards make of a
// decision about it. It must have no effect.
type Explainer interface {
	Facts(d portfolio.Domain) (portfolio.DomainFacts, error)
	Expected(p portfolio.Push) (*portfolio.Approval, error)
	Ours(c portfolio.RegistrantChange) (bool, error)
	Explain(ctx context.Context, ahead []portfolio.Decision, d portfolio.Decision, at time.Time) (portfolio.Decision, []executor.Check, error)
}

// Watched looks at one name that the policy watches.
type Watched interface {
	Name(ctx context.Context, name string, now time.Time) (scheduler.Reading, error)
}

// Explanation is all that is known of why something is done about a resource, or is not.
type Explanation struct {
	At       time.Time         `json:"at"`      // the moment as of which it is told
	ReadAt   time.Time         `json:"read_at"` // when the facts were read
	Mode     portfolio.Mode    `json:"mode"`    // of the policy
	Policy   string            `json:"policy"`
	Resource Subject           `json:"resource"`
	Holds    []rules.RuleTrace `json:"holds"`
	Rules    []rules.RuleTrace `json:"rules"`
	Guards   []executor.Check  `json:"guards"`
	Decision *Item             `json:"decision"` // as a plan has it; null where the policy does not speak of it
	Sentence string            `json:"sentence"` // what follows
	Next     *Next             `json:"next"`     // what happens next; null where nothing is known to come
	Notes    []string          `json:"notes"`    // what was taken for granted
	Would    []Speaks          `json:"would"`    // of a name that is not in the portfolio: the rules that would speak of it
	Problems []string          `json:"problems"` // what could not be read
}

// Next is what happens next.
type Next struct {
	At   *time.Time `json:"at"` // null where nobody knows
	What string     `json:"what"`
}

func (h *handler) explain(r *http.Request) (any, error) {
	now, policy := h.Now(), h.Policy()
	q, err := parseExplain(r, policy, now)
	if err != nil {
		return nil, err
	}
	accounts, err := h.readable(q.account)
	if err != nil {
		return nil, err
	}
	s, err := h.subject(r.Context(), q, accounts, policy, now)
	if err != nil {
		return nil, err
	}
	e := Explanation{
		At: now, ReadAt: now, Mode: policy.Mode, Policy: policy.Hash, Resource: s.Subject,
		Holds: []rules.RuleTrace{}, Rules: []rules.RuleTrace{}, Guards: []executor.Check{}, Notes: s.notes, Would: []Speaks{}, Problems: s.problems,
	}
	if !q.at.IsZero() {
		e.At = q.at
	}
	if s.resource == nil {
		e.Would = would(policy, s.Name, accounts, e.At)
		e.Sentence = notThere(&e, accounts)
		return e, nil
	}
	err = h.judge(r.Context(), policy, &e, s, q)
	return e, err
}

// judge tells what the policy and the guards make of a resource.
func (h *handler) judge(ctx context.Context, policy *rules.Policy, e *Explanation, s subject, q explainQuestion) error {
	then := rules.AsOf(s.resource, e.ReadAt, e.At)
	if f, ok := then.(portfolio.DomainFacts); ok && string(f.State) != s.State {
		e.Notes = append(e.Notes, "where nothing is done before, it lapses on "+dayOf(policy, f.ExpiresAt)+": it is judged as expired")
	}
	t := rules.Explain(policy, then, e.At)
	e.Holds, e.Rules = t.Holds, t.Rules
	d := t.Decision
	var checks []executor.Check
	var err error
	if s.skew.Abs() > portfolio.MaxSkew && (d.Verdict == portfolio.VerdictAct || d.Verdict == portfolio.VerdictAsk) {
		d.Verdict, d.Code = portfolio.VerdictBlocked, portfolio.CodeClock
		d.Reason = "the clock here and DNSimple's disagree: nothing is changed"
		checks = []executor.Check{{Guard: portfolio.CodeClock, Saw: "the clock here is " + s.skew.Round(time.Minute).String() + " off DNSimple's"}}
	} else if d, checks, err = h.guards(ctx, e, d, q.at); err != nil {
		return err
	}
	if !q.at.IsZero() && len(checks) > 0 {
		e.Notes = append(e.Notes, "what is paused, under way, reserved and spent, and what things cost, is as it is now, and not as it will be then")
	}
	if checks != nil {
		e.Guards = checks
	}
	item := itemOf(d)
	e.Decision = &item
	teller := teller{h: h, policy: policy, e: e, d: d, resource: s.resource, later: !q.at.IsZero()}
	return teller.tell()
}

// guards tells what the guards make of a decision. Where it would be bought, so does
// whatever a plan has before it: then it is read, and counted.
func (h *handler) guards(ctx context.Context, e *Explanation, d portfolio.Decision, at time.Time) (portfolio.Decision, []executor.Check, error) {
	alone, checks, err := h.Explainer.Explain(ctx, nil, d, at)
	if err != nil || !at.IsZero() || alone.Price == nil || alone.Verdict == portfolio.VerdictWait || alone.Verdict == portfolio.VerdictBlocked && !addsUp(alone.Code) {
		return alone, checks, err
	}
	ahead, err := h.ahead(ctx, d)
	if err != nil || len(ahead) == 0 {
		return alone, checks, err
	}
	e.Notes = append(e.Notes, "what a plan buys before it counts as used")
	return h.Explainer.Explain(ctx, ahead, d, at)
}

// addsUp says whether the code of a decision is that of a ceiling on what is bought in all.
func addsUp(code string) bool {
	return code == "max_per_day" || code == "max_per_month" || code == "max_purchases_per_day"
}

// ahead are the decisions that a plan has before one, as far as they may buy something.
func (h *handler) ahead(ctx context.Context, d portfolio.Decision) (ahead []portfolio.Decision, err error) {
	reads := []func(context.Context, time.Time) (scheduler.Reading, error){h.Scanner.Domains}
	if d.Resource.Kind() == portfolio.KindName {
		reads = append(reads, h.Scanner.Names)
	}
	for _, read := range reads {
		r, err := read(ctx, h.Now())
		if err != nil {
			return nil, err
		}
		for _, other := range r.Decisions {
			if sameResource(other.Resource, d.Resource) {
				return ahead, nil
			}
			if other.Do != "" {
				ahead = append(ahead, other)
			}
		}
	}
	return nil, nil // a plan has it nowhere: it is not bought before anything
}

func sameResource(a, b portfolio.Resource) bool {
	account, id, name := a.Ident()
	account2, id2, name2 := b.Ident()
	return a.Kind() == b.Kind() && account == account2 && id == id2 && name == name2
}

func dayOf(p *rules.Policy, t time.Time) string { return t.In(p.Location).Format(time.DateOnly) }
