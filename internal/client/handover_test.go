package client

import (
	"strings"
	"testing"

	"domaind/internal/portfolio"
)

// TestChangeCheckSaysEverything: what a person is shown before an owner changes may
// not be missing, nor be about something else.
func TestChangeCheckSaysEverything(t *testing.T) {
	const good = `{"domain_id":7,"contact_id":3,"extended_attributes":[],"registry_owner_change":false}`
	check := func(body string) (portfolio.ChangeCheck, error) {
		c, _ := testClient(t, serve(t, says(200, enclosed(body))).URL)
		return c.CheckRegistrantChange(t.Context(), 7, 3)
	}
	if got, err := check(good); err != nil || got.RegistryOwnerChange || len(got.ExtendedAttributes) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, edit := range [][2]string{
		{`"domain_id":7`, `"domain_id":8`},
		{`"contact_id":3`, `"contact_id":4`},
		{`"contact_id":3,`, ``},
		{`"registry_owner_change":false`, `"registry_owner_change":null`},
		{`,"registry_owner_change":false`, ``},
		{`"extended_attributes":[],`, ``},
		{`"extended_attributes":[]`, `"extended_attributes":null`},
		{`"extended_attributes":[]`, `"extended_attributes":{}`},
		{`"extended_attributes":[]`, `"extended_attributes":[{}]`},
		{`"extended_attributes":[]`, `"extended_attributes":[{"name":"x\u0000"}]`},
		{`"extended_attributes":[]`, `"extended_attributes":[{"name":"x","options":[{"value":"a  b"}]}]`},
		{`"extended_attributes":[]`, `"extended_attributes":[{"name":"` + strings.Repeat("x", maxText+1) + `"}]`},
	} {
		body := strings.Replace(good, edit[0], edit[1], 1)
		if body == good {
			t.Fatalf("nothing changed: %q", edit)
		}
		if got, err := check(body); err == nil {
			t.Errorf("%+v out of %s", got, body)
		} else {
			fails(t, err, portfolio.OutcomeUnknown)
		}
	}
	for _, message := range []string{"Contact `3` not found", "Domain `7` not found"} {
		c, _ := testClient(t, serve(t, says(404, `{"message":`+quoted(message)+`}`)).URL)
		_, err := c.CheckRegistrantChange(t.Context(), 7, 3)
		if failure := failed(t, err, portfolio.OutcomeNotFound); failure.Message != message {
			t.Errorf("%v", failure)
		}
	}
}

// TestFiltersThatAServerPassesOver: a change of another domain, to another contact or
// in another state is not what was asked for.
func TestFiltersThatAServerPassesOver(t *testing.T) {
	s := serve(t, entries(
		changeJSON,
		strings.Replace(changeJSON, `"domain_id":7`, `"domain_id":8`, 1),
		strings.Replace(changeJSON, `"contact_id":3`, `"contact_id":4`, 1),
		strings.Replace(changeJSON, `pending`, `new`, 1),
	))
	c, _ := testClient(t, s.URL)
	for filter, want := range map[string]struct {
		portfolio.ChangeFilter
		items int
	}{
		"all":     {portfolio.ChangeFilter{}, 4},
		"domain":  {portfolio.ChangeFilter{DomainID: 7}, 3},
		"contact": {portfolio.ChangeFilter{ContactID: 3}, 3},
		"state":   {portfolio.ChangeFilter{State: portfolio.ChangeNew}, 1},
		"each":    {portfolio.ChangeFilter{State: portfolio.ChangePending, DomainID: 7, ContactID: 3}, 1},
	} {
		page := onePage(t, c.ListRegistrantChanges(t.Context(), want.ChangeFilter))
		if len(page.Items) != want.items || len(page.Problems) != 0 || page.Total != 4 {
			t.Errorf("%s: %d items of %d, problems %v", filter, len(page.Items), page.Total, page.Problems)
		}
	}
}

func TestOddTLDs(t *testing.T) {
	s := serve(t, entries(`{"tld":"COM","minimum_registration":-1}`, `{"tld":"co.uk"}`, `{"tld":""}`, `{"tld":"../x"}`, `{"tld":7}`, `null`))
	c, _ := testClient(t, s.URL)
	page := onePage(t, c.TLDs(t.Context(), portfolio.TLDFilter{}))
	if len(page.Items) != 2 || page.Items[0].TLD != "com" || page.Items[0].MinimumRegistration != 0 || page.Items[1].TLD != "co.uk" {
		t.Errorf("%+v", page.Items)
	}
	wantProblems(t, page.Problems, "list TLDs, page 1", `"" is no`, `"../x" is no`, "documented", "no data")
}

// TestForbiddenNamesItsScope: a token that lacks a scope is told which.
func TestForbiddenNamesItsScope(t *testing.T) {
	s := serve(t, says(403, `{"message":"Permission Denied. Required Scope: registrar:*:write"}`))
	for _, call := range allCalls() {
		c, _ := testClient(t, s.URL)
		_, err := call.do(t.Context(), c)
		if failure := failed(t, err, portfolio.OutcomeForbidden); failure.RequiredScope() != "registrar:*:write" {
			t.Errorf("%s: scope %q of %v", call.name, failure.RequiredScope(), failure)
		}
	}
}
