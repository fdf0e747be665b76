package control

import (
	"context"
	"errors"
	"iter"
	"net/http"

	"domaind/internal/portfolio"
)

// Look is DNSimple with one account's token, as far as somebody only looks. Every error
// is a *[portfolio.CallError].
type Look interface {
	Finder
	Lister
	Appraiser
	Requirer
}

// Requirer says what registries want to know.
type Requirer interface {
	// CheckRegistrantChange changes nothing.
	CheckRegistrantChange(ctx context.Context, domain, contact int64) (portfolio.ChangeCheck, error)
	ExtendedAttributes(ctx context.Context, tld string) ([]portfolio.ExtendedAttribute, error)
	TLDDetails(ctx context.Context, tld string) (portfolio.TLDDetails, error)
}

// Finder reads one thing of the account.
type Finder interface {
	DomainNamed(ctx context.Context, name string) (portfolio.Domain, portfolio.Answer, error)
	Domain(ctx context.Context, id int64) (portfolio.Domain, portfolio.Answer, error)
	RegistrantChange(ctx context.Context, id int64) (portfolio.RegistrantChange, error)
	TransferStatus(ctx context.Context, name string, id int64) (portfolio.Transfer, error)
	Contact(ctx context.Context, id int64) (portfolio.Contact, error)
}

// Lister reads what the account has, a page at a time.
type Lister interface {
	ListDomains(ctx context.Context, filter portfolio.DomainFilter) iter.Seq2[portfolio.Page[portfolio.Domain], error]
	Pushes(ctx context.Context) iter.Seq2[portfolio.Page[portfolio.Push], error]
	ListRegistrantChanges(ctx context.Context, filter portfolio.ChangeFilter) iter.Seq2[portfolio.Page[portfolio.RegistrantChange], error]
}

// Appraiser says whether a name is free, and what it costs.
type Appraiser interface {
	CheckDomain(ctx context.Context, name string) (portfolio.DomainCheck, error)
	Prices(ctx context.Context, name string) (portfolio.Prices, error)
	PremiumPrice(ctx context.Context, name string, action portfolio.PremiumAction) (portfolio.Money, error)
}

// Prover says where a push comes from, without any effect.
type Prover interface {
	Prove(ctx context.Context, p portfolio.Push) portfolio.PushFacts
}

func outcomeOf(err error) portfolio.Outcome {
	if call, ok := errors.AsType[*portfolio.CallError](err); ok {
		return call.Outcome
	}
	return ""
}

// vendorProblem is an answer of DNSimple's that is an error, as an answer of ours.
func vendorProblem(err error) error {
	status := http.StatusBadGateway
	switch outcomeOf(err) {
	case "":
		return err
	case portfolio.OutcomeNotFound:
		status = http.StatusNotFound
	case portfolio.OutcomeRejected:
		status = http.StatusConflict
	case portfolio.OutcomeRateLimited:
		status = http.StatusServiceUnavailable
	default:
	}
	return problem(status, "%s", err)
}

// looked answers a question that only looks.
func looked(look func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v, err := look(r)
		if err != nil {
			fail(w, vendorProblem(err))
			return
		}
		answer(w, v)
	}
}

// Availability is whether a name can be registered now.
type Availability struct {
	Account     int64  `json:"account"` // with whose token it was asked
	AccountName string `json:"account_name"`
	Name        string `json:"name"`
	Unicode     string `json:"unicode_name,omitempty"`
	Available   bool   `json:"available"`
	Premium     bool   `json:"premium"`
}

func (h *handler) available(r *http.Request) (any, error) {
	name, account, err := h.nameAsked(r)
	if err != nil {
		return nil, err
	}
	check, err := account.Look.CheckDomain(r.Context(), name)
	return Availability{
		Account: account.ID, AccountName: account.Name, Name: name, Unicode: unicodeName(name),
		Available: check.Available, Premium: check.Premium,
	}, err
}

