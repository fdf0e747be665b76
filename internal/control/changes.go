package control

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"

	"domaind/internal/portfolio"
)

// RegistrantChange is a change of a domain's registrant.
type RegistrantChange struct {
	Account             int64                 `json:"account"`
	AccountName         string                `json:"account_name"`
	ID                  int64                 `json:"id"`
	DomainID            int64                 `json:"domain_id"`
	Name                string                `json:"name"`    // "" where it was not read: that of a domain whose change is over
	Contact             int64                 `json:"contact"` // the registrant to be
	State               portfolio.ChangeState `json:"state"`
	RegistryOwnerChange bool                  `json:"registry_owner_change"`
	IRTLockLiftedBy     string                `json:"irt_lock_lifted_by"`
	ExtendedAttributes  map[string]string     `json:"extended_attributes"`
	CreatedAt           time.Time             `json:"created_at"`
}

// everyState asks for registrant changes in any state.
const everyState = "all"

// changeStates are the states of registrant changes, in the order in which they pass.
func changeStates() []portfolio.ChangeState {
	return []portfolio.ChangeState{
		portfolio.ChangeNew, portfolio.ChangePending, portfolio.ChangeCancelling, portfolio.ChangeCancelled, portfolio.ChangeCompleted,
	}
}

// statesAsked are the lists of changes that make up a state somebody names: DNSimple
// gives the new and pending ones where it is told none, and never all.
func statesAsked(text string) ([]portfolio.ChangeState, error) {
	switch {
	case text == everyState:
		return changeStates(), nil
	case text != "" && !portfolio.ChangeState(text).Known():
		return nil, problem(http.StatusBadRequest, "there is no state %q; there is %s, and %s", clip(text), words(changeStates()), everyState)
	}
	return []portfolio.ChangeState{portfolio.ChangeState(text)}, nil
}

func (h *handler) changes(w http.ResponseWriter, r *http.Request) {
	v, err := parameters(r, "account", "state", "domain", "contact")
	var accounts []Account
	var contacts []int64
	var states []portfolio.ChangeState
	if err == nil {
		states, err = statesAsked(v["state"])
	}
	if err == nil {
		accounts, err = h.readable(v["account"])
	}
	if err == nil {
		accounts, contacts, err = contactsAsked(accounts, v["contact"])
	}
	if err != nil {
		fail(w, err)
		return
	}
	ctx := r.Context()
	names := newDomainNames(accounts)
	filters := make([]portfolio.ChangeFilter, len(accounts))
	for i := range accounts {
		filters[i] = portfolio.ChangeFilter{ContactID: contacts[i]}
	}
	if v["domain"] != "" {
		if accounts, filters, err = names.only(ctx, v["domain"], accounts, filters); err != nil {
			fail(w, vendorProblem(err))
			return
		}
	}
	lists := make([]iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error], len(accounts))
	for i, a := range accounts {
		lists[i] = inStates(ctx, a.Look, filters[i], states)
	}
	all := sideBySide(ctx, lists, func(a, b portfolio.RegistrantChange) bool { return a.ID < b.ID })
	tell(ctx, w, func(yield func(RegistrantChange, error) bool) {
		for c, err := range all {
			var out RegistrantChange
			if err == nil {
				out = h.changeOf(c, names.of(ctx, c))
			}
			if !yield(out, err) {
				return
			}
		}
	})
}

// inStates lists an account's changes in one state after the other.
func inStates(ctx context.Context, l Lister, f portfolio.ChangeFilter, states []portfolio.ChangeState) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error] {
	return func(yield func(portfolio.Page[portfolio.RegistrantChange], error) bool) {
		for _, f.State = range states {
			for page, err := range l.ListRegistrantChanges(ctx, f) {
				if !yield(page, err) || err != nil {
					return
				}
			}
		}
	}
}

func (h *handler) changeOf(c portfolio.RegistrantChange, name string) RegistrantChange {
	out := RegistrantChange{
		Account: c.AccountID, AccountName: h.nameOf(c.AccountID), ID: c.ID, DomainID: c.DomainID, Name: name, Contact: c.ContactID, State: c.State,
		RegistryOwnerChange: c.RegistryOwnerChange, IRTLockLiftedBy: c.IRTLockLiftedBy, ExtendedAttributes: c.ExtendedAttributes, CreatedAt: c.CreatedAt,
	}
	if out.ExtendedAttributes == nil {
		out.ExtendedAttributes = map[string]string{}
	}
	return out
}

// domainNames finds the names of domains that are known by their ids.
type domainNames struct {
	accounts map[int64]Account
	known    map[int64]string // by the domain's id; "" where it could not be read
}

func newDomainNames(accounts []Account) domainNames {
	n := domainNames{accounts: make(map[int64]Account), known: make(map[int64]string)}
	for _, a := range accounts {
		n.accounts[a.ID] = a
	}
	return n
}

// of is the name of a change's domain. Those that are over can be many, and each would
// cost a request.
func (n domainNames) of(ctx context.Context, c portfolio.RegistrantChange) string {
	name, known := n.known[c.DomainID]
	if known || c.State == portfolio.ChangeCompleted || c.State == portfolio.ChangeCancelled {
		return name
	}
	if d, _, err := n.accounts[c.AccountID].Look.Domain(ctx, c.DomainID); err == nil {
		name = d.Name
	}
	n.known[c.DomainID] = name
	return name
}

// only narrows filters to a domain, by its name or id, and leaves out the accounts that
// do not have it.
func (n domainNames) only(ctx context.Context, which string, accounts []Account, filters []portfolio.ChangeFilter) (in []Account, out []portfolio.ChangeFilter, err error) {
	var id int64
	if _, err := fmt.Sscanf(which, "%d", &id); err == nil && itoa(id) == which && id > 0 {
		for i := range filters {
			filters[i].DomainID = id
		}
		return accounts, filters, nil
	}
	name, err := properName(which)
	if err != nil {
		return nil, nil, err
	}
	for i, a := range accounts {
		d, _, err := a.Look.DomainNamed(ctx, name)
		switch {
		case outcomeOf(err) == portfolio.OutcomeNotFound:
			continue
		case err != nil:
			return nil, nil, err
		}
		n.known[d.ID] = d.Name
		filters[i].DomainID = d.ID
		in, out = append(in, a), append(out, filters[i])
	}
	if len(in) == 0 {
		return nil, nil, problem(http.StatusNotFound, "%s is in none of these accounts: %s", name, labels(accounts))
	}
	return in, out, nil
}
