package executor

import (
	"errors"
	"fmt"
	"testing"

	"domaind/internal/portfolio"
)

// answering is an operator who answers whatever waits, once more after each crash.
func answering(yes bool) func(w *world) {
	return func(w *world) {
		for _, op := range w.rows() {
			if op.State != portfolio.StateAsked {
				continue
			}
			_, err := w.x.Answer(w.t.Context(), op.Key, yes, operator, "")
			if _, refused := errors.AsType[*RefusedError](err); !refused {
				w.must(err)
			}
		}
	}
}

// askedCases are crash cases in which an operator answers.
func askedCases() []crashCase {
	approved := func(w *world) {
		for _, op := range w.rows() {
			if op.Sent > 0 && (op.Approval == nil || op.Approval.Denied || op.Approval.By != operator) {
				w.t.Errorf("%s was sent, and nobody approved it: %+v", op, op.Approval)
			}
		}
	}
	return []crashCase{
		{name: "approved renewal", world: soon, policy: askRenew, domain: "a.com", charge: 1500, operator: answering(true), rest: approved},
		{name: "approved above a limit", world: soon, policy: renewAll + "ask_above = \"14.00\"\n", domain: "a.com", charge: 1500, operator: answering(true), rest: approved},
		{name: "approved restore", world: redemption, policy: rescueAll + "mode = \"ask\"\n", domain: "a.com", charge: 9500, operator: answering(true), rest: approved},
		{name: "approved push", world: pushed, policy: acceptFromStudio + "mode = \"ask\"\n", domain: "gift.com", operator: answering(true), rest: approved},
	}
}

// TestEveryCrashOfAnAnswer lets a process die at every point of a life in which somebody
// answers what is asked: it is bought once, by an approval, or nobody knows.
func TestEveryCrashOfAnAnswer(t *testing.T) {
	for _, tc := range askedCases() {
		t.Run(tc.name, tc.everywhere)
	}
}

// TestEveryCrashOfADenial: wherever it dies, nothing is bought, and what was denied is not
// asked again.
func TestEveryCrashOfADenial(t *testing.T) {
	silent := askRenew + "answer_within = \"6h\"\non_timeout = \"deny\"\n"
	for name, tc := range map[string]crashCase{
		"an operator": {world: soon, policy: askRenew, operator: answering(false)},
		"silence":     {world: soon, policy: silent},
	} {
		t.Run(name, func(t *testing.T) {
			_, whole, _ := tc.run(t)
			points := []crashPoint{{}}
			for k := 1; k <= min(whole.commits, lastPoint); k++ {
				points = append(points, crashPoint{"commit", k, false}, crashPoint{"commit", k, true})
			}
			for _, p := range points {
				t.Run(fmt.Sprint(p), func(t *testing.T) {
					w, _, _ := tc.run(t, p)
					w.expect(0, 0)
					op := w.row() // the one attempt: it was asked once
					equal(t, "denied", op.State == portfolio.StateFailed && op.Approval != nil && op.Approval.Denied, true)
				})
			}
		})
	}
}

// Silence that lets a renewal go buys it once, wherever the process dies.
func TestEveryCrashOfSilence(t *testing.T) {
	tc := crashCase{world: soon, policy: askRenew + "answer_within = \"6h\"\non_timeout = \"act\"\n", domain: "a.com", charge: 1500}
	_, whole, _ := tc.run(t)
	for k := 1; k <= min(whole.commits, lastPoint); k++ {
		for _, after := range []bool{false, true} {
			p := crashPoint{"commit", k, after}
			t.Run(p.String(), func(t *testing.T) {
				w, _, _ := tc.run(t, p)
				tc.check(t, w)
			})
		}
	}
}
