package portfolio_test

import (
	"testing"

	"domaind/internal/portfolio"
)

func TestRequiredScope(t *testing.T) {
	for message, want := range map[string]string{
		"Permission Denied. Required Scope: billing:*:read":            "billing:*:read",
		"Permission Denied. Required Scope:registrar:*:write and more": "registrar:*:write",
		"Permission Denied. Required Scope:":                           "",
		"Forbidden":                                                    "",
	} {
		err := &portfolio.CallError{Outcome: portfolio.OutcomeForbidden, Message: message}
		if got := err.RequiredScope(); got != want {
			t.Errorf("%q: got %q, want %q", message, got, want)
		}
		err.Outcome = portfolio.OutcomeRejected
		if got := err.RequiredScope(); got != "" {
			t.Errorf("%q: a rejected call lacks the scope %q", message, got)
		}
	}
}

func TestWhatAFailedCallMayHaveDone(t *testing.T) {
	for outcome, want := range map[portfolio.Outcome]struct{ reached, happened bool }{
		portfolio.OutcomeNotSent:         {false, false},
		portfolio.OutcomeRateLimited:     {true, false},
		portfolio.OutcomeUnauthorized:    {true, false},
		portfolio.OutcomePaymentRequired: {true, false},
		portfolio.OutcomeForbidden:       {true, false},
		portfolio.OutcomeNotFound:        {true, false},
		portfolio.OutcomeRejected:        {true, false},
		portfolio.OutcomeUnknown:         {true, true},
	} {
		err := &portfolio.CallError{Outcome: outcome}
		if err.MayHaveReached() != want.reached || err.MayHaveHappened() != want.happened {
			t.Errorf("%s: reached %v, happened %v", outcome, err.MayHaveReached(), err.MayHaveHappened())
		}
	}
}

func TestProgress(t *testing.T) {
	for state, want := range map[portfolio.PurchaseState]portfolio.Progress{
		"new": portfolio.ProgressUnderWay, "renewing": portfolio.ProgressUnderWay, "restoring": portfolio.ProgressUnderWay,
		"registering": portfolio.ProgressUnderWay, "transferring": portfolio.ProgressUnderWay,
		"renewed": portfolio.ProgressFinished, "restored": portfolio.ProgressFinished,
		"registered": portfolio.ProgressFinished, "transferred": portfolio.ProgressFinished,
		"cancelled": portfolio.ProgressEnded, "failed": portfolio.ProgressEnded,
		"canceled": portfolio.ProgressUnknown,
	} {
		if got := state.Progress(); got != want {
			t.Errorf("%q means %d, want %d", state, got, want)
		}
	}
}
