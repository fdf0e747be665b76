package executor

import (
	"context"
	"fmt"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// proposeOwned is for what happens to a domain that the account has.
func (x *Executor) proposeOwned(ctx context.Context, c portfolio.Command, p *portfolio.Proposal) error {
	d, err := x.owned(ctx, c, p)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) {
		p.Consequences = append(p.Consequences, fmt.Sprintf(format, args...))
	}
	registered := d.State == portfolio.DomainRegistered
	switch c.Kind {
	case portfolio.OpPush:
		if err := x.begunLately(d, c.Kind, say); err != nil {
			return err
		}
		if (c.To == "") == (c.Email == "") {
			return refusedf("to which account? Give its identifier, or the e-mail of its owner, and not both")
		}
		say("whoever owns the other account has %s once they accept it: its bills go there, and its registrant changes", d.Name)
	case portfolio.OpTransferOut:
		if !registered {
			return refusedf("%s is %s: there is nothing to transfer", d.Name, d.State)
		}
		if err := x.begunLately(d, c.Kind, say); err != nil {
			return err
		}
		say("it is unlocked, and the code that lets another registrar take it is mailed to its administrative contact (contact %d)", d.RegistrantID)
		if d.AutoRenew {
			say("its auto-renewal is on: DNSimple may renew it before it has left")
		}
	case portfolio.OpDelete:
		say("it is removed from DNSimple for good, with all its records")
		if registered {
			say("it stays registered until %s, out of your reach, and nothing is refunded", x.ceilings().day(d.ExpiresAt))
		}
	case portfolio.OpAutoRenewal:
		if d.AutoRenew == c.On {
			return refusedf("the auto-renewal of %s is %s already", d.Name, onOff(c.On))
		}
		if c.On {
			say("DNSimple then renews and charges it by itself, beyond every ceiling of this configuration")
			return nil
		}
		return x.proposeLapse(ctx, d, say)
	case portfolio.OpChangeRegistrant:
		if d.State == portfolio.DomainHosted {
			return refusedf("%s is hosted at DNSimple only: its registrant is not changed here", d.Name)
		}
		return x.proposeRegistrant(ctx, c, d, p)
	}
	return nil
}

// begunLately refuses what was begun just now, which is taken for a command that was given
// twice, and says so where it was begun before that and may go on still.
func (x *Executor) begunLately(d portfolio.Domain, kind portfolio.OperationKind, say func(format string, args ...any)) error {
	last, ok, err := x.ledger.LatestOf(d.AccountID, kind, d.ID)
	if err != nil {
		return fmt.Errorf("look for an earlier %s: %w", kind, err)
	}
	since := x.now().Sub(last.EndedAt)
	switch {
	case !ok || last.State != portfolio.StateDone:
	case since < twiceWithin:
		return refusedf("%s was done at %s by %s; whoever wants it once more may ask again from %s on", last,
			last.EndedAt.Format(time.RFC3339), last.By, last.EndedAt.Add(twiceWithin).Format(time.RFC3339))
	case since < leaveWithin:
		say("the same was done on %s already (%s)", x.ceilings().day(last.EndedAt), last.ShortID())
	}
	return nil
}

func (x *Executor) proposeRegistrant(ctx context.Context, c portfolio.Command, d portfolio.Domain, p *portfolio.Proposal) error {
	if c.Contact <= 0 {
		return refusedf("which contact becomes the registrant?")
	}
	if c.Contact == d.RegistrantID {
		return refusedf("contact %d is the registrant of %s already", c.Contact, d.Name)
	}
	check, err := x.registries[c.AccountID].CheckRegistrantChange(ctx, d.ID, c.Contact)
	if outcome(err) == portfolio.OutcomeNotFound {
		return refusedf("account %d has no contact %d", c.AccountID, c.Contact)
	}
	if err != nil {
		return err
	}
	if check.RegistryOwnerChange {
		p.Consequences = append(p.Consequences, "the registry counts it as a change of the owner, which can lock the domain against transfers for 60 days")
	}
	p.Requires = slices.DeleteFunc(check.ExtendedAttributes, func(a portfolio.ExtendedAttribute) bool {
		return !a.Required || c.Attributes[a.Name] != ""
	})
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// proposeLapse says what follows where DNSimple does not renew a domain any more: when it
// expires, and whether the policy has it renewed before.
func (x *Executor) proposeLapse(ctx context.Context, d portfolio.Domain, say func(format string, args ...any)) error {
	if d.State != portfolio.DomainRegistered || d.ExpiresAt.IsZero() {
		say("it is %s: DNSimple's auto-renewal does nothing for it", d.State)
		return nil
	}
	tld, err := x.tld(ctx, x.registries[d.AccountID], portfolio.TLD(d.Name))
	if err != nil {
		return err
	}
	say("it expires on %s, and DNSimple does not renew it by itself then", x.ceilings().day(d.ExpiresAt))
	d.AutoRenew = false
	last := d.ExpiresAt.Add(-time.Second) // by then every rule had its turn
	if now := x.now(); last.Before(now) {
		last = now
	}
	wants := rules.Decide(x.policy(), portfolio.DomainFacts{Domain: d}, last)
	rule := fmt.Sprintf("rule %s (%s)", wants.Rule, wants.RuleAt)
	switch {
	case wants.Verdict == portfolio.VerdictAct && wants.Do == portfolio.ActionRenew && tld.AutoRenewOnly:
		say("%s wants it renewed, and .%s is renewed in no other way: the rule switches it on again", rule, tld.TLD)
	case tld.AutoRenewOnly:
		say(".%s is renewed in no other way, and no rule wants it renewed: it lapses", tld.TLD)
	case wants.Verdict == portfolio.VerdictAct && wants.Do == portfolio.ActionRenew:
		say("%s renews it before that, where no ceiling or pause keeps it from that", rule)
	case wants.Verdict == portfolio.VerdictHold, wants.Verdict == portfolio.VerdictLetLapse:
		say("no rule renews it: %s says %s", rule, wants.Verdict)
	case wants.Verdict == portfolio.VerdictWouldAct:
		say("no rule renews it: %s is only tried out", rule)
	case wants.Verdict == portfolio.VerdictAsk:
		say("%s asks somebody before it renews it", rule)
	default:
		say("no rule renews it: it lapses unless somebody does")
	}
	return nil
}
