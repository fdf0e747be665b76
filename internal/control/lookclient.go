package control

import (
	"context"
	"net/url"
)

// DomainQuery says which domains are listed, and in which order; the zero value means
// all of them, by name.
type DomainQuery struct {
	Account    string // its name or id
	NameLike   string // a part of the name
	Registrant string // a contact's name in the configuration, or its id
	Sort       string // "expiration:desc,name": of id, name, expiration
}

// Domains lists domains, and hands on each as it is read. What could not be read is told
// beside its error, which may be that of each.
func (c *Client) Domains(ctx context.Context, q DomainQuery, each func(Domain) error) (problems []string, err error) {
	return hear(ctx, c, "/v1/domains", parametersOf("account", q.Account, "name_like", q.NameLike, "registrant", q.Registrant, "sort", q.Sort), each)
}

// Pushes lists the pushes that wait, as [Client.Domains] does: in an account, or ("") in all.
func (c *Client) Pushes(ctx context.Context, account string, each func(Push) error) (problems []string, err error) {
	return hear(ctx, c, "/v1/pushes", parametersOf("account", account), each)
}

// ChangeQuery says which registrant changes are listed; the zero value means all that
// are new or pending.
type ChangeQuery struct {
	Account string // its name or id
	State   string // one of DNSimple's, or "all"
	Domain  string // a name or id
	Contact string // a contact's name in the configuration, or its id
}

// Changes lists registrant changes, as [Client.Domains] does.
func (c *Client) Changes(ctx context.Context, q ChangeQuery, each func(RegistrantChange) error) (problems []string, err error) {
	return hear(ctx, c, "/v1/changes", parametersOf("account", q.Account, "state", q.State, "domain", q.Domain, "contact", q.Contact), each)
}

// Available asks whether a name can be registered now.
func (c *Client) Available(ctx context.Context, name, account string) (Availability, error) {
	var a Availability
	return a, c.get(ctx, "/v1/available?"+parametersOf("name", name, "account", account).Encode(), &a)
}

// Prices asks what a name costs.
func (c *Client) Prices(ctx context.Context, name, account string) (Prices, error) {
	var p Prices
	return p, c.get(ctx, "/v1/prices?"+parametersOf("name", name, "account", account).Encode(), &p)
}

// Propose asks what a command comes to. It has no effect.
func (c *Client) Propose(ctx context.Context, command Command) (Proposal, error) {
	var p Proposal
	return p, c.post(ctx, "/v1/propose", command, &p)
}

// Place has a command carried out, and gives its operation as it stands then.
func (c *Client) Place(ctx context.Context, r PlaceRequest) (Row, error) {
	var row Row
	return row, c.post(ctx, "/v1/place", placement{r.Command, r.Agreed, r.ExpiresAt, writtenCode{r.Code}, r.Confirm}, &row)
}

// Operation asks how an operation stands, by its short id.
func (c *Client) Operation(ctx context.Context, op string) (Row, error) {
	var row Row
	return row, c.get(ctx, "/v1/operation?"+parametersOf("op", op).Encode(), &row)
}

// parametersOf are pairs of a key and a value, without those that say nothing.
func parametersOf(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	return v
}
