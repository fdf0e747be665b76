package executor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// seenName looks for a name that was registered, or transferred to us.
func seenName(ctx context.Context, op portfolio.Operation, reg Registry) evidence {
	var seen evidence
	if op.RemoteID != 0 && op.State.Open() {
		state, detail, err := progressOf(ctx, op, reg)
		switch {
		case err == nil:
			seen.readable, seen.remote, seen.state = true, state.Progress(), string(state)
			seen.note = detail
		case outcome(err) == portfolio.OutcomeNotFound:
			seen.readable, seen.state = true, fmt.Sprintf("it knows no %s %d", op.Kind, op.RemoteID)
		default:
			seen.note = err.Error() + "; "
		}
	}
	d, _, err := reg.DomainNamed(ctx, op.Name)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		seen.read = true
		seen.note += "the account does not have it"
	case err != nil:
		seen.note += err.Error()
	default:
		seen.read, seen.autoRenew, seen.expiresAt = true, d.AutoRenew, d.ExpiresAt
		seen.note += fmt.Sprintf("the account has it, and it is %s", d.State)
		if !cameWith(op, d) {
			seen.note += ", but it came on " + portfolio.OccasionOf(d.CreatedAt) + ", before this was sent"
			break
		}
		seen.domainID = d.ID
		seen.happened = d.State == portfolio.DomainRegistered
		seen.registered = seen.happened
	}
	return seen
}

// cameWith says whether a domain can be what an operation was to bring. Where DNSimple's id
// of the operation was lost, one that was in the account before proves nothing; unless it
// was hosted there, which was seen right before the request left.
func cameWith(op portfolio.Operation, d portfolio.Domain) bool {
	return op.RemoteID != 0 || op.DomainID == d.ID || !d.CreatedAt.Before(op.ArmedAt.Add(-portfolio.MaxSkew))
}

// progressOf asks DNSimple how far a registration or a transfer is.
func progressOf(ctx context.Context, op portfolio.Operation, reg Asker) (state portfolio.PurchaseState, detail string, err error) {
	if op.Kind == portfolio.OpRegister {
		r, err := reg.Registration(ctx, op.Name, op.RemoteID)
		return r.State, "", err
	}
	t, err := reg.TransferStatus(ctx, op.Name, op.RemoteID)
	if t.StatusDescription != "" {
		detail = reasonOf(t.StatusDescription) + "; "
	}
	return t.State, detail, err
}

// reasonOf says in words of ours what DNSimple says of a transfer. Its own may quote the
// authorization code, which is to be found nowhere, and which a process that began later
// does not know.
func reasonOf(description string) string {
	text := strings.ToLower(description)
	for _, known := range []struct{ word, meaning string }{
		{"auth", "DNSimple speaks of the authorization code"},
		{"code", "DNSimple speaks of the authorization code"},
		{"epp", "DNSimple speaks of the authorization code"},
		{"lock", "DNSimple speaks of a lock at the registrar that has it"},
		{"60", "DNSimple speaks of the days in which it may not be transferred"},
		{"reject", "DNSimple speaks of somebody who rejected it"},
		{"denied", "DNSimple speaks of somebody who rejected it"},
		{"confirm", "DNSimple speaks of a confirmation"},
		{"approv", "DNSimple speaks of a confirmation"},
	} {
		if strings.Contains(text, known.word) {
			return known.meaning
		}
	}
	return "DNSimple gives a reason"
}

// finished is the evidence of what is done as soon as it shows.
func finished(format string, args ...any) evidence {
	return evidence{happened: true, read: true, readable: true, remote: portfolio.ProgressFinished, note: fmt.Sprintf(format, args...)}
}

func seenAdd(ctx context.Context, op portfolio.Operation, reg Asker) evidence {
	d, _, err := reg.DomainNamed(ctx, op.Name)
	switch {
	case err == nil:
		seen := finished("the account has it, and it is %s", d.State)
		seen.domainID, seen.expiresAt = d.ID, d.ExpiresAt
		return seen
	case outcome(err) == portfolio.OutcomeNotFound:
		return evidence{read: true, note: "the account does not have it"}
	default:
		return evidence{note: err.Error()}
	}
}

func seenDelete(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	d, _, err := reg.Domain(ctx, op.DomainID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return finished("the account does not have it any more")
	case err != nil:
		return evidence{note: err.Error()}
	default:
		return evidence{undone: true, note: fmt.Sprintf("it is there still, and %s", d.State)}
	}
}

