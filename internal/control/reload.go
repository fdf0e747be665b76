package control

import (
	"context"
	"net/http"
	"strings"
)

// Reloader reads the configuration of the daemon anew. Its error says why it goes on as it
// did; a *executor.RefusedError where that is for whoever asked to mend.
type Reloader interface {
	// Reload obeys the configuration as the files have it now. A policy that changes much
	// waits, unless its hash is the one that is accepted.
	Reload(ctx context.Context, accept, by string) (Reload, error)
	// Waits is the policy that waits to be accepted; nil where none does.
	Waits() *Reload
}

// ReloadRequest has the configuration read anew.
type ReloadRequest struct {
	Accept string `json:"accept"` // the hash of the policy that may change much; "" : none may
}

// Reload is what came of reading the configuration anew.
type Reload struct {
	// Applied says whether it is obeyed now: else the policy waits to be accepted.
	Applied bool   `json:"applied"`
	Was     string `json:"was"`    // the policy's hash before
	Policy  string `json:"policy"` // and as it was read
	// What it changes of what is decided about the domains that are known.
	Known     int      `json:"known"`
	Changed   int      `json:"changed"`
	Uncovered int      `json:"uncovered"` // domains that nothing takes care of any more
	Names     []string `json:"names"`     // some of them
	// Why it waits, and what lets it go, as a sentence; "" where it is applied.
	Why string `json:"why"`
}

func (h *handler) reload(r *http.Request) (any, error) {
	var asked ReloadRequest
	if err := decode(r, &asked); err != nil {
		return nil, err
	}
	if h.Reloader == nil {
		return nil, problem(http.StatusConflict, "no daemon runs here: the configuration is read whenever one begins")
	}
	return h.Reloader.Reload(r.Context(), strings.ToLower(strings.TrimSpace(asked.Accept)), askerOf(r).String())
}
