package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// question is a renewal that waits for an answer, of a domain that expires in some days.
func question(id int64, name, rule string, days int) portfolio.Operation {
	op := operation(id, name, portfolio.StateAsked, 90)
	op.Reserved, op.Rule, op.History = 0, rule, op.History[1:]
	op.Asked = &portfolio.Asked{
		At: op.CreatedAt, ExpiresAt: now.AddDate(0, 0, days), State: portfolio.DomainRegistered, Price: new(portfolio.Money(1500)), Why: "so",
	}
	return op
}

// TestAnswers: one question, several, all of a rule and all are answered, the most urgent
// first, each once, and who does it is told.
func TestAnswers(t *testing.T) {
	far, near := question(7, "far.com", "core", 40), question(8, "near.com", "rest", 4)
	over, begun := operation(9, "over.com", portfolio.StateFailed, 9), operation(10, "begun.com", portfolio.StatePending, 9)
	beside := question(11, "begun.com", "core", 20)
	ledger := rowsOf(beside, begun, over, near, far)
	keys := func(ops ...portfolio.Operation) (out []string) {
		for _, op := range ops {
			out = append(out, op.Key)
		}
		return out
	}
	for body, want := range map[string]struct {
		keys     []string
		problems string
	}{
		`{"ops":["far.com"],"reason":" why\nnot "}`:                    {keys(far), ""},
		`{"ops":["FAR.com.","` + far.ShortID() + `","near.com"]}`:      {keys(far, near), ""},
		`{"ops":["begun.com"]}`:                                        {keys(beside), ""},
		`{"ops":["far.com","nobody.com","over.com"]}`:                  {keys(far), `there is no operation "nobody.com"`},
		`{"ops":["far.com","over.com"]}`:                               {keys(far), "nothing is under way for over.com"},
		`{"rule":"core"}`:                                              {keys(beside, far), ""},
		`{"rule":"quiet"}`:                                             {nil, ""},
		`{"all":true}`:                                                 {keys(near, beside, far), ""},
		`{"ops":["` + begun.ShortID() + `","` + over.ShortID() + `"]}`: {keys(begun, over), ""}, // the executor says why not
	} {
		for path, yes := range map[string]bool{"/v1/approve": true, "/v1/deny": false} {
			o := options(fakeScanner{}, ledger)
			o.Policy = func() *rules.Policy { return &rules.Policy{Rules: []rules.Rule{{Name: "quiet"}}} }
			status, said := ask(t, o, http.MethodPost, path, body)
			var got Answered
			if err := json.Unmarshal([]byte(said), &got); err != nil || status != http.StatusOK || len(got.Settled) != len(want.keys) {
				t.Fatalf("%s %s: %d %s", path, body, status, said)
			}
			if (want.problems == "") != (len(got.Problems) == 0) || !strings.Contains(strings.Join(got.Problems, "; "), want.problems) {
				t.Errorf("%s %s: problems %q", path, body, got.Problems)
			}
			var told []string
			for _, m := range machine(o).told {
				reason := ""
				if strings.Contains(body, "reason") {
					reason = "why not"
				}
				m = strings.TrimSuffix(strings.TrimPrefix(m, "answer "), fmt.Sprintf(" %t operator unknown: %s", yes, reason))
				told = append(told, m)
			}
			if !slices.Equal(told, want.keys) {
				t.Errorf("%s %s: %q, want %q", path, body, told, want.keys)
			}
		}
	}
}

// TestAnswersRefused: what nobody can know the meaning of is refused, and nothing is done.
func TestAnswersRefused(t *testing.T) {
	o := options(fakeScanner{}, rowsOf(question(7, "twice.com", "core", 40), question(8, "twice.com", "core", 4)))
	for body, want := range map[string]struct {
		status int
		said   string
	}{
		`{}`:                         {http.StatusBadRequest, "say which questions are answered"},
		`{"all":true,"rule":"core"}`: {http.StatusBadRequest, "say which questions are answered"},
		`{"rule":"cor"}`:             {http.StatusBadRequest, `there is no rule`},
		`{"ops":["twice.com"]}`:      {http.StatusConflict, "may be each of 2 operations"},
		`{"ops":[" "]}`:              {http.StatusBadRequest, "which operation is not said"},
		`{"ops":["no.com"]}`:         {http.StatusNotFound, "there is no operation"},
		`{"all":true,"reason":"` + strings.Repeat("x", 501) + `"}`: {http.StatusBadRequest, "longer than 500"},
		`{"op":"twice.com"}`: {http.StatusBadRequest, "op"},
	} {
		if status, said := ask(t, o, http.MethodPost, "/v1/approve", body); status != want.status || !strings.Contains(said, want.said) {
			t.Errorf("%s: %d %s", body, status, said)
		}
	}
	if told := machine(o).told; len(told) > 0 {
		t.Errorf("the machine was told %q", told)
	}
}

