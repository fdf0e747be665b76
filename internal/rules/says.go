package rules

import (
	"fmt"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// says is what follows from a rule, as a clause.
func (e *explainer) says(r *Rule, t *RuleTrace) string {
	o := &e.outcome
	switch {
	case t.Over(e.now):
		return "it ran out on " + e.day(r.Until.AddDate(0, 0, -1))
	case t.Does == "":
		return "it has nothing to do in this phase: " + e.idle()
	}
	switch t.Role {
	case RoleWins:
		if o.held == nil && o.maybe != nil {
			return fmt.Sprintf("it wins, but %s may hold it", o.maybe.Name)
		}
		return "it wins: " + doing(t.Does)
	case RoleBeaten:
		if e.expected {
			return "it matches, but the push was announced, which is above every rule but a hold"
		}
		winner := o.winner
		if o.held != nil {
			winner = o.held
		}
		if winner == nil {
			return "it matches"
		}
		return "it matches, but " + winner.Name + " wins"
	case RoleAlerts:
		level := r.Level
		if r.Do != portfolio.ActionAlert {
			level = portfolio.LevelAlert
		}
		return fmt.Sprintf("it raises an event of the level %s", level)
	case RoleTried:
		return "it matches, and is only tried out (dry-run): " + doing(t.Does)
	case RoleLater:
		if e.name != nil {
			return "its turn comes once the name is free: " + doing(t.Does)
		}
		return "its turn comes on " + e.day(*t.From)
	case RoleUnsure:
		return "nobody knows whether it matches, so nothing is done on its account"
	default:
	}
	if excluded := keysOf(t.Except, TruthYes); len(excluded) > 0 && len(keysOf(t.Match, TruthNo)) == 0 {
		return "it is excluded by " + strings.Join(excluded, ", ")
	}
	return "it does not match: " + strings.Join(keysOf(t.Match, TruthNo), ", ")
}

// idle is why a rule has nothing to do with a resource.
func (e *explainer) idle() string {
	switch {
	case e.domain != nil:
		return "DNSimple refuses the plain renewal, only a restore helps, and its if_lapsed is \"renew\""
	case e.push != nil:
		return "the push comes from the account itself"
	case e.change.Ours:
		return "domaind began the change, and no rule cancels that"
	default:
		return fmt.Sprintf("the change is %s, and cannot be cancelled", e.change.State)
	}
}

// doing is an action in the third person.
func doing(do portfolio.Action) string {
	switch do {
	case portfolio.ActionRenew:
		return "it renews"
	case portfolio.ActionRestore:
		return "it restores"
	case portfolio.ActionHold:
		return "it holds"
	case portfolio.ActionLetLapse:
		return "it lets the domain lapse"
	case portfolio.ActionAccept:
		return "it accepts"
	case portfolio.ActionReject:
		return "it rejects"
	case portfolio.ActionCancel:
		return "it cancels"
	case portfolio.ActionRegister:
		return "it registers"
	}
	return "it tells people"
}

// keysOf are the keys of the conditions that came to a truth.
func keysOf(conditions []Condition, t Truth) []string {
	var out []string
	for _, c := range conditions {
		if c.Truth == t {
			out = append(out, c.Key)
		}
	}
	return slices.Compact(out)
}
