package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// says runs a command line on the bench, and gives what it printed.
func (b *bench) says(t *testing.T, args ...string) string {
	t.Helper()
	var out, bad bytes.Buffer
	args = append(args, "--config", filepath.Join(b.dir, "config.toml"))
	if code := run(t.Context(), args, std{in: strings.NewReader(""), out: &out, err: &bad}); code != exitDone {
		t.Fatalf("domaind %s ends with %d\n%s", strings.Join(args, " "), code, &bad)
	}
	return out.String()
}

// TestJudgedCommands: what the commands print is what the handler answers, of each rule and
// verdict that there is.
func TestJudgedCommands(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it is long")
	}
	b := newBench(t, wall{}.Now())
	var plan control.Plan
	if err := json.Unmarshal([]byte(b.says(t, "plan", "--json")), &plan); err != nil {
		t.Fatal(err)
	}
	table, markdown := b.says(t, "plan"), b.says(t, "plan", "--markdown")
	seen := make(map[string]bool)
	for _, it := range plan.Items {
		if shown := it.Name; shown != "" && it.On == portfolio.KindDomain && (!strings.Contains(table, spelling(it)) || !strings.Contains(markdown, spelling(it))) {
			t.Errorf("%s is in the plan, and is not shown", shown)
		}
		kind := fmt.Sprint(it.On, it.Verdict, it.Rule)
		if seen[kind] {
			continue
		}
		seen[kind] = true
		ask := []string{"explain", "--json", "--account", it.AccountName}
		switch it.On {
		case portfolio.KindPush:
			ask = append(ask, "push", fmt.Sprint(it.ID))
		case portfolio.KindRegistrantChange:
			ask = append(ask, "change", fmt.Sprint(it.ID))
		default:
			ask = append(ask, string(it.On), it.Name)
		}
		var e control.Explanation
		if err := json.Unmarshal([]byte(b.says(t, ask...)), &e); err != nil {
			t.Fatal(err)
		}
		sameAs(t, it, e)
	}
	if len(seen) < 40 {
		t.Errorf("only %d kinds of items were explained", len(seen))
	}
	if _, err := os.Stat(filepath.Join(b.dir, "state")); err == nil {
		t.Error("a plan has left a state behind")
	}
}

// spelling is the name as people read it.
func spelling(it control.Item) string {
	if it.Unicode != "" {
		return it.Unicode
	}
	return it.Name
}

// TestJudgedAnnouncement: a push that an operator has announced is accepted once, in whatever
// mode, by nobody's rule.
func TestJudgedAnnouncement(t *testing.T) {
	t.Parallel()
	b := newBench(t, judgeStart(), ample()...)
	b.answer(t, func(ctx context.Context, c *control.Client) error {
		_, err := c.ExpectPush(ctx, control.ExpectRequest{Account: "labs", DomainID: 11, Contact: "legal", TTL: "7d"})
		return err
	})
	plan := b.plan(t, false)
	for _, it := range plan.Items {
		if it.On == portfolio.KindPush && it.ID == 21 {
			if it.Verdict != portfolio.VerdictAct || it.Do != portfolio.ActionAccept {
				t.Errorf("it is announced, and the plan has %+v", it)
			}
		}
	}
	b.pass(t)
	if got := rowsOf(b.ledger(t))["labs push 21"]; fmt.Sprint(got) != "[accept done 0.00]" {
		t.Errorf("it was announced, and the ledger has %q", got)
	}
}