// TestAnswersThatFail: one that cannot be settled does not hold the others; where the ledger
// fails nothing goes on, and what was settled is told.
func TestAnswersThatFail(t *testing.T) {
	first, second, third := question(7, "a.com", "core", 4), question(8, "b.com", "core", 5), question(9, "c.com", "core", 6)
	o := options(fakeScanner{}, rowsOf(third, second, first))
	var heard error
	o.Failed = func(err error) { heard = err }
	fails := map[string]error{}
	machine(o).answer = func(key string) (portfolio.Operation, error) { return first, fails[key] }
	fails[first.Key] = &executor.RefusedError{Reason: "it costs too much"}
	_, said := ask(t, o, http.MethodPost, "/v1/approve", `{"all":true}`)
	var got Answered
	if err := json.Unmarshal([]byte(said), &got); err != nil || len(got.Settled) != 2 || !slices.Equal(got.Problems, []string{"it costs too much"}) || heard != nil {
		t.Errorf("%s (%v), %v", said, err, heard)
	}
	fails = map[string]error{second.Key: errBroken}
	machine(o).told = nil
	_, said = ask(t, o, http.MethodPost, "/v1/approve", `{"all":true}`)
	if err := json.Unmarshal([]byte(said), &got); err != nil || len(got.Settled) != 1 || len(got.Problems) != 1 || !errors.Is(heard, errBroken) || len(machine(o).told) != 2 {
		t.Errorf("%s (%v), %v, told %q", said, err, heard, machine(o).told)
	}
	heard = nil
	fails[first.Key] = errBroken
	if status, _ := ask(t, o, http.MethodPost, "/v1/approve", `{"all":true}`); status != http.StatusInternalServerError || !errors.Is(heard, errBroken) {
		t.Errorf("%d, %v", status, heard)
	}
}

// TestQuestionsInStatus: they are counted beside what is under way, the most urgent first,
// each with the commands that answer it; and the ledger shows the price that was shown.
func TestQuestionsInStatus(t *testing.T) {
	far, near := question(7, "far.com", "core", 40), question(8, "near.com", "core", 4)
	denies := question(9, "denies.com", "core", 40)
	denies.Asked.Until, denies.Asked.Silence = now.Add(time.Hour), portfolio.SilenceDeny
	o := options(fakeScanner{}, rowsOf(denies, near, far, operation(10, "begun.com", portfolio.StateReserved, 9)))
	_, said := ask(t, o, http.MethodGet, "/v1/status", "")
	var got Status
	if err := json.Unmarshal([]byte(said), &got); err != nil {
		t.Fatal(err)
	}
	asked := got.Operations.Asked
	var names []string
	for _, q := range asked.Items {
		names = append(names, q.Name)
	}
	if asked.Count != 3 || !slices.Equal(names, []string{"denies.com", "near.com", "far.com"}) || got.Operations.Waiting.Count != 1 {
		t.Errorf("%d asked: %q; %d waiting", asked.Count, names, got.Operations.Waiting.Count)
	}
	if q := asked.Items[1]; q.Approve != "domaind approve near.com" || q.Deny != "domaind deny near.com" || *q.Price != 1500 || q.AnswerBy != nil || !q.ExpiresAt.Equal(now.AddDate(0, 0, 4)) {
		t.Errorf("%+v", q)
	}
	_, said = ask(t, o, http.MethodGet, "/v1/ledger?state=asked&name=near.com", "")
	var rows []Row
	if err := json.Unmarshal([]byte(said), &rows); err != nil || len(rows) != 1 || rows[0].Price != 1500 || rows[0].Reserved != 0 || rows[0].Asked == nil || rows[0].Approval != nil {
		t.Errorf("%s (%v)", said, err)
	}
}
