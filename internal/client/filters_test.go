package client

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// listWorld has lists of more than a page, and something for every filter and order.
const listWorld = `
[[account]]
id = 1010
name = "main"
tokens = ["` + secret + `"]
[[contact]]
id = 11
account = "main"
label = "b"
email = "z@example.com"
[[contact]]
id = 12
account = "main"
label = "a"
email = "y@example.com"
[[contact]]
id = 13
account = "main"
label = "b"
email = "x@example.com"
[[many]]
account = "main"
count = 230
pattern = "n%03d.com"
expires_from = "+300d"
expires_to = "+700d"
registrant = 11
[[domain]]
id = 9001
account = "main"
name = "soon.com"
expires = "+10d"
registrant = 12
[[domain]]
id = 9002
account = "main"
name = "sooner.com"
expires = "+5d"
registrant = 12
[[domain]]
id = 9003
account = "main"
name = "soonest.com"
expires = "+5d"
registrant = 13
[[registrant_change]]
id = 1
domain = "soon.com"
contact = 11
state = "pending"
[[registrant_change]]
id = 2
domain = "soon.com"
contact = 13
state = "completed"
[[registrant_change]]
id = 3
domain = "sooner.com"
contact = 11
state = "new"
[[registrant_change]]
id = 4
domain = "sooner.com"
contact = 11
state = "cancelled"
[[registrant_change]]
id = 5
domain = "soonest.com"
contact = 11
state = "pending"
[[registrant_change]]
id = 6
domain = "soonest.com"
contact = 12
state = "cancelling"
cancel_takes = "1d"
`

// listed is the client of an account with long lists, and its clock.
func listed(t *testing.T) (*Client, *clock) {
	t.Helper()
	p, err := sandbox.ParsePortfolio([]byte(listWorld), "portfolio.toml")
	if err != nil {
		t.Fatal(err)
	}
	k := newClock()
	world, err := sandbox.New(sandbox.Options{Portfolio: p, Now: k.Now})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(world)
	t.Cleanup(s.Close)
	c, _ := testClient(t, s.URL, func(o *Options) { o.Now, o.Sleep = k.Now, k.Sleep })
	return c, k
}

// sorted is an order: fields, with a minus before those that descend.
func sorted(fields ...string) []portfolio.Order {
	var keys []portfolio.Order
	for _, field := range fields {
		name, descending := strings.CutPrefix(field, "-")
		keys = append(keys, portfolio.Order{By: portfolio.SortField(name), Descending: descending})
	}
	return keys
}

