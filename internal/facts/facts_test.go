package facts

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

var now = time.Date(2027, time.March, 1, 12, 0, 0, 0, time.UTC)

// full are facts in which nothing is left out.
func full() *Facts {
	price := portfolio.Money(1500)
	op := portfolio.Operation{
		AccountID: 1010, Kind: portfolio.OpRenew, SubjectID: 1, DomainID: 1, Name: "one.example", Occasion: "2027-03-20", Attempt: 1,
		State: portfolio.StateFailed, Years: 1, Reserved: 1500, PerYear: 1500, CreatedAt: now.Add(-time.Hour), EndedAt: now.Add(-time.Hour), Refused: true,
		Premium: &price, History: []portfolio.Step{{At: now, State: portfolio.StateFailed, Note: "denied"}},
		Asked:    &portfolio.Asked{At: now, Price: &price, Why: "its mode"},
		Approval: &portfolio.Approval{Kind: portfolio.ApprovalAnswer, AccountID: 1010, Operation: portfolio.OpRenew, SubjectID: 1, MaxPrice: &price, At: now, Denied: true},
	}
	op.Key = portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, op.Attempt)
	return &Facts{
		Format: Format, At: now, Version: "v1 <dev> & more", Policy: "0123456789ab",
		Accounts: []Account{{ID: 1010, Name: "main", Whole: now}, {ID: 2020, Name: "desk", Role: RoleSource}},
		Domains: []Domain{
			{Account: 1010, ID: 1, Name: "one.example", State: portfolio.DomainExpired, ExpiresAt: now.AddDate(0, 0, -9), Registrant: 7, Redemption: true},
			{Account: 1010, ID: 2, Name: "xn--bcher-kva.example", Unicode: "bücher.example", State: portfolio.DomainHosted, Trustee: true, AutoRenew: true, WhoisPrivacy: true},
		},
		Pushes: []Push{
			{Account: 1010, ID: 5, DomainID: 6, Name: "pushed.example", Source: 2020, CreatedAt: now, UpdatedAt: now},
			{Account: 1010, ID: 6, DomainID: 7, Unproven: "nobody owns it", Unread: true, CreatedAt: now},
		},
		Changes:    []Change{{Account: 1010, ID: 8, DomainID: 1, Name: "one.example", Contact: 9, State: portfolio.ChangeNew, OwnerChange: true, Ours: true, CreatedAt: now, UpdatedAt: now}},
		Names:      []Name{{Account: 1010, Name: "free.example", Status: portfolio.NameFree, FreeSince: now, CheckedAt: now}},
		Prices:     []Price{{Account: 1010, Name: "one.example", Premium: true, Registration: 1, Renewal: 2, Transfer: 3, Restore: 4, Trustee: 5, At: now}},
		TLDs:       []TLD{{TLD: "example", AutoRenewOnly: true, RenewalEnabled: true, RegistrationEnabled: true, TransferEnabled: true, MinimumRegistration: 2, TrusteeRequired: true, Attributes: []string{"x-id"}}},
		Spent:      []Spent{{Account: 0, Day: "2027-03-01", Month: "2027-03", Today: portfolio.Tally{Amount: 100, Purchases: 1}, InMonth: portfolio.Tally{Amount: 200, Purchases: 2}, Reserved: portfolio.Tally{Amount: 300, Purchases: 3}}},
		Pauses:     []portfolio.Pause{{AccountID: 1010, Scope: portfolio.PausePurchases, Reason: "402", Since: now, ProbeAt: now}},
		Approvals:  []portfolio.Approval{{Kind: portfolio.ApprovalPush, AccountID: 1010, Operation: portfolio.OpAccept, SubjectID: 6, Contact: 7, At: now, Until: now.Add(time.Hour)}},
		Operations: []portfolio.Operation{op},
		Problems:   []string{"account labs could not be read"},
	}
}

