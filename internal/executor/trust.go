package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

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

// probeEvery is how often an account that refused its token is tried again.
const probeEvery = 15 * time.Minute

// ready says whether an account is not paused, or may be tried again.
func (x *Executor) ready(account int64) (bool, error) {
	p, err := x.paused(account)
	return err == nil && (p == nil || !x.now().Before(p.ProbeAt)), err
}

// Ready says whether an account may be read now: it is not paused, or it is time to
// try it again. A new process tries at once: its operator may have mended the token.
func (x *Executor) Ready(account int64) (bool, error) {
	ready, err := x.ready(account)
	if err != nil {
		return false, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	first := !x.tried[account]
	x.tried[account] = true
	return ready || first, nil
}

// Report tells what became of a call with an account's token: a refused token
// pauses the account, and is announced once; a success ends the pause.
func (x *Executor) Report(account int64, callErr error) error {
	var call *portfolio.CallError
	refused := errors.As(callErr, &call) && call.Outcome == portfolio.OutcomeUnauthorized
	if callErr != nil && !refused {
		return nil
	}
	p, err := x.paused(account)
	if err != nil {
		return err
	}
	now := x.now()
	event := portfolio.Event{At: now, AccountID: account, About: portfolio.AboutAccount}
	switch {
	case refused && p == nil:
		event.Level, event.What = portfolio.LevelAlert, "paused"
		event.Text = fmt.Sprintf("account %d: DNSimple refuses its token; nothing is done there until it accepts it again: %s", account, call)
		return x.ledger.SetPause(portfolio.Pause{AccountID: account, Reason: "DNSimple refuses its token", Since: now, ProbeAt: now.Add(probeEvery)}, event)
	case refused:
		p.ProbeAt = now.Add(probeEvery)
		return x.ledger.SetPause(*p)
	case p != nil:
		event.Level, event.What = portfolio.LevelNotice, "resumed"
		event.Text = fmt.Sprintf("account %d: DNSimple accepts its token again", account)
		x.freed.Store(true)
		return x.ledger.ClearPause(account, event)
	}
	return nil
}

// paused gives the pause of an account; nil where it is not paused.
func (x *Executor) paused(account int64) (*portfolio.Pause, error) {
	pauses, err := x.ledger.Pauses()
	if err != nil {
		return nil, fmt.Errorf("look for pauses: %w", err)
	}
	for _, p := range pauses {
		if p.AccountID == account {
			return &p, nil
		}
	}
	return nil, nil //nolint:nilnil // nil is "not paused": there is nothing else to tell
}
