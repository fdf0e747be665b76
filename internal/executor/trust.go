package executor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// Prove finds out where a push comes from. DNSimple names no sender: the domain is
// read by its id with the token of each configured account, and the account that
// owns it, other than the target, is the source. What cannot be read proves nothing.
func (x *Executor) Prove(ctx context.Context, p portfolio.Push) portfolio.PushFacts {
	f := portfolio.PushFacts{Push: p}
	ids := make([]int64, 0, len(x.registries))
	for id := range x.registries {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var owners []portfolio.Domain
	var failed []string
	for _, id := range ids {
		if id == p.AccountID {
			continue
		}
		if ready, err := x.ready(id); err != nil || !ready {
			failed = append(failed, fmt.Sprintf("account %d is paused", id))
			continue
		}
		d, _, err := x.registries[id].Domain(ctx, p.DomainID)
		if !ended(ctx) && outcome(err) != portfolio.OutcomeNotFound {
			// A source's token is used here alone: nobody else would hear that it is refused.
			if err := x.Report(id, err); err != nil {
				x.log.Error("an account could not be paused or resumed", "account", id, "err", err)
			}
		}
		switch {
		case err == nil && d.AccountID == id && d.ID == p.DomainID:
			owners = append(owners, d)
		case err == nil:
			failed = append(failed, fmt.Sprintf("account %d answers with a domain that is not its own", id))
		case outcome(err) != portfolio.OutcomeNotFound:
			failed = append(failed, err.Error())
		}
	}
	switch {
	case len(owners) == 1:
		f.SourceID, f.Name = owners[0].AccountID, owners[0].Name
	case len(owners) > 1:
		f.Unproven = fmt.Sprintf("%d accounts claim to own domain %d", len(owners), p.DomainID)
	case len(failed) > 0:
		f.Unread = true
		f.Unproven = "who owns domain " + fmt.Sprint(p.DomainID) + " could not be read: " + strings.Join(failed, "; ")
	default:
		f.Unproven = fmt.Sprintf("none of the configured accounts owns domain %d", p.DomainID)
	}
	return f
}