func written(tb testing.TB, f *Facts) string {
	tb.Helper()
	var b bytes.Buffer
	if err := Write(&b, f); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// TestRoundTrip: what is written is read, and nothing is lost.
func TestRoundTrip(t *testing.T) {
	want := full()
	text := written(t, want)
	got, err := Read([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if again := written(t, got); again != text {
		t.Errorf("written again it is another:\n%s", cmp.Diff(text, again))
	}
	// Each entry has a line of its own.
	if n := strings.Count(text, "\n"); n < 30 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	for _, d := range want.Domains {
		if back := DomainOf(d.Facts()); !cmp.Equal(back, d) {
			t.Errorf("a domain is another:\n%s", cmp.Diff(d, back))
		}
	}
	for i, same := range []bool{
		cmp.Equal(PushOf(want.Pushes[0].Facts()), want.Pushes[0]), cmp.Equal(ChangeOf(want.Changes[0].Facts()), want.Changes[0]),
		cmp.Equal(NameOf(want.Names[0].Facts()), want.Names[0]), cmp.Equal(PriceOf(want.Prices[0].Seen()), want.Prices[0]),
	} {
		if !same {
			t.Errorf("%d comes back as another", i)
		}
	}
}

// TestFull: the facts of these tests have something in every field, so that a new one is
// not forgotten.
func TestFull(t *testing.T) {
	v := reflect.ValueOf(full()).Elem()
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is empty", v.Type().Field(i).Name)
		}
	}
}

// TestEssence: who did it, and what is about people, does not get out.
func TestEssence(t *testing.T) {
	op := portfolio.Operation{
		By: "alice", Terms: &portfolio.Terms{Email: "alice@example.com", Attributes: map[string]string{"x-id-number": "4711"}},
		Labels: map[string]string{"a": "b"}, Approval: &portfolio.Approval{By: "alice", Denied: true},
		History: []portfolio.Step{{Note: "first", By: "alice"}, {Note: "last", By: "alice"}},
	}
	got := Essence(op)
	if got.By != "an operator" || got.Terms != nil || got.Approval.By != "an operator" || !got.Approval.Denied || len(got.History) != 1 || got.History[0].By != "an operator" || got.LastNote() != "last" {
		t.Errorf("%+v", got)
	}
	op.By = "rule renew (config.toml:3)"
	if got := Essence(op).By; got != op.By {
		t.Errorf("a rule is nobody's name: %q", got)
	}
	if op.Approval.By != "alice" || op.History[1].By != "alice" {
		t.Error("the operation itself was changed")
	}
}

// TestRefused: whatever is wrong is told with its line and path.
func TestRefused(t *testing.T) {
	good := written(t, full())
	line := func(text, of string) int { return 1 + strings.Count(text[:strings.Index(text, of)], "\n") }
	for name, tt := range map[string]struct {
		old, new string // what is replaced in the good text, the first time
		path     string
		what     string
	}{
		"nothing":          {good, "", "", "there is nothing in it"},
		"white space":      {good, " \n\t", "", "there is nothing in it"},
		"no JSON":          {`{"account":1010,"id":1,`, `{account:1010,"id":1,`, "domains[0]", "this is no JSON"},
		"a list":           {good, "[]", "", "an object is wanted here"},
		"cut":              {good, good[:len(good)/2], "", "the file ends in the middle"},
		"more":             {good, good + "{}", "", "something follows the facts"},
		"null":             {good, "null", "", "an object is wanted here"},
		"another format":   {`"format": 1`, `"format": 2`, "format", "facts of the format 2; this domaind reads the format 1"},
		"no format":        {`"format": 1,`, "", "format", "it is missing"},
		"format as text":   {`"format": 1`, `"format": "1"`, "format", "a whole number is wanted here"},
		"unknown key":      {`"registrant":7`, `"registrar":7`, "domains[0].registrar", "nobody knows this"},
		"other case":       {`"registrant":7`, `"Registrant":7`, "domains[0].Registrant", "nobody knows this"},
		"key twice":        {`"registrant":7`, `"registrant":7,"registrant":8`, "domains[0].registrant", "it stands here twice"},
		"list twice":       {`"pushes": [`, `"domains": [], "pushes": [`, "domains", "it stands here twice"},
		"null for a list":  {`"problems": [`, `"problems": null, "x": [`, "problems", "a list is wanted here"},
		"null for a value": {`"registrant":7`, `"registrant":null`, "domains[0].registrant", "null stands for nothing here"},
		"text for an id":   {`"id":1,"name":"one`, `"id":"1","name":"one`, "domains[0].id", "a whole number is wanted here"},
		"fraction":         {`"id":1,"name":"one`, `"id":1.5,"name":"one`, "domains[0].id", "a whole number is wanted here"},
		"huge id":          {`"id":1,"name":"one`, `"id":99999999999999999999,"name":"one`, "domains[0].id", "a whole number is wanted here"},
		"negative id":      {`"id":1,"name":"one`, `"id":-1,"name":"one`, "domains[0].id", "-1 is no id"},
		"domain twice":     {`"id":2,"name":"xn`, `"id":1,"name":"xn`, "domains[1].id", "domain 1 stands here twice"},
		"name twice":       {`"name":"xn--bcher-kva.example"`, `"name":"one.example"`, "domains[1].name", "one.example stands here twice"},
		"upper case":       {`"name":"one.example","state"`, `"name":"One.example","state"`, "domains[0].name", "is no domain name"},
		"a terminal's":     {`"name":"one.example","state"`, `"name":"one\u001b[2J","state"`, "domains[0].name", `"one[2J" is no domain name`},
		"no state":         {`"state":"expired"`, `"state":""`, "domains[0].state", "a domain has a state"},
		"bad time":         {`"expires_at":"2027-02-20T12:00:00Z"`, `"expires_at":"2027-02-30T12:00:00Z"`, "domains[0].expires_at", "this is no time"},
		"a number as time": {`"expires_at":"2027-02-20T12:00:00Z"`, `"expires_at":20270220`, "domains[0].expires_at", "no time"},
		"far time":         {`"expires_at":"2027-02-20T12:00:00Z"`, `"expires_at":"9999-02-20T12:00:00Z"`, "domains[0].expires_at", "the year 9999"},
		"no moment":        {`"at": "2027-03-01T12:00:00Z",`, "", "at", "a time is wanted here"},
		"strange account":  {`{"account":1010,"id":1,`, `{"account":9,"id":1,`, "domains[0].account", "account 9 is not in accounts"},
		"account twice":    {`{"id":2020,`, `{"id":1010,`, "accounts[1].id", "account 1010 stands here twice"},
		"strange role":     {`"role":"source"`, `"role":"sauce"`, "accounts[1].role", "the only role is"},
		"no accounts":      {`{"id":1010,"name":"main","whole":"2027-03-01T12:00:00Z"},`, "", "domains[0].account", "account 1010 is not in accounts"},
		"negative price":   {`"renewal":"0.02"`, `"renewal":"-0.02"`, "prices[0].renewal", "-0.02 is less than nothing"},
		"price as number":  {`"renewal":"0.02"`, `"renewal":0.02`, "prices[0].renewal", "an amount of money"},
		"price as words":   {`"renewal":"0.02"`, `"renewal":"2 cents"`, "prices[0].renewal", "not an amount of money"},
		"negative tally":   {`"amount":"1.00"`, `"amount":"-1.00"`, "spent[0].today.amount", "-1.00 is less than nothing"},
		"negative count":   {`"purchases":2`, `"purchases":-2`, "spent[0].in_month.purchases", "-2 is no number of purchases"},
		"odd day":          {`"day":"2027-03-01"`, `"day":"today"`, "spent[0].day", "write a day like"},
		"month of another": {`"month":"2027-03"`, `"month":"2027-04"`, "spent[0].day", "write a day like"},
		"odd status":       {`"status":"free"`, `"status":"maybe"`, "names[0].status", "a name is free, taken or unknown"},
		"free since never": {`"free_since":"2027-03-01T12:00:00Z",`, "", "names[0].free_since", "a time is wanted here"},
		"half proven":      {`"source":2020,`, "", "pushes[0].source", "known where its source is proven"},
		"change twice":     {`"contact":9,"state":"new"`, `"contact":9,"state":""`, "registrant_changes[0].state", "has a state"},
		"strange key":      {`"attempt":1`, `"attempt":2`, "operations[0].key", "it is not what it is derived from"},
		"negative term":    {`"minimum_registration":2`, `"minimum_registration":-2`, "tlds[0].minimum_registration", "-2 is no term"},
		"pause of nobody":  {`"scope":"purchases"`, `"scope":""`, "pauses[0]", "has a scope"},
		"approval of none": {`"kind":"expect-push"`, `"kind":""`, "approvals[0]", "an approval is of an account"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, tt.old) {
				t.Fatalf("%s is not in\n%s", tt.old, good)
			}
			text := strings.Replace(good, tt.old, tt.new, 1)
			f, err := Read([]byte(text))
			failed, ok := errors.AsType[*Error](err)
			if !ok || f != nil {
				t.Fatalf("read: %v", err)
			}
			if tt.path != "" && failed.Path != tt.path || !strings.Contains(failed.What, tt.what) {
				t.Errorf("%v; want %s: %s", err, tt.path, tt.what)
			}
			if tt.path == "" || tt.new == "" {
				return
			}
			if want := line(good, tt.old); failed.Line != want {
				t.Errorf("line %d, want %d: %v", failed.Line, want, err)
			}
		})
	}
}

