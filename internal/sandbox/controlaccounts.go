package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
)

// accountState is an account as /_sandbox/accounts shows it.
type accountState struct {
	ID         int64  `json:"id"`
	Name       string `json:"name"`
	Identifier string `json:"identifier"` // what a push to it is addressed to
	Billing    string `json:"billing"`
}

func (a *account) state() accountState { return accountState{a.id, a.name, a.identifier, a.billing} }

func (s *Server) listAccounts() []accountState {
	out := make([]accountState, 0, len(s.w.accounts))
	for _, a := range s.w.accounts {
		out = append(out, a.state())
	}
	slices.SortFunc(out, by(func(a accountState) int64 { return a.ID }))
	return out
}

// setAccount changes how an account can pay.
func (s *Server) setAccount(id string, body []byte) reply {
	a := s.w.accounts[toID(id)]
	if a == nil {
		return notFound("Account", id)
	}
	var in struct {
		Billing string `json:"billing"`
	}
	if err := json.Unmarshal(body, &in); err != nil ||
		!slices.Contains([]string{billingActive, billingArrears, billingDeclined}, in.Billing) {
		return refuse(http.StatusBadRequest, "Write {\"billing\": \"active\"}, \"arrears\" or \"declined\"")
	}
	a.billing = in.Billing
	return ok(a.state())
}
