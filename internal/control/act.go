package control

import (
	"context"
	"net/http"
	"slices"
	"time"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// Machine ends, stops and lets go on what the executor does. A *executor.RefusedError
// says that it cannot be.
type Machine interface {
	Resolve(ctx context.Context, key string, how executor.Resolution, by, reason string) (portfolio.Operation, error)
	// Answer settles what an operation asks.
	Answer(ctx context.Context, key string, approve bool, by, reason string) (portfolio.Operation, error)
	// Pause stops an account, 0: all.
	Pause(account int64, by, reason string) error
	// Resume lifts pauses, and gives those that it lifted.
	Resume(ctx context.Context, account int64, afterRestore bool, by string) (lifted []portfolio.Pause, err error)
	Ceilings() executor.Ceilings
}

// Jobs are the daemon's scans. [scheduler.ErrRunning] and [scheduler.ErrNoDomain] are
// in the errors of Scan.
type Jobs interface {
	Scan(ctx context.Context, name string) (scheduler.Reading, error)
	Jobs() ([]scheduler.JobStatus, error)
}

// ScanRequest asks for a scan.
type ScanRequest struct {
	Name string `json:"name"` // of a domain, of one that is watched, or of a job; "": every job but the portfolio sweep
}

// Scan is what a scan found and did.
type Scan struct {
	At     time.Time      `json:"at"` // when it began
	Mode   portfolio.Mode `json:"mode"`
	Policy string         `json:"policy"`
	Job    bool           `json:"job,omitempty"` // one job was asked for
	// Items are the decisions about the domain, as the guards left them; none where
	// every job was asked for.
	Items []Item `json:"items"`
	// Operations are the rows that are new since it began, newest first.
	Operations []Row    `json:"operations"`
	Problems   []string `json:"problems"` // what could not be read or done
}

func (h *handler) scan(r *http.Request) (any, error) {
	var asked ScanRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	policy := h.Policy()
	s := Scan{At: h.Now(), Mode: policy.Mode, Policy: policy.Hash, Items: []Item{}, Operations: []Row{}, Problems: []string{}}
	jobs, err := h.Jobs.Jobs()
	if err != nil {
		return nil, err
	}
	name := asked.Name
	s.Job = slices.ContainsFunc(jobs, func(j scheduler.JobStatus) bool { return j.Name == name })
	if name != "" && !s.Job {
		if name, err = properName(name); err != nil {
			return nil, err
		}
	}
	reading, err := h.Jobs.Scan(r.Context(), name)
	if err != nil {
		if asked.Name != "" || ended(r.Context()) {
			return nil, err
		}
		// The other jobs ran: what they did is told all the same.
		if h.Failed != nil {
			h.Failed(err)
		}
		reading.Problems = append(reading.Problems, err)
	}
	for _, d := range reading.Decisions {
		s.Items = append(s.Items, itemOf(d))
	}
	for _, p := range reading.Problems {
		s.Problems = append(s.Problems, p.Error())
	}
	for op, err := range h.Ledger.Operations() {
		if err != nil {
			return nil, err
		}
		if op.CreatedAt.Before(s.At) {
			break // they come in the order of their creation
		}
		s.Operations = append(s.Operations, rowOf(op))
	}
	return s, nil
}

// ResolveRequest says what became of an operation that nobody knows of.
type ResolveRequest struct {
	Op     string              `json:"op"`     // its short id, or its domain
	How    executor.Resolution `json:"how"`    // "done", "not-bought" or "buy-again"
	Name   string              `json:"name"`   // the domain's name, where it is to be bought again
	Reason string              `json:"reason"` // may be empty
}

func (h *handler) resolve(r *http.Request) (any, error) {
	var asked ResolveRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	switch asked.How {
	case executor.ResolveDone, executor.ResolveNotBought, executor.ResolveBuyAgain:
	default:
		return nil, problem(http.StatusBadRequest, "what became of it is not said: done, not-bought or buy-again")
	}
	why, err := reason(asked.Reason)
	if err != nil {
		return nil, err
	}
	op, err := h.find(asked.Op)
	if err != nil {
		return nil, err
	}
	if asked.How == executor.ResolveBuyAgain && (op.Name == "" || domainName(asked.Name) != op.Name) {
		return nil, problem(http.StatusBadRequest, "%s is bought again, and may be paid for twice, only where the domain's name is said too", op)
	}
	if op, err = h.Machine.Resolve(r.Context(), op.Key, asked.How, askerOf(r).String(), why); err != nil {
		return nil, err
	}
	return rowOf(op), nil
}

// PauseRequest stops what is done in an account.
type PauseRequest struct {
	Account string `json:"account"` // its name or id; "": all
	Reason  string `json:"reason"`
}

// Paused are the pauses that there are.
type Paused struct {
	Pauses []Pause `json:"pauses"`
}

// Pause is a pause, and the account's name.
type Pause struct {
	portfolio.Pause
	Name string `json:"account_name"` // "" for all accounts
}

func (h *handler) pause(r *http.Request) (any, error) {
	var asked PauseRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	why, err := reason(asked.Reason)
	if err != nil {
		return nil, err
	}
	account, err := h.account(asked.Account)
	if err != nil {
		return nil, err
	}
	if err := h.Machine.Pause(account, askerOf(r).String(), why); err != nil {
		return nil, err
	}
	pauses, err := h.pauses()
	return Paused{Pauses: pauses}, err
}

// ResumeRequest lifts pauses.
type ResumeRequest struct {
	Account      string `json:"account"`       // its name or id; "": those of all accounts
	AfterRestore bool   `json:"after_restore"` // also the one of a state that was an old copy
}

// Resumed are the pauses that were lifted, and those that are left.
type Resumed struct {
	Lifted []Pause `json:"lifted"`
	Pauses []Pause `json:"pauses"`
}

func (h *handler) resume(r *http.Request) (any, error) {
	var asked ResumeRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	account, err := h.account(asked.Account)
	if err != nil {
		return nil, err
	}
	lifted, err := h.Machine.Resume(r.Context(), account, asked.AfterRestore, askerOf(r).String())
	if err != nil {
		return nil, err
	}
	left, err := h.pauses()
	return Resumed{Lifted: h.namedPauses(lifted), Pauses: left}, err
}

// pauses are the pauses that there are, those of all accounts first.
func (h *handler) pauses() ([]Pause, error) {
	pauses, err := h.Memory.Pauses()
	return h.namedPauses(pauses), err
}

func (h *handler) namedPauses(pauses []portfolio.Pause) []Pause {
	out := make([]Pause, 0, len(pauses))
	for _, p := range pauses {
		out = append(out, Pause{Pause: p, Name: h.nameOf(p.AccountID)})
	}
	return out
}

// nameOf is the name of an account; "" where it is not configured (any more).
func (h *handler) nameOf(id int64) string {
	for _, a := range h.Accounts {
		if a.ID == id {
			return a.Name
		}
	}
	return ""
}
