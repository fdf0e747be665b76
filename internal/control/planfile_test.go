package control

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// goodPlan has an item of each kind that is carried out, and two that are not.
func goodPlan() Plan {
	price := func(cents portfolio.Money) *portfolio.Money { return &cents }
	at := now.AddDate(0, 0, 12)
	item := func(on portfolio.ResourceKind, id int64, name string, do portfolio.Action, v portfolio.Verdict) Item {
		return Item{
			Account: 1010, AccountName: "main", On: on, ID: id, Name: name, Rule: "r", RuleAt: "config.toml:1", Do: do, Verdict: v,
			Labels: map[string]string{}, Alerts: []portfolio.Alert{},
		}
	}
	domain := func(id int64, name string, do portfolio.Action, v portfolio.Verdict, state portfolio.DomainState, cents portfolio.Money) Item {
		it := item(portfolio.KindDomain, id, name, do, v)
		it.State, it.ExpiresAt, it.Price, it.PriceAt = state, &at, price(cents), &now
		return it
	}
	register := item(portfolio.KindName, 0, "free.com", portfolio.ActionRegister, portfolio.VerdictAct)
	register.Price, register.FreeSince = price(1000), &now
	p := Plan{
		At: now, Mode: portfolio.ModeAct, Policy: "0123456789ab", Format: PlanFormat, Instance: "main", Problems: []string{},
		Items: []Item{
			domain(1, "a.com", portfolio.ActionRenew, portfolio.VerdictAct, portfolio.DomainRegistered, 1500),
			domain(2, "b.com", portfolio.ActionRestore, portfolio.VerdictAsk, portfolio.DomainExpired, 9000),
			domain(3, "c.de", portfolio.ActionAutoRenewal, portfolio.VerdictWouldAct, portfolio.DomainRegistered, 700),
			item(portfolio.KindPush, 4, "d.com", portfolio.ActionAccept, portfolio.VerdictAct),
			item(portfolio.KindRegistrantChange, 4, "", portfolio.ActionCancel, portfolio.VerdictAct),
			register,
			domain(5, "e.com", portfolio.ActionRenew, portfolio.VerdictBlocked, portfolio.DomainRegistered, 48000),
			item(portfolio.KindPush, 6, "", "", portfolio.VerdictNone),
		},
	}
	p.Totals = totalsOf(p.Items)
	p.Summary = summaryOf(p.Items, time.UTC)
	return p
}

