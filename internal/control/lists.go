package control

import (
	"cmp"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// Domain is a domain of an account, as DNSimple has it now.
type Domain struct {
	Account      int64                 `json:"account"`
	AccountName  string                `json:"account_name"`
	ID           int64                 `json:"id"`
	Name         string                `json:"name"`
	Unicode      string                `json:"unicode_name,omitempty"` // where it differs
	State        portfolio.DomainState `json:"state"`
	ExpiresAt    *time.Time            `json:"expires_at"`
	AutoRenew    bool                  `json:"auto_renew"`
	WhoisPrivacy bool                  `json:"whois_privacy"`
	Trustee      bool                  `json:"trustee"`
	Registrant   int64                 `json:"registrant"` // a contact's id; 0 where there is none
	CreatedAt    time.Time             `json:"created_at"`
}

// readable are the accounts that are read: the one that is named, or all. To look, one
// that only proves is as good as any.
func (h *handler) readable(which string) ([]Account, error) {
	if which == "" {
		return h.Accounts, nil
	}
	for _, a := range h.Accounts {
		if which == a.Name || which == itoa(a.ID) {
			return []Account{a}, nil
		}
	}
	return nil, problem(http.StatusBadRequest, "there is no account %q in the configuration; there is %s", clip(which), labels(h.Accounts))
}

// contactsAsked says which contact is meant in each account, by its id or its name in the
// configuration. Where a name means nothing there, the account is left out.
func contactsAsked(accounts []Account, which string) (in []Account, ids []int64, err error) {
	for _, a := range accounts {
		id, cerr := contactOf(a, which)
		if cerr != nil {
			err = cerr
			continue
		}
		in, ids = append(in, a), append(ids, id)
	}
	switch {
	case len(in) > 0:
		return in, ids, nil
	case len(accounts) > 1:
		err = problem(http.StatusBadRequest, "no account has a contact named %q in the configuration: give its id", clip(which))
	}
	return nil, nil, err
}

func (h *handler) domains(w http.ResponseWriter, r *http.Request) {
	v, err := parameters(r, "account", "name_like", "registrant", "sort")
	if err != nil {
		fail(w, err)
		return
	}
	accounts, err := h.readable(v["account"])
	var registrants []int64
	if err == nil {
		accounts, registrants, err = contactsAsked(accounts, v["registrant"])
	}
	var sort []portfolio.Order
	if err == nil {
		sort, err = parseSort(v["sort"], portfolio.SortID, portfolio.SortName, portfolio.SortExpiration)
	}
	if err != nil {
		fail(w, err)
		return
	}
	lists := make([]iter.Seq2[portfolio.Page[portfolio.Domain], error], len(accounts))
	for i, a := range accounts {
		lists[i] = a.Look.ListDomains(r.Context(), portfolio.DomainFilter{NameLike: v["name_like"], RegistrantID: registrants[i], Sort: sort})
	}
	if len(sort) == 0 {
		sort = []portfolio.Order{{By: portfolio.SortName}} // as DNSimple has it
	}
	all := sideBySide(r.Context(), lists, func(a, b portfolio.Domain) bool { return comesBefore(sort, a, b) })
	tell(r.Context(), w, func(yield func(Domain, error) bool) {
		for d, err := range all {
			if !yield(h.domainOf(d), err) {
				return
			}
		}
	})
}

func (h *handler) domainOf(d portfolio.Domain) Domain {
	out := Domain{
		Account: d.AccountID, AccountName: h.nameOf(d.AccountID), ID: d.ID, Name: d.Name, State: d.State, AutoRenew: d.AutoRenew,
		WhoisPrivacy: d.WhoisPrivacy, Trustee: d.Trustee, Registrant: d.RegistrantID, CreatedAt: d.CreatedAt,
	}
	if d.UnicodeName != d.Name {
		out.Unicode = d.UnicodeName
	}
	if !d.ExpiresAt.IsZero() {
		out.ExpiresAt = &d.ExpiresAt
	}
	return out
}

// parseSort reads "expiration:desc,name" as DNSimple writes it; without a direction it is
// the ascending one.
func parseSort(text string, fields ...portfolio.SortField) (sort []portfolio.Order, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		by, direction, _ := strings.Cut(part, ":")
		o := portfolio.Order{By: portfolio.SortField(by), Descending: direction == "desc"}
		if !slices.Contains(fields, o.By) || direction != "" && direction != "asc" && direction != "desc" {
			return nil, problem(http.StatusBadRequest, "nothing is sorted by %q; there is %s, as in expiration:desc,name", clip(part), words(fields))
		}
		sort = append(sort, o)
	}
	return sort, nil
}

// comesBefore says whether a domain comes before another one in an order.
func comesBefore(sort []portfolio.Order, a, b portfolio.Domain) bool {
	for _, o := range sort {
		var c int
		switch o.By {
		case portfolio.SortExpiration:
			c = a.ExpiresAt.Compare(b.ExpiresAt)
		case portfolio.SortID:
			c = cmp.Compare(a.ID, b.ID)
		default:
			c = strings.Compare(a.Name, b.Name)
		}
		if c != 0 {
			return c < 0 != o.Descending
		}
	}
	return false
}

// Push is a domain that another account wants to hand over.
type Push struct {
	Account     int64     `json:"account"` // that may accept it
	AccountName string    `json:"account_name"`
	ID          int64     `json:"id"`
	DomainID    int64     `json:"domain_id"`
	Name        string    `json:"name"`        // "" where the source is not proven
	Source      int64     `json:"source"`      // the account that owns the domain; 0 where that is not proven
	SourceName  string    `json:"source_name"` // likewise
	Unproven    string    `json:"unproven"`    // why it is not proven; "" where it is
	CreatedAt   time.Time `json:"created_at"`
}

func (h *handler) pushes(w http.ResponseWriter, r *http.Request) {
	v, err := parameters(r, "account")
	var accounts []Account
	if err == nil {
		accounts, err = h.readable(v["account"])
	}
	if err != nil {
		fail(w, err)
		return
	}
	ctx := r.Context()
	lists := make([]iter.Seq2[portfolio.Page[portfolio.Push], error], len(accounts))
	for i, a := range accounts {
		lists[i] = a.Look.Pushes(ctx)
	}
	all := sideBySide(ctx, lists, func(a, b portfolio.Push) bool { return a.ID < b.ID })
	tell(ctx, w, func(yield func(Push, error) bool) {
		for p, err := range all {
			var out Push
			if err == nil {
				f := h.Prover.Prove(ctx, p)
				out = Push{
					Account: p.AccountID, AccountName: h.nameOf(p.AccountID), ID: p.ID, DomainID: p.DomainID, Name: f.Name,
					Source: f.SourceID, Unproven: f.Unproven, CreatedAt: p.CreatedAt,
				}
				if f.Proven() {
					out.SourceName = h.nameOf(f.SourceID)
				}
			}
			if !yield(out, err) {
				return
			}
		}
	})
}
