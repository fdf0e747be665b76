package control

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
)

// AnswerRequest says which questions are answered: those that are named, all of a rule, or
// all that there are.
type AnswerRequest struct {
	Ops    []string `json:"ops"` // short ids, or domains
	Rule   string   `json:"rule"`
	All    bool     `json:"all"`
	Reason string   `json:"reason"` // may be empty
}

// Answered is what became of questions that were answered.
type Answered struct {
	Settled  []Row    `json:"settled"`  // as they stand then
	Problems []string `json:"problems"` // why others could not be settled
}

func (h *handler) approve(r *http.Request) (any, error) { return h.settle(r, true) }

func (h *handler) deny(r *http.Request) (any, error) { return h.settle(r, false) }

// settle answers the questions of a request, one after the other. One that cannot be
// settled does not hold the others.
func (h *handler) settle(r *http.Request, yes bool) (any, error) {
	var asked AnswerRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	why, err := reason(asked.Reason)
	if err != nil {
		return nil, err
	}
	chosen, problems, err := h.questions(asked)
	if err != nil {
		return nil, err
	}
	out := Answered{Settled: []Row{}, Problems: problems}
	by := askerOf(r).String()
	for _, op := range chosen {
		row, err := h.Machine.Answer(r.Context(), op.Key, yes, by, why)
		if err == nil {
			out.Settled = append(out.Settled, rowOf(row))
			continue
		}
		if _, refused := errors.AsType[*executor.RefusedError](err); refused {
			out.Problems = append(out.Problems, err.Error())
			continue
		}
		if len(out.Settled) == 0 {
			return nil, err
		}
		if h.Failed != nil {
			h.Failed(err)
		}
		// What was settled is told all the same.
		out.Problems = append(out.Problems, fmt.Sprintf("%s: %s; what comes behind it was not answered", op, reasonOf(err)))
		break
	}
	return out, nil
}

// questions are the operations that a request answers, the most urgent first, each once,
// and what it names in vain.
func (h *handler) questions(asked AnswerRequest) (chosen []portfolio.Operation, problems []string, err error) {
	ways := 0
	for _, said := range []bool{len(asked.Ops) > 0, asked.Rule != "", asked.All} {
		if said {
			ways++
		}
	}
	if ways != 1 {
		return nil, nil, problem(http.StatusBadRequest, "say which questions are answered: by their ids or domains, all of a rule, or all")
	}
	waiting, err := h.waiting()
	if err != nil {
		return nil, nil, err
	}
	problems = []string{}
	switch {
	case asked.All:
		return waiting, problems, nil
	case asked.Rule != "":
		chosen = slices.DeleteFunc(waiting, func(op portfolio.Operation) bool { return op.Rule != asked.Rule })
		if len(chosen) == 0 && !h.knowsRule(asked.Rule) {
			return nil, nil, problem(http.StatusBadRequest, "there is no rule %q, and nothing waits that one of this name has asked", clip(asked.Rule))
		}
		return chosen, problems, nil
	}
	for _, which := range asked.Ops {
		op, err := h.question(waiting, which)
		if err != nil {
			if _, ok := errors.AsType[*AnswerError](err); !ok || len(asked.Ops) == 1 {
				return nil, nil, err
			}
			problems = append(problems, err.Error())
			continue
		}
		if !slices.ContainsFunc(chosen, func(o portfolio.Operation) bool { return o.Key == op.Key }) {
			chosen = append(chosen, op)
		}
	}
	return chosen, problems, nil
}

// knowsRule says whether the policy has a rule of a name.
func (h *handler) knowsRule(name string) bool {
	for _, r := range h.Policy().Rules {
		if r.Name == name {
			return true
		}
	}
	return false
}

// question finds the one question that somebody names. What is named and waits for no
// answer is given all the same: whoever answers it hears why it cannot be.
func (h *handler) question(waiting []portfolio.Operation, which string) (portfolio.Operation, error) {
	var found []portfolio.Operation
	if strings.TrimSpace(which) != "" {
		for _, op := range waiting {
			if named(op, which) {
				found = append(found, op)
			}
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return h.find(which)
	}
	return portfolio.Operation{}, ambiguous(which, found)
}

// waiting are the operations that wait for an answer, the most urgent first.
func (h *handler) waiting() ([]portfolio.Operation, error) {
	open, err := h.Ledger.OpenOperations()
	if err != nil {
		return nil, err
	}
	waiting := slices.DeleteFunc(open, func(op portfolio.Operation) bool {
		return op.State != portfolio.StateAsked || op.Asked == nil
	})
	slices.SortStableFunc(waiting, executor.MoreUrgent)
	return waiting, nil
}