// TestHuge: what is too long is refused before it is read.
func TestHuge(t *testing.T) {
	_, err := Read(make([]byte, Largest+1))
	if err == nil || !strings.Contains(err.Error(), "256 MiB") {
		t.Errorf("%v", err)
	}
}

// TestDeep: what is nested deeper than facts are is refused without more ado.
func TestDeep(t *testing.T) {
	for _, text := range []string{
		`{"domains":` + strings.Repeat("[", 1<<20), strings.Repeat(`{"domains":`, 1<<18), `{"operations":[{"labels":` + strings.Repeat(`{"a":`, 1<<18),
	} {
		if _, err := Read([]byte(text)); err == nil {
			t.Error("it was read")
		}
	}
}

// FuzzRead: whatever it is, there are facts that can be written and read again, or an error
// with a line inside the file.
func FuzzRead(f *testing.F) {
	good := written(f, full())
	f.Add([]byte(good))
	f.Add([]byte(strings.ReplaceAll(good, "\n", "")))
	f.Add([]byte(`{"format":1,"at":"2027-03-01T12:00:00Z","accounts":[{"id":1,"name":"a"}]}`))
	f.Add([]byte(`{"format":1,"operations":[{"premium":null,"asked":null,"labels":{"a":"b"}}]}`))
	f.Add([]byte(`{"format": 2}`))
	f.Add([]byte("\xff\xfe{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := Read(text)
		if err != nil {
			failed, ok := errors.AsType[*Error](err)
			if !ok || got != nil || failed.What == "" || failed.Line < 1 || failed.Line > 1+bytes.Count(text, []byte("\n")) {
				t.Fatalf("%T %v", err, err)
			}
			return
		}
		again, err := Read([]byte(written(t, got)))
		if err != nil {
			t.Fatalf("written, it cannot be read: %v\n%s", err, written(t, got))
		}
		if one, two := written(t, got), written(t, again); one != two {
			t.Fatalf("it comes back as another:\n%s", cmp.Diff(one, two))
		}
		NewWorld(got)
	})
}

