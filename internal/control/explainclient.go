package control

import "context"

// ExplainQuery says what is to be explained: a name, a push or a change, and no more than
// one of them.
type ExplainQuery struct {
	Name    string // of a domain, or one that is watched
	Push    string // an id
	Change  string // an id
	On      string // "domain" or "name": which of both a name is; "": the domain, where there is one
	Account string // its name or id; "": wherever it is
	At      string // a day (2027-03-01) or a moment to come; "": now
}

// Explain asks why something is done about a resource, or is not.
func (c *Client) Explain(ctx context.Context, q ExplainQuery) (Explanation, error) {
	var e Explanation
	path := "/v1/explain?" + parametersOf("name", q.Name, "push", q.Push, "change", q.Change, "on", q.On, "account", q.Account, "at", q.At).Encode()
	return e, c.get(ctx, path, &e)
}