func planText(t *testing.T, p Plan) string {
	t.Helper()
	text, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A push that was announced is accepted without any rule.
func TestParsePlanWithAnAnnouncement(t *testing.T) {
	p := goodPlan()
	p.Items[3].Rule, p.Items[3].RuleAt, p.Items[3].Code = "", "", "announced"
	if _, err := ParsePlan([]byte(planText(t, p))); err != nil {
		t.Error(err)
	}
	p.Items[3].Do = portfolio.ActionReject
	if _, err := ParsePlan([]byte(planText(t, p))); err == nil || !strings.Contains(err.Error(), "it names no rule") {
		t.Errorf("a push is rejected without a rule: %v", err)
	}
}

func TestParsePlan(t *testing.T) {
	want := goodPlan()
	got, err := ParsePlan([]byte(planText(t, want)))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if got.Totals != (Totals{Price: 2500, Asked: 9000}) {
		t.Errorf("%+v", got.Totals)
	}
}

// TestBrokenPlans: whatever somebody did to a plan, the message names the place.
func TestBrokenPlans(t *testing.T) {
	good := planText(t, goodPlan())
	change := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %s in %s", old, good)
		}
		return strings.Replace(good, old, by, 1)
	}
	edit := func(edit func(*Plan)) string {
		p := goodPlan()
		edit(&p)
		return planText(t, p)
	}
	sure := func(f func(*Plan)) string { // with totals that fit
		return edit(func(p *Plan) { f(p); p.Totals = totalsOf(p.Items) })
	}
	for name, tt := range map[string]struct{ text, want string }{
		"empty":             {"", "it is empty"},
		"huge":              {strings.Repeat(" ", MaxPlan+1), "it is longer than 128 MiB"},
		"cut short":         {good[:len(good)/2], "it ends in the middle, after "},
		"no JSON":           {"plan\n", "no JSON at byte 1"},
		"a list":            {"[]", "cannot unmarshal array"},
		"null":              {"null", "its format is 0"},
		"another document":  {`{"at":"2026-03-01T12:00:00Z"}`, "its format is 0, and this domaind reads 1"},
		"another format":    {edit(func(p *Plan) { p.Format = 2 }), "its format is 2, and this domaind reads 1"},
		"two of them":       {good + good, "something stands behind its end"},
		"an unknown key":    {change(`"mode"`, `"modus"`), `unknown field "modus"`},
		"no moment":         {edit(func(p *Plan) { p.At = time.Time{} }), "when it was made"},
		"no policy":         {edit(func(p *Plan) { p.Policy = "" }), "whose it is"},
		"no instance":       {edit(func(p *Plan) { p.Instance = "" }), "whose it is"},
		"a key of an item":  {change(`"auto_renew"`, `"autorenew"`), `item 1: unknown field "autorenew"`},
		"an odd price":      {change(`"15.00"`, `"fifteen"`), `item 1: "fifteen": not an amount of money`},
		"a number as price": {change(`"price": "15.00"`, `"price": 15`), "item 1: "},
		"a negative price":  {sure(func(p *Plan) { *p.Items[0].Price = -1500 }), "item 1 (a.com): its price is -15.00"},
		"a price that was edited": {
			edit(func(p *Plan) { *p.Items[0].Price = 100 }),
			"its items cost 11.00 (and 90.00 that is asked for), and its totals say 25.00 (and 90.00): was it edited?",
		},
		"one that is asked, edited": {edit(func(p *Plan) { *p.Items[1].Price = 9001 }), "was it edited?"},
		"one removed":               {edit(func(p *Plan) { p.Items = p.Items[1:] }), "was it edited?"},
		"one twice":                 {sure(func(p *Plan) { p.Items = append(p.Items, p.Items[0]) }), "item 9 (a.com) is item 1 once more"},
		"one twice, otherwise": {sure(func(p *Plan) {
			again := p.Items[0]
			again.Verdict, again.Name = portfolio.VerdictBlocked, "other.com"
			p.Items = append(p.Items, again)
		}), "item 9 (other.com) is item 1 once more"},
		"a name twice":         {sure(func(p *Plan) { p.Items = append(p.Items, p.Items[5]) }), "item 9 (free.com) is item 6 once more"},
		"no account":           {sure(func(p *Plan) { p.Items[0].Account = 0 }), "item 1 (a.com): it has no account"},
		"no id":                {sure(func(p *Plan) { p.Items[0].ID = 0 }), "item 1 (a.com): it has no id"},
		"no name":              {sure(func(p *Plan) { p.Items[0].Name = "" }), "item 1 (domain 1): that is no name"},
		"a hostile name":       {sure(func(p *Plan) { p.Items[0].Name = "a\x1b[31m.com" }), "item 1 (a [31m.com): that is no name"},
		"a name in Unicode":    {sure(func(p *Plan) { p.Items[0].Name = "bücher.com" }), "item 1 (bücher.com): that is no name"},
		"an unknown kind":      {sure(func(p *Plan) { p.Items[0].On = "zone" }), `there is nothing called "zone"`},
		"an unknown verdict":   {sure(func(p *Plan) { p.Items[0].Verdict = "yes" }), `item 1 (a.com): there is no verdict "yes"; there is act, `},
		"an unknown do":        {sure(func(p *Plan) { p.Items[0].Do = "delete" }), `item 1 (a.com): "delete" is nothing that is done to a domain; there is renew, restore`},
		"a do of another kind": {sure(func(p *Plan) { p.Items[3].Do = "renew" }), `item 4 (push 4, d.com): "renew" is nothing that is done to a push`},
		"no rule":              {sure(func(p *Plan) { p.Items[4].Rule = "" }), "item 5 (registrant change 4): it names no rule"},
		"no price":             {sure(func(p *Plan) { p.Items[0].Price = nil }), "item 1 (a.com): it has no price"},
		"a price for nothing":  {sure(func(p *Plan) { p.Items[3].Price = new(portfolio.Money(1)) }), "item 4 (push 4, d.com): to accept it costs nothing, and it has the price 0.01"},
		"no expiration":        {sure(func(p *Plan) { p.Items[1].ExpiresAt = nil }), "item 2 (b.com): it has no expiration"},
		"no state":             {sure(func(p *Plan) { p.Items[1].State = "" }), `item 2 (b.com): nothing is bought for a domain in the state ""`},
		"not said to be free":  {sure(func(p *Plan) { p.Items[5].FreeSince = nil }), "item 6 (free.com): it does not say since when it is free"},
	} {
		_, err := ParsePlan([]byte(tt.text))
		said, ok := errors.AsType[*AnswerError](err)
		if !ok || said.Status != http.StatusBadRequest || !strings.HasPrefix(said.Message, "this is no plan that could be applied: ") ||
			!strings.Contains(said.Message, tt.want) || strings.ContainsAny(said.Message, "\x1b\n") {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

func TestStalePlans(t *testing.T) {
	for name, tt := range map[string]struct {
		edit func(*Plan)
		want string
	}{
		"as it was made":         {func(*Plan) {}, ""},
		"nearly a week old":      {func(p *Plan) { p.At = now.Add(-PlanFor) }, ""},
		"older":                  {func(p *Plan) { p.At = now.Add(-PlanFor - 1) }, "it was made on 2026-02-22, and a plan holds for 7 days: plan again"},
		"to come":                {func(p *Plan) { p.At = now.Add(time.Hour) }, "it was made at 2026-03-01T13:00:00Z, which is to come"},
		"of another instance":    {func(p *Plan) { p.Instance = "blue" }, `it is a plan of the instance "blue", and this is "main"`},
		"made by another policy": {func(p *Plan) { p.Policy = "ffff" }, "the policy changed since: the plan was made by policy ffff, and 0123456789ab is loaded: plan again"},
	} {
		p := goodPlan()
		tt.edit(&p)
		err := p.stale(now, "main", "0123456789ab")
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || statusOf(err) != http.StatusConflict) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// FuzzParsePlan: whatever a file holds, there is a plan or a sentence, and what is a plan
// is one again.
func FuzzParsePlan(f *testing.F) {
	text, err := json.Marshal(goodPlan())
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "null", "{}", string(text), string(text[:500]), `{"format":1,"items":[null,{}]}`, `{"format":1,"at":"2026-03-01T12:00:00Z","policy":"a","instance":"b","items":[{}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParsePlan(text)
		if err != nil {
			if _, ok := errors.AsType[*AnswerError](err); !ok {
				t.Fatal(err)
			}
			return
		}
		if _, err := ParsePlan([]byte(planText(t, p))); err != nil {
			t.Fatalf("%v of %s", err, text)
		}
	})
}
