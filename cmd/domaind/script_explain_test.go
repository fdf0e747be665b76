package main

import (
	"encoding/json"
	"strconv"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// cmdAgrees is "agrees FILE N": every item of a plan, of which there are N at least, is
// explained, and what is explained is what the plan has.
func cmdAgrees(ts *testscript.TestScript, _ bool, args []string) {
	var plan control.Plan
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &plan))
	if n, err := strconv.Atoi(args[1]); err != nil || len(plan.Items) < n {
		ts.Fatalf("the plan has %d items: %v", len(plan.Items), err)
	}
	for _, it := range plan.Items {
		ask := []string{"explain", "--json", "--account", strconv.FormatInt(it.Account, 10)}
		switch it.On {
		case portfolio.KindPush:
			ask = append(ask, "push", strconv.FormatInt(it.ID, 10))
		case portfolio.KindRegistrantChange:
			ask = append(ask, "change", strconv.FormatInt(it.ID, 10))
		default:
			ask = append(ask, string(it.On), it.Name)
		}
		ts.Check(ts.Exec("domaind", ask...))
		var e control.Explanation
		ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &e))
		if e.Decision == nil {
			ts.Fatalf("%s is not explained", it.Name)
		}
		got := *e.Decision
		got.PriceAt, it.PriceAt = nil, nil // each asks, or remembers
		if diff := cmp.Diff(it, got); diff != "" {
			ts.Fatalf("-plan +explanation\n%s", diff)
		}
		if e.Sentence == "" || it.Rule != "" && len(e.Rules)+len(e.Holds) == 0 {
			ts.Fatalf("%s is explained with %+v", it.Name, e)
		}
		for _, r := range append(e.Holds, e.Rules...) {
			if won := r.Role == rules.RoleWins; won && r.Rule != it.Rule {
				ts.Fatalf("%s: %s wins, and the plan says %q", it.Name, r.Rule, it.Rule)
			}
		}
	}
}

// conditionShape is what programs may rely on in the rules of an explanation.
var conditionShape = map[string]is{"key": text, "wants": text, "saw": text, "truth": oneOf("yes", "no", "unknown")}

var ruleShape = map[string]is{
	"rule": text, "rule_at": text, "place": whole, "do": text, "does": text, "mode": oneOf("act", "ask", "dry-run"),
	"matches": oneOf("yes", "no", "unknown"), "role": oneOf("wins", "beaten", "alerts", "tried", "later", "unsure", "none"), "says": text,
	"match": listOf(conditionShape), "except": listOf(conditionShape), "until": orNull(moment),
}

var explanationShape = map[string]is{
	"at": moment, "read_at": moment, "mode": oneOf("act", "ask", "dry-run"), "policy": text,
	"resource": func(v any) bool {
		return misshapen(v, map[string]is{"on": oneOf("domain", "push", "registrant_change", "name"), "account": whole, "account_name": text, "id": whole, "name": text, "in_portfolio": flag}) == nil
	},
	"holds": listOf(ruleShape), "rules": listOf(ruleShape),
	"guards":   listOf(map[string]is{"guard": text, "passed": flag, "saw": text}),
	"decision": orNull(func(v any) bool { return misshapen(v, itemShape) == nil }),
	"sentence": text,
	"next":     orNull(func(v any) bool { return misshapen(v, map[string]is{"at": orNull(moment), "what": text}) == nil }),
	"notes":    items, "would": listOf(map[string]is{"rule": text, "rule_at": text, "do": text, "why": text, "accounts": items}), "problems": items,
}

func items(v any) bool { _, ok := v.([]any); return ok }

// cmdExplain is "explain ARG…": "domaind explain --json ARG…" prints what programs may
// rely on.
func cmdExplain(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("domaind", append([]string{"explain", "--json"}, args...)...))
	var v any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &v))
	ts.Check(misshapen(v, explanationShape))
}
