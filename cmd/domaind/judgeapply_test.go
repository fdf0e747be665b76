package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// ample are ceilings that nothing passes.
func ample(more ...string) []string {
	return append([]string{
		`"150.00"`, `"9000.00"`, `"900.00"`, `"9000.00"`, `"1000.00"`, `"9000.00"`, `"3000.00"`, `"9000.00"`,
		"= 40\n", "= 400\n", "= 48\n", "= 480\n",
	}, more...)
}

// everywhere puts the whole policy into a mode.
func everywhere(mode string) []string {
	return ample("mode = \"act\"\nstate_dir", "mode = \""+mode+"\"\nstate_dir")
}

// TestJudgedApply: after a plan in a file was applied, the ledger holds exactly its items,
// and was charged exactly their prices.
func TestJudgedApply(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it is long")
	}
	b := newBench(t, judgeStart(), everywhere("dry-run")...)
	plan := b.kept(t, b.plan(t, true))
	b.judge(t, plan, false)
	done := b.apply(t, plan)
	rows := b.ledger(t)
	want := make(map[string][]string)
	for _, it := range plan.Items {
		if it.Applicable() {
			want[aboutItem(it)] = []string{b.appliedRow(it)}
		}
	}
	compareRows(t, rowsOf(rows), want)
	b.booked(t, rows)
	if len(done.Items) != len(want) {
		t.Errorf("%d items were applied, and the plan has %d", len(done.Items), len(want))
	}
	// A second time it does nothing.
	for _, it := range b.apply(t, plan).Items {
		if it.Outcome != control.OutcomeRefused {
			t.Errorf("once more, %s is %s", it.Name, it.Outcome)
		}
	}
	if again := b.ledger(t); len(again) != len(rows) {
		t.Errorf("once more, the ledger has %d rows, and had %d", len(again), len(rows))
	}
}

// kept is a plan that was written to a file, and read from it.
func (b *bench) kept(t *testing.T, plan control.Plan) control.Plan {
	t.Helper()
	var file bytes.Buffer
	if err := printJSON(&file, plan); err != nil {
		t.Fatal(err)
	}
	read, err := control.ParsePlan(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func (b *bench) apply(t *testing.T, plan control.Plan) (done control.Applied) {
	t.Helper()
	b.answer(t, func(ctx context.Context, c *control.Client) (err error) {
		done, err = c.Apply(ctx, plan)
		return err
	})
	return done
}

// appliedRow is what applying an item comes to: at most what the plan has, and nothing that
// follows from a refusal.
func (b *bench) appliedRow(it control.Item) string {
	j := judgementOf(it)
	i := slices.IndexFunc(b.domains, func(d judgedDomain) bool { return it.On == portfolio.KindDomain && d.id == it.ID })
	switch {
	case j.do == "cancel":
		return "cancel-change done 0.00"
	case j.do == "auto-renewal":
		return "auto-renewal done 0.00"
	case i >= 0 && b.domains[i].phaseAt(judgeStart()) != inGrace:
		return j.do + " failed 0.00"
	case i >= 0 && b.domains[i].slow:
		return fmt.Sprintf("%s pending %s", j.do, dollars(j.price))
	}
	return fmt.Sprintf("%s done %s", j.do, dollars(max(j.price, 0)))
}

// TestJudgedAnswers: what waits for an answer is approved, denied, or let go by a plan.
func TestJudgedAnswers(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it is long")
	}
	b := newBench(t, judgeStart(), everywhere("ask")...)
	plan := b.plan(t, false)
	b.judge(t, plan, false)
	b.pass(t)
	asked := make(map[string][]string)
	for _, it := range plan.Items {
		if it.Verdict == portfolio.VerdictAsk {
			asked[aboutItem(it)] = rowOf(judgement{verdict: "ask", do: verbOf(it), price: max(judgementOf(it).price, 0)}, judgedDomain{})
		}
	}
	compareRows(t, rowsOf(b.ledger(t)), asked)
	if len(b.sold()) > 0 {
		t.Errorf("without an answer there are charges: %v", b.sold())
	}

	want := make(map[string][]string)
	var rest control.Plan
	rest, rest.Items, rest.Totals = plan, nil, control.Totals{}
	for _, it := range plan.Items {
		switch {
		case it.Verdict != portfolio.VerdictAsk:
		case it.Rule == "com":
			want[aboutItem(it)] = []string{verbOf(it) + " failed 0.00"}
		case it.Rule == "crown" || it.Name == "io-1.io":
			want[aboutItem(it)] = []string{b.appliedRow(it)}
			if want[aboutItem(it)][0] == "renew failed 0.00" { // and the restore is a question of its own
				want[aboutItem(it)] = append(want[aboutItem(it)], "restore asked 95.00")
			}
		default:
			want[aboutItem(it)] = []string{b.appliedRow(it)}
			rest.Items = append(rest.Items, it)
			if it.Price != nil && it.Do != portfolio.ActionAutoRenewal {
				rest.Totals.Asked += *it.Price
			}
		}
	}
	b.answer(t, func(ctx context.Context, c *control.Client) error {
		if out, err := c.Deny(ctx, control.AnswerRequest{Rule: "com", Reason: "not these"}); err != nil || len(out.Problems) > 0 {
			return fmt.Errorf("deny: %w, %v", err, out.Problems)
		}
		if out, err := c.Approve(ctx, control.AnswerRequest{Rule: "crown"}); err != nil || len(out.Problems) > 0 {
			return fmt.Errorf("approve: %w, %v", err, out.Problems)
		}
		_, err := c.Approve(ctx, control.AnswerRequest{Ops: []string{"io-1.io"}})
		return err
	})
	b.apply(t, b.kept(t, rest))
	rows := b.ledger(t)
	compareRows(t, rowsOf(rows), want)
	b.booked(t, rows)
}

// verbOf is what the ledger calls what an item does.
func verbOf(it control.Item) string {
	if it.Do == portfolio.ActionCancel {
		return string(portfolio.OpCancelChange)
	}
	return string(it.Do)
}