// TestExample: the facts of the script can be read, so that its goldens are of facts.
func TestExample(t *testing.T) {
	text, err := os.ReadFile("../../cmd/domaind/testdata/script/plandiff.txtar")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "-- facts.json --\n")
	text = []byte(after[:strings.Index(after, "\n-- ")+1])
	if _, err := Read(text); err != nil {
		t.Error(err)
	}
}

// TestEssenceOfAnAnswer: whether it went on stays, and the name of who answered does not.
func TestEssenceOfAnAnswer(t *testing.T) {
	step := func(state portfolio.OperationState, note, by string) portfolio.Step {
		return portfolio.Step{State: state, Note: note, By: by}
	}
	op := portfolio.Operation{
		By: "rule r (c.toml:1)", Asked: &portfolio.Asked{Why: "it asks"}, Approval: &portfolio.Approval{By: "operator alice"},
		History: []portfolio.Step{
			step(portfolio.StateAsked, "it waits", "daemon"), step(portfolio.StateReserved, "15.00 reserved; operator alice approved it", "operator alice"),
			step(portfolio.StateArmed, "about to be sent", "daemon"), step(portfolio.StateFailed, "operator alice withdrew it", "operator alice"),
		},
	}
	got := Essence(op)
	text, err := json.Marshal(got)
	if err != nil || strings.Contains(string(text), "alice") {
		t.Errorf("%s, %v", text, err)
	}
	if len(got.History) != 2 || got.History[0].State != portfolio.StateReserved || got.LastNote() != "an operator withdrew it" {
		t.Errorf("%+v", got.History)
	}
	if len(op.History) != 4 || op.Approval.By != "operator alice" {
		t.Errorf("the row itself changed: %+v", op)
	}
}
