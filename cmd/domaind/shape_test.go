package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// is tells whether a JSON value is what programs may rely on.
type is func(any) bool

func text(v any) bool { _, ok := v.(string); return ok }

func flag(v any) bool { _, ok := v.(bool); return ok }

func whole(v any) bool { n, ok := v.(float64); return ok && n == float64(int64(n)) }

func money(v any) bool {
	s, ok := v.(string)
	return ok && regexp.MustCompile(`^[0-9]+\.[0-9]{2}$`).MatchString(s)
}

func moment(v any) bool {
	s, _ := v.(string)
	_, err := time.Parse(time.RFC3339, s)
	return err == nil
}

func object(v any) bool { _, ok := v.(map[string]any); return ok }

func orNull(other is) is { return func(v any) bool { return v == nil || other(v) } }

func oneOf(words ...string) is {
	return func(v any) bool { s, ok := v.(string); return ok && slices.Contains(words, s) }
}

func listOf(shape map[string]is) is {
	return func(v any) bool {
		items, ok := v.([]any)
		return ok && !slices.ContainsFunc(items, func(item any) bool { return misshapen(item, shape) != nil })
	}
}

// misshapen says which field is missing or of another kind. More fields are fine.
func misshapen(v any, shape map[string]is) error {
	fields, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("%v is no object", v)
	}
	for name, fits := range shape {
		value, there := fields[name]
		if !there || !fits(value) {
			return fmt.Errorf("field %q is %v (there: %v) in %v", name, value, there, v)
		}
	}
	return nil
}

var planShape = map[string]is{
	"at": moment, "mode": oneOf("act", "dry-run"), "policy": text,
	"totals": func(v any) bool { return misshapen(v, map[string]is{"price": money}) == nil },
}

var itemShape = map[string]is{
	"account": whole, "account_name": text, "on": oneOf("domain", "push", "registrant_change", "name"), "id": whole, "name": text,
	"expires_at": orNull(moment), "auto_renew": flag, "rule": text, "rule_at": text,
	"do":   oneOf("", "renew", "restore", "hold", "let-lapse", "alert", "accept", "reject", "cancel", "register", "auto-renewal"),
	"mode": oneOf("act", "dry-run"), "price": orNull(money), "price_at": orNull(moment),
	"verdict": oneOf("act", "would-act", "ask", "blocked", "wait", "hold", "let-lapse", "uncovered", "none"),
	"code":    text, "reason": text, "labels": object, "alerts": func(v any) bool { _, ok := v.([]any); return ok },
}

var rowShape = map[string]is{
	"op": text, "account": whole, "kind": oneOf("renew", "restore", "accept", "reject", "cancel-change", "register", "transfer", "auto-renewal"),
	"id": whole, "name": text, "rule": text,
	"state": oneOf("asked", "reserved", "armed", "pending", "unknown", "done", "failed"),
	"price": money, "reserved": money, "sent": whole, "attention": flag, "by": text,
	"history": listOf(map[string]is{"at": moment, "state": text, "note": text, "by": text}),
}

// cmdShape is "shape plan|ledger FILE N": the JSON must have at least N items, each
// with every field that programs rely on.
func cmdShape(ts *testscript.TestScript, _ bool, args []string) {
	var least int
	_, err := fmt.Sscan(args[2], &least)
	ts.Check(err)
	var document any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &document))
	shape := rowShape
	items, _ := document.([]any)
	if args[0] == "plan" {
		ts.Check(misshapen(document, planShape))
		shape = itemShape
		items, _ = document.(map[string]any)["items"].([]any)
	}
	if len(items) < least {
		ts.Fatalf("there are %d items", len(items))
	}
	for _, item := range items {
		ts.Check(misshapen(item, shape))
	}
}

// cmdApplied is "applied PLAN LEDGER": the ledger has exactly the items of the plan that are
// carried out, and those that were bought at the plan's prices.
func cmdApplied(ts *testscript.TestScript, _ bool, args []string) {
	plan, err := control.ParsePlan([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	var rows []control.Row
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &rows))
	kinds := map[portfolio.Action]portfolio.OperationKind{portfolio.ActionCancel: portfolio.OpCancelChange}
	var want, got []string
	prices := make(map[string]portfolio.Money)
	for _, it := range plan.Items {
		if !it.Applicable() {
			continue
		}
		kind := portfolio.OperationKind(it.Do)
		if k, ok := kinds[it.Do]; ok {
			kind = k
		}
		row := fmt.Sprintf("%d %s %d %s by %s", it.Account, kind, it.ID, it.Name, it.Rule)
		if it.Price != nil {
			prices[row] = *it.Price
		}
		want = append(want, row)
	}
	for _, r := range rows {
		row := fmt.Sprintf("%d %s %d %s by %s", r.Account, r.Kind, r.ID, r.Name, r.Rule)
		got = append(got, row)
		if r.Kind.Purchase() && r.State == portfolio.StateDone && r.Price != prices[row] {
			ts.Fatalf("%s cost %s, and the plan says %s", row, r.Price, prices[row])
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if len(want) == 0 || !slices.Equal(want, got) {
		ts.Fatalf("the plan has\n%s\nthe ledger has\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}
