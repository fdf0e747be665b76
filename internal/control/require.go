package control

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// addRequirements tells all that the registry asks for, and what of the given it does not
// know. Where that cannot be read, the proposal says so: what is missing for certain
// stands in it already.
func addRequirements(ctx context.Context, c portfolio.Command, op portfolio.Operation, l Requirer, p *Proposal) {
	var wanted []portfolio.ExtendedAttribute
	var err error
	switch c.Kind {
	case portfolio.OpChangeRegistrant:
		var check portfolio.ChangeCheck
		if check, err = l.CheckRegistrantChange(ctx, op.DomainID, c.Contact); err == nil {
			wanted, p.OwnerChange = check.ExtendedAttributes, &check.RegistryOwnerChange
		}
	case portfolio.OpRegister, portfolio.OpTransfer:
		if wanted, err = l.ExtendedAttributes(ctx, portfolio.TLD(op.Name)); outcomeOf(err) == portfolio.OutcomeNotFound {
			err = nil
		}
	default:
		return
	}
	if err != nil {
		p.Consequences = append(p.Consequences, "what the registry wants to know could not be read: "+reasonOf(err))
		return
	}
	for _, a := range wanted {
		p.Attributes = append(p.Attributes, attributeOf(a, c.Attributes))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Attributes)) {
		if odd := oddValue(wanted, name, c.Attributes[name]); odd != "" {
			p.Consequences = append(p.Consequences, odd)
		}
	}
}

// addTrustee says where names under a suffix want a trustee, and none is asked for: it is
// not bought unasked.
func addTrustee(ctx context.Context, c portfolio.Command, op portfolio.Operation, l Requirer, p *Proposal) {
	if c.Kind != portfolio.OpRegister && c.Kind != portfolio.OpTransfer || c.Trustee {
		return
	}
	tld, err := l.TLDDetails(ctx, portfolio.TLD(op.Name))
	switch {
	case outcomeOf(err) == portfolio.OutcomeNotFound: // DNSimple says nothing of it
	case err != nil:
		p.Consequences = append(p.Consequences, "whether a trustee is required could not be read: "+reasonOf(err))
	case tld.TrusteeRequired:
		p.Consequences = append(p.Consequences, fmt.Sprintf("DNSimple requires a trustee under .%s, and none is asked for (--trustee): it may refuse, or charge one that is not in the price",
			portfolio.TLD(op.Name)))
	}
}

// oddValue says why a registry may refuse an attribute that is given; "" where nothing is
// known against it.
func oddValue(wanted []portfolio.ExtendedAttribute, name, value string) string {
	i := slices.IndexFunc(wanted, func(a portfolio.ExtendedAttribute) bool { return a.Name == name })
	if i < 0 {
		return fmt.Sprintf("the registry does not ask for %s: it may be a typing error", clip(name))
	}
	options := wanted[i].Options
	if len(options) == 0 || slices.ContainsFunc(options, func(o portfolio.ExtendedOption) bool { return o.Value == value }) {
		return ""
	}
	values := make([]string, len(options))
	for i, o := range options {
		values[i] = o.Value
	}
	return fmt.Sprintf("%s is none of the values that the registry knows for %s: %s", clip(value), clip(name), clip(strings.Join(values, ", ")))
}

// advice is what else whoever decides should know of a command.
func advice(c portfolio.Command, op portfolio.Operation) []string {
	switch {
	case c.Kind == portfolio.OpRestore:
		return []string{fmt.Sprintf("while it is in grace, \"domaind renew %s\" has it back for less; a renewal that comes too late is refused, and costs nothing", op.Name)}
	case c.Kind == portfolio.OpTransferOut:
		return []string{"it is expected to leave: no rule buys anything for it for 30 days; you are told when it has left, and when it is here still"}
	case c.Kind == portfolio.OpAutoRenewal && !c.On && !op.ExpiresAt.IsZero():
		return []string{fmt.Sprintf("DNSimple does not renew it any more: it expires on %s, unless a rule or somebody renews it", op.ExpiresAt.UTC().Format(time.DateOnly))}
	}
	return nil
}