// TestSimulatedFiltersAndOrders: every documented filter and order of every list, alone, together and descending, is asked for by the
// client and kept by the simulated DNSimple, over all pages.
func TestSimulatedFiltersAndOrders(t *testing.T) {
	c, k := listed(t)
	ctx := t.Context()
	type filter = portfolio.DomainFilter
	for _, tt := range []struct {
		filter filter
		total  int
		first  string // of the list
		last   string
	}{
		{filter{}, 233, "n000.com", "soonest.com"},
		{filter{Sort: sorted("-name")}, 233, "soonest.com", "n000.com"},
		{filter{Sort: sorted("-id")}, 233, "soonest.com", "n000.com"},
		{filter{Sort: sorted("expiration", "-name")}, 233, "soonest.com", "n229.com"},
		{filter{Sort: sorted("expiration", "name")}, 233, "sooner.com", "n229.com"},
		{filter{Sort: sorted("-expiration", "-id")}, 233, "n229.com", "sooner.com"},
		{filter{NameLike: "SOON"}, 3, "soon.com", "soonest.com"},
		{filter{RegistrantID: 12}, 2, "soon.com", "sooner.com"},
		{filter{RegistrantID: 11, Sort: sorted("-expiration")}, 230, "n229.com", "n000.com"},
		{filter{NameLike: "est", RegistrantID: 13, Sort: sorted("-name")}, 1, "soonest.com", "soonest.com"},
		{filter{NameLike: "est", RegistrantID: 12}, 0, "", ""},
		{filter{NameLike: "n1", RegistrantID: 11, Sort: sorted("-name")}, 100, "n199.com", "n100.com"},
	} {
		domains, err := gather(c.ListDomains(ctx, tt.filter), func(d portfolio.Domain) string { return d.Name })
		if err != nil {
			t.Fatal(err)
		}
		first, last := "", ""
		if len(domains) > 0 {
			first, last = domains[0], domains[len(domains)-1]
		}
		if distinct := len(slices.Compact(slices.Sorted(slices.Values(domains)))); len(domains) != tt.total || distinct != tt.total || first != tt.first || last != tt.last {
			t.Errorf("%+v: %d domains, %d distinct, from %q to %q", tt.filter, len(domains), distinct, first, last)
		}
	}
	for _, tt := range []struct {
		filter portfolio.ChangeFilter
		want   string
	}{
		{portfolio.ChangeFilter{}, "[1 3 5]"},
		{portfolio.ChangeFilter{Sort: sorted("-id")}, "[5 3 1]"},
		{portfolio.ChangeFilter{State: portfolio.ChangeNew}, "[3]"},
		{portfolio.ChangeFilter{State: portfolio.ChangePending, Sort: sorted("-id")}, "[5 1]"},
		{portfolio.ChangeFilter{State: portfolio.ChangeCompleted}, "[2]"},
		{portfolio.ChangeFilter{State: portfolio.ChangeCancelling}, "[6]"},
		{portfolio.ChangeFilter{State: portfolio.ChangeCancelled}, "[4]"},
		{portfolio.ChangeFilter{DomainID: 9001}, "[1]"},
		{portfolio.ChangeFilter{ContactID: 11, Sort: sorted("-id")}, "[5 3 1]"},
		{portfolio.ChangeFilter{ContactID: 13}, "[]"},
		{portfolio.ChangeFilter{State: portfolio.ChangeCompleted, ContactID: 13, DomainID: 9001}, "[2]"},
		{portfolio.ChangeFilter{State: portfolio.ChangeCompleted, ContactID: 11, DomainID: 9001}, "[]"},
	} {
		changes, err := gather(c.ListRegistrantChanges(ctx, tt.filter), func(x portfolio.RegistrantChange) int64 { return x.ID })
		if got := fmt.Sprint(changes); err != nil || got != tt.want {
			t.Errorf("%+v: %s, want %s (%v)", tt.filter, got, tt.want, err)
		}
	}
	for want, sort := range map[string][]portfolio.Order{
		"[11 12 13]": nil, "[13 12 11]": sorted("-id"), "[12 11 13]": sorted("label", "id"), "[13 11 12]": sorted("-label", "email"),
	} {
		contacts, err := gather(c.ListContacts(ctx, portfolio.ContactFilter{Sort: sort}), func(x portfolio.Contact) int64 { return x.ID })
		if got := fmt.Sprint(contacts); err != nil || got != want {
			t.Errorf("contacts %+v: %s, want %s (%v)", sort, got, want, err)
		}
	}
	name := func(d portfolio.TLDDetails) string { return d.TLD }
	up := must[[]string](t)(gather(c.TLDs(ctx, portfolio.TLDFilter{Sort: sorted("tld")}), name))
	down := must[[]string](t)(gather(c.TLDs(ctx, portfolio.TLDFilter{Sort: sorted("-tld")}), name))
	slices.Reverse(down)
	if diff := cmp.Diff(up, down); diff != "" || !slices.IsSorted(up) || len(up) < 10 {
		t.Error(up, diff)
	}
	chargesInOrder(t, c, k)
}

// chargesInOrder buys for five days, and lists what that came to.
func chargesInOrder(t *testing.T, c *Client, k *clock) {
	t.Helper()
	ctx := t.Context()
	for i := range 110 {
		begun[portfolio.Purchase](t)(c.Renew(ctx, fmt.Sprintf("n%03d.com", i), 1, nil))
		later(t, k, time.Hour)
	}
	day := func(n int) time.Time { return time.Date(2026, 3, n, 15, 0, 0, 0, time.UTC) }
	for _, tt := range []struct {
		filter portfolio.ChargeFilter
		total  int
		first  string
	}{
		{portfolio.ChargeFilter{}, 110, "n000.com"},
		{portfolio.ChargeFilter{Sort: sorted("invoiced")}, 110, "n000.com"},
		{portfolio.ChargeFilter{Sort: sorted("-invoiced")}, 110, "n109.com"},
		{portfolio.ChargeFilter{From: day(2)}, 98, "n012.com"}, // whole days, that of the filter too
		{portfolio.ChargeFilter{To: day(1)}, 12, "n000.com"},
		{portfolio.ChargeFilter{From: day(2), To: day(3), Sort: sorted("-invoiced")}, 48, "n059.com"},
		{portfolio.ChargeFilter{From: day(9)}, 0, ""},
	} {
		names, err := gather(c.ListCharges(ctx, tt.filter), func(i portfolio.ChargeItem) string { return i.ProductName })
		if first := strings.Join(names[:min(1, len(names))], ""); err != nil || len(names) != tt.total || first != tt.first {
			t.Errorf("%+v: %d charges from %q (%v)", tt.filter, len(names), first, err)
		}
	}
}
