package scheduler

import (
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// watching is a policy of two accounts, the first of which is to register names.
func watching(names ...string) *rules.Policy {
	p := *policy
	r := rules.Rule{Name: "catch", On: portfolio.KindName, Do: portfolio.ActionRegister, Match: rules.Conditions{Accounts: []int64{1}}}
	for _, name := range names {
		pattern, err := rules.NewPattern(name)
		if err != nil {
			panic(err)
		}
		r.Match.Names = append(r.Match.Names, pattern)
	}
	p.Rules = []rules.Rule{r}
	return &p
}

// registry is what DNSimple says of names, and what it was asked.
type registry struct {
	free, owned, unlisted map[string]bool         // unlisted: research does not know of it
	hosted                map[string]bool         // owned, but only in name
	errs                  map[string]error        // by name, of every call
	noResearch            *portfolio.CallError    // of every name
	asked                 []string                // "own a.com", "research a.com", "check a.com"
	on                    func(what, name string) // called with every question
}

func (r *registry) say(what, name string) error {
	r.asked = append(r.asked, what+" "+name)
	if r.on != nil {
		r.on(what, name)
	}
	return r.errs[name]
}

func (r *registry) lister() fakeLister {
	return fakeLister{
		named: func(name string) (portfolio.Domain, error) {
			if err := r.say("own", name); err != nil || r.owned[name] {
				state := portfolio.DomainRegistered
				if r.hosted[name] {
					state = portfolio.DomainHosted
				}
				return portfolio.Domain{Name: name, State: state}, err
			}
			return portfolio.Domain{}, &portfolio.CallError{Call: "read " + name, Outcome: portfolio.OutcomeNotFound, Status: 404}
		},
		research: func(name string) (portfolio.Availability, error) {
			switch err := r.say("research", name); {
			case r.noResearch != nil:
				return "", r.noResearch
			case err != nil:
				return "", err
			case r.unlisted[name]:
				return portfolio.AvailabilityUnknown, nil
			case r.free[name]:
				return portfolio.AvailabilityAvailable, nil
			}
			return portfolio.AvailabilityUnavailable, nil
		},
		check: func(name string) (bool, error) { return r.free[name], r.say("check", name) },
	}
}

// took gives what was asked since it was asked last.
func (r *registry) took() []string {
	asked := r.asked
	r.asked = nil
	return asked
}

func refusal(status int, outcome portfolio.Outcome) *portfolio.CallError {
	return &portfolio.CallError{Call: "research (account 1)", Outcome: outcome, Status: status, Message: "no"}
}

// verdicts are the decisions of a reading, in short: "a.com act", "b.com none taken".
func verdicts(r Reading) []string {
	var out []string
	for _, d := range r.Decisions {
		_, _, name := d.Resource.Ident()
		s := name + " " + string(d.Verdict)
		if d.Verdict == portfolio.VerdictNone {
			s += " " + d.Code
		}
		out = append(out, s)
	}
	return out
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func look1(t *testing.T, s *Scheduler, at time.Time) Reading {
	t.Helper()
	r, err := s.Names(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// askedAbout are the names that were asked about, each once.
func askedAbout(asked []string) []string {
	var names []string
	for _, q := range asked {
		if _, name, _ := strings.Cut(q, " "); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
