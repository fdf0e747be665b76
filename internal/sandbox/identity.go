package sandbox

import (
	"net/http"
	"slices"
	"time"
)

type accountBody struct {
	ID             int64  `json:"id"`
	Email          string `json:"email"`
	Name           string `json:"name"`
	PlanIdentifier string `json:"plan_identifier"`
	CreatedAt      string `json:"created_at"`
	UpdatedAt      string `json:"updated_at"`
}

func renderAccount(a *account) *accountBody {
	if a == nil {
		return nil
	}
	return &accountBody{a.id, a.email, a.name, a.plan, stamp(a.created), stamp(a.created)}
}

type userBody struct {
	ID        int64  `json:"id"`
	Email     string `json:"email"`
	CreatedAt string `json:"created_at"`
	UpdatedAt string `json:"updated_at"`
}

// whoami says of an account token its account, and of a user token its user; the other is null.
func whoami(c *call) reply {
	body := struct {
		User    *userBody    `json:"user"`
		Account *accountBody `json:"account"`
	}{Account: renderAccount(c.token.account)}
	if u := c.token.user; u != nil {
		body.User = &userBody{u.id, u.email, stamp(u.created), stamp(u.created)}
	}
	return data(http.StatusOK, body)
}

// listAccounts has no pages.
func listAccounts(c *call) reply {
	out := []*accountBody{}
	if a := c.token.account; a != nil {
		out = append(out, renderAccount(a))
	} else {
		ids := slices.Sorted(slices.Values(c.token.user.accounts))
		for _, id := range ids {
			out = append(out, renderAccount(c.w.accounts[id]))
		}
	}
	return data(http.StatusOK, out)
}

type contactBody struct {
	ID               int64  `json:"id"`
	AccountID        int64  `json:"account_id"`
	Label            string `json:"label"`
	FirstName        string `json:"first_name"`
	LastName         string `json:"last_name"`
	JobTitle         string `json:"job_title"`
	OrganizationName string `json:"organization_name"`
	Email            string `json:"email"`
	Phone            string `json:"phone"`
	Fax              string `json:"fax"`
	Address1         string `json:"address1"`
	Address2         string `json:"address2"`
	City             string `json:"city"`
	StateProvince    string `json:"state_province"`
	PostalCode       string `json:"postal_code"`
	Country          string `json:"country"`
	CreatedAt        string `json:"created_at"`
	UpdatedAt        string `json:"updated_at"`
}

func renderContact(c *contact) contactBody {
	s := &c.spec
	return contactBody{
		s.ID, c.account, s.Label, s.FirstName, s.LastName, s.JobTitle, s.Organization, s.Email, s.Phone, s.Fax,
		s.Address1, s.Address2, s.City, s.StateProvince, s.PostalCode, s.Country, stamp(c.created), stamp(c.created),
	}
}

func listContacts(c *call) reply {
	var all []*contact
	for _, x := range c.w.contacts {
		if x.account == c.account.id {
			all = append(all, x)
		}
	}
	byID := by(func(x *contact) int64 { return x.spec.ID })
	if bad := order(c, all, "id", map[string]func(a, b *contact) int{
		"id":    byID,
		"label": by(func(x *contact) string { return x.spec.Label }),
		"email": by(func(x *contact) string { return x.spec.Email }),
	}, byID); bad != nil {
		return *bad
	}
	return page(c, all, renderContact)
}

func getContact(c *call) reply {
	x := c.w.contacts[c.id()]
	if x == nil || x.account != c.account.id {
		return notFound("Contact", c.params[":id"])
	}
	return data(http.StatusOK, renderContact(x))
}

// date writes the day of a moment.
func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }
