package control

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// TestLedgerQuery leaves out what is not asked for.
func TestLedgerQuery(t *testing.T) {
	flagged := operation(1, "flagged.com", portfolio.StateUnknown, 10)
	flagged.Attention = true
	late := operation(2, "late.com", portfolio.StateDone, 1)
	late.CreatedAt = now.AddDate(0, -1, 0) // it took a while
	rows := []portfolio.Operation{
		late, flagged, operation(3, "shop.example", portfolio.StatePending, 20),
		operation(4, "xn--bro-mnchen-9dbe.de", portfolio.StateFailed, 30),
	}
	c := InProcess(New(options(fakeScanner{}, rowsOf(rows...))), alice)
	for _, test := range []struct {
		q    Query
		want string
	}{
		{Query{}, "late.com flagged.com shop.example xn--bro-mnchen-9dbe.de"},
		{Query{Attention: true}, "flagged.com"},
		{Query{States: []portfolio.OperationState{portfolio.StateDone, portfolio.StateFailed}}, "late.com xn--bro-mnchen-9dbe.de"},
		{Query{Name: "*.COM"}, "late.com flagged.com"},
		{Query{Name: "büro-münchen.de"}, "xn--bro-mnchen-9dbe.de"},
		{Query{Name: "BÜRO-München.?e"}, "xn--bro-mnchen-9dbe.de"},
		{Query{Name: "shop"}, ""},
		{Query{Since: now.Add(-10 * time.Minute)}, "late.com flagged.com"},
		{Query{Since: now.Add(-10*time.Minute + time.Nanosecond)}, "late.com"},
		{Query{Op: flagged.ShortID()}, "flagged.com"},
		{Query{Op: "shop.example"}, "shop.example"},
		{Query{Attention: true, Name: "late.com"}, ""},
	} {
		got, err := c.Rows(t.Context(), test.q)
		var names []string
		for _, r := range got {
			names = append(names, r.Name)
		}
		if err != nil || strings.Join(names, " ") != test.want {
			t.Errorf("%+v: %v, %v", test.q, names, err)
		}
	}
	for query, want := range map[string]string{
		"state=sold": "there is no state", "since=yesterday": "is no moment", "atention=1": "knows no", "name=a&name=b": "twice", "name=[a": "only * and ?", "state=done&state=": "there is no state",
	} {
		status, said := ask(t, options(fakeScanner{}, none), http.MethodGet, "/v1/ledger?"+query, "")
		if status != http.StatusBadRequest || !strings.Contains(said, want) {
			t.Errorf("%s: %d %s", query, status, said)
		}
	}
	if !slices.Contains(States(), portfolio.StateArmed) || len(States()) != 7 {
		t.Errorf("the states are %v", States())
	}
}