// seenPush: what DNSimple accepted has an id, and waits for the other account. Where
// its answer was lost, the domain's leaving shows it, or the other account's list.
func (x *Executor) seenPush(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	if op.RemoteID != 0 {
		return finished("push %d waits for the other account to accept it", op.RemoteID)
	}
	_, _, err := reg.Domain(ctx, op.DomainID)
	if outcome(err) == portfolio.OutcomeNotFound {
		return finished("the domain has left the account")
	}
	for _, id := range slices.Sorted(maps.Keys(x.registries)) {
		if id == op.AccountID {
			continue
		}
		for page, err := range x.registries[id].Pushes(ctx) {
			if err != nil {
				break
			}
			for _, p := range page.Items {
				if p.DomainID == op.DomainID && !p.CreatedAt.Before(op.ArmedAt.Add(-portfolio.MaxSkew)) {
					return finished("push %d waits in account %d", p.ID, id)
				}
			}
		}
	}
	if err != nil {
		return evidence{note: err.Error()}
	}
	return evidence{read: true, note: "the domain is in the account still"}
}

// seenTransferOut: DNSimple's answer is all there is to see, until the domain has left.
func seenTransferOut(ctx context.Context, op portfolio.Operation, reg Reader) evidence {
	if op.State == portfolio.StatePending {
		return finished("the code was sent to the domain's administrative contact")
	}
	d, _, err := reg.Domain(ctx, op.DomainID)
	left := func(note string) evidence {
		seen := finished("%s", note)
		seen.gone = true
		return seen
	}
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return left("the domain has left the account")
	case err != nil:
		return evidence{note: err.Error()}
	case d.State == portfolio.DomainHosted:
		return left("the domain has left, and is only hosted here")
	default:
		return evidence{read: true, note: "whether the code was sent, only its recipient can say"}
	}
}

func seenChange(ctx context.Context, op portfolio.Operation, reg Registry) evidence {
	if op.RemoteID == 0 {
		return seenLostChange(ctx, op, reg)
	}
	c, err := reg.RegistrantChange(ctx, op.RemoteID)
	switch {
	case outcome(err) == portfolio.OutcomeNotFound:
		return evidence{readable: true, state: fmt.Sprintf("it knows no registrant change %d", op.RemoteID)}
	case err != nil:
		return evidence{note: err.Error()}
	default:
		return changeSeen(c)
	}
}

// changeSeen is what a registrant change shows of the operation that began it.
func changeSeen(c portfolio.RegistrantChange) evidence {
	seen := evidence{read: true, readable: true, remote: portfolio.ProgressUnderWay, state: string(c.State), note: fmt.Sprintf("the change is %s", c.State)}
	switch c.State {
	case portfolio.ChangeCompleted:
		seen = finished("the registrant is contact %d", c.ContactID)
	case portfolio.ChangeCancelled:
		seen.remote, seen.note = portfolio.ProgressEnded, "the registrant stays"
	}
	seen.remoteID = c.ID
	return seen
}

// seenLostChange looks for a change whose id was lost with DNSimple's answer.
func seenLostChange(ctx context.Context, op portfolio.Operation, reg Registry) evidence {
	for _, state := range []portfolio.ChangeState{
		portfolio.ChangeNew, portfolio.ChangePending, portfolio.ChangeCompleted, portfolio.ChangeCancelling, portfolio.ChangeCancelled,
	} {
		for page, err := range reg.ListRegistrantChanges(ctx, portfolio.ChangeFilter{State: state, DomainID: op.DomainID, ContactID: op.Contact}) {
			if err != nil {
				return evidence{note: err.Error()}
			}
			if len(page.Problems) > 0 {
				return evidence{note: errors.Join(page.Problems...).Error()}
			}
			for _, c := range page.Items {
				if begunBy(op, c) {
					return changeSeen(c)
				}
			}
		}
	}
	return evidence{read: true, note: "no such change of the registrant is listed"}
}

func seenCancelTransfer(ctx context.Context, op portfolio.Operation, reg Asker) evidence {
	t, err := reg.TransferStatus(ctx, op.Name, op.SubjectID)
	switch {
	case err != nil:
		return evidence{note: err.Error()}
	case t.State == portfolio.PurchaseCancelled:
		return finished("the transfer is cancelled")
	case t.State.Progress() == portfolio.ProgressUnderWay:
		return evidence{undone: true, note: fmt.Sprintf("the transfer is %s", t.State)}
	default:
		return evidence{impossible: fmt.Sprintf("the transfer is %s: there is nothing to cancel", t.State)}
	}
}