// Prices are what a name costs, in US dollars. Null is a price that DNSimple did not
// give.
type Prices struct {
	Account      int64            `json:"account"` // with whose token it was asked
	AccountName  string           `json:"account_name"`
	Name         string           `json:"name"`
	Unicode      string           `json:"unicode_name,omitempty"`
	Premium      bool             `json:"premium"`
	Registration *portfolio.Money `json:"registration"`
	Renewal      *portfolio.Money `json:"renewal"` // of one year
	Transfer     *portfolio.Money `json:"transfer"`
	Restore      *portfolio.Money `json:"restore"`
	Trustee      *portfolio.Money `json:"trustee"`
	// PremiumPrices are those of a premium name, as DNSimple's older call for them says.
	PremiumPrices *PremiumPrices `json:"premium_prices,omitempty"`
	Problems      []string       `json:"problems"` // which of them could not be read
}

// PremiumPrices are the prices of a premium name; null is one that could not be read.
type PremiumPrices struct {
	Registration *portfolio.Money `json:"registration"`
	Renewal      *portfolio.Money `json:"renewal"`
	Transfer     *portfolio.Money `json:"transfer"`
}

func (h *handler) prices(r *http.Request) (any, error) {
	name, account, err := h.nameAsked(r)
	if err != nil {
		return nil, err
	}
	ctx := r.Context()
	said, err := account.Look.Prices(ctx, name)
	if err != nil {
		return nil, err
	}
	given := func(m portfolio.Money) *portfolio.Money {
		if m <= 0 {
			return nil
		}
		return &m
	}
	p := Prices{
		Account: account.ID, AccountName: account.Name, Name: name, Unicode: unicodeName(name), Premium: said.Premium,
		Registration: given(said.Registration), Renewal: given(said.Renewal), Transfer: given(said.Transfer),
		Restore: given(said.Restore), Trustee: given(said.Trustee), Problems: []string{},
	}
	if !said.Premium {
		return p, nil
	}
	p.PremiumPrices = new(PremiumPrices)
	for _, ask := range []struct {
		action portfolio.PremiumAction
		to     **portfolio.Money
	}{
		{portfolio.PremiumRegistration, &p.PremiumPrices.Registration},
		{portfolio.PremiumRenewal, &p.PremiumPrices.Renewal},
		{portfolio.PremiumTransfer, &p.PremiumPrices.Transfer},
	} {
		price, err := account.Look.PremiumPrice(ctx, name, ask.action)
		if err != nil {
			p.Problems = append(p.Problems, err.Error())
			continue
		}
		*ask.to = given(price)
	}
	return p, nil
}

// nameAsked reads a question about a name: which, and with whose token it is asked. Any
// will do: the one that is named, or that has the domain, or else the first.
func (h *handler) nameAsked(r *http.Request) (string, Account, error) {
	v, err := parameters(r, "name", "account")
	if err != nil {
		return "", Account{}, err
	}
	if v["name"] == "" {
		return "", Account{}, problem(http.StatusBadRequest, "which name is not said")
	}
	name, err := properName(v["name"])
	if err != nil {
		return "", Account{}, err
	}
	id, err := h.account(v["account"])
	if err != nil {
		return "", Account{}, err
	}
	if id != 0 {
		return name, h.accountByID(id), nil
	}
	acting := h.acting()
	if len(acting) > 1 {
		if a, err := h.owner(r.Context(), name); err == nil {
			return name, a, nil
		}
	}
	return name, acting[0], nil
}

// parameters reads the parameters of a question; what it does not know is an error.
func parameters(r *http.Request, known ...string) (map[string]string, error) {
	out := make(map[string]string, len(known))
	for _, key := range known {
		out[key] = ""
	}
	for key, values := range r.URL.Query() {
		if _, ok := out[key]; !ok {
			return nil, problem(http.StatusBadRequest, "%s knows no %q", r.URL.Path, clip(key))
		}
		if len(values) > 1 {
			return nil, problem(http.StatusBadRequest, "%q is there twice", key)
		}
		out[key] = values[0]
	}
	return out, nil
}
