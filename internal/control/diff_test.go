package control

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/facts"
	"domaind/internal/portfolio"
)

func recorded(t *testing.T, h http.Handler, method, path, body string) int {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return w.Code
}

// differs compares two policies over facts.
func differs(t *testing.T, was, is string, f *facts.Facts) Diff {
	t.Helper()
	var plans [2]Plan
	var months [2]map[string]Bought
	for i, policy := range []string{was, is} {
		o := offlineOf(t, policy, f)
		p, err := InProcess(o.Handler(), alice).Plan(t.Context(), true)
		if err != nil {
			t.Fatal(err)
		}
		plans[i] = p
		ahead, err := InProcess(o.Handler(), alice).Forecast(t.Context(), "12mo")
		if err != nil {
			t.Fatal(err)
		}
		months[i] = BoughtIn(ahead)
	}
	return DiffOf(plans[0], plans[1], months[0], months[1])
}

func changedNames(all []DecisionChange) (names []string) {
	for _, c := range all {
		was, is := "-", "-"
		if c.Old != nil {
			was = c.Old.Word()
		}
		if c.New != nil {
			is = c.New.Word()
		}
		names = append(names, c.Name+" "+was+" "+is)
	}
	slices.Sort(names)
	return names
}

func TestDiff(t *testing.T) {
	f := someFacts()
	has(f, "near.com", 10, 1500)
	has(f, "far.com", 300, 1600)
	f.Domains = append(f.Domains, facts.Domain{Account: 1010, ID: 3, Name: "hosted.com", State: portfolio.DomainHosted})
	const trial = "mode = \"dry-run\"\n"
	const hold = "[[rule]]\nname = \"hold\"\non = \"domain\"\ndo = \"hold\"\nreason = \"x\"\n"
	watch := func(name string) string {
		return "[[rule]]\nname = \"watch\"\non = \"name\"\nmatch = { names = \"" + name + "\" }\ndo = \"register\"\n"
	}
	for name, tt := range map[string]struct {
		was, is                       string
		decisions, uncovered, covered []string
		difference                    portfolio.Money
	}{
		"the same": {was: renewSoon, is: renewSoon},
		"no rule any more": {
			was: renewSoon, is: "", decisions: []string{"far.com later far", "near.com act uncovered"},
			uncovered: []string{"far.com later far", "near.com act uncovered"}, difference: -4600,
		},
		"only tried out": {
			was: renewSoon, is: renewSoon + trial, decisions: []string{"far.com later far", "near.com act would-act"},
			uncovered: []string{"far.com later far", "near.com act would-act"}, difference: -4600,
		},
		"held": {
			was: renewSoon, is: renewSoon + hold, difference: -4600,
			decisions: []string{"far.com later hold", "hosted.com hosted hold", "near.com act hold"},
		},
		"another rule later": {
			was: renewSoon, is: strings.ReplaceAll(strings.ReplaceAll(renewSoon, `"renew"`+"\non", `"renew-other"`+"\non"), "30d", "40d"),
			decisions: []string{"far.com later later", "near.com act act"},
		},
		"another term": {was: renewSoon, is: renewSoon + "years = 2\n", decisions: []string{"near.com act act"}, difference: 1600},
		"another name": {was: watch("a.com"), is: watch("b.com"), decisions: []string{"a.com unseen -", "b.com - unseen"}},
	} {
		t.Run(name, func(t *testing.T) {
			d := differs(t, tt.was, tt.is, f)
			for what, both := range map[string][2][]string{
				"decisions": {tt.decisions, changedNames(d.Decisions)}, "uncovered": {tt.uncovered, changedNames(d.Uncovered)}, "covered": {tt.covered, changedNames(d.Covered)},
			} {
				if diff := cmp.Diff(both[0], both[1]); diff != "" {
					t.Errorf("%s, -want +got:\n%s", what, diff)
				}
			}
			var all portfolio.Money
			for _, m := range d.Months {
				all += m.Difference
			}
			if all != tt.difference {
				t.Errorf("it costs %s more, want %s: %+v", all, tt.difference, d.Months)
			}
			// The other way round it is the other way round.
			back := differs(t, tt.is, tt.was, f)
			if !slices.Equal(changedOf(back.Covered), changedOf(d.Uncovered)) || !slices.Equal(changedOf(back.Uncovered), changedOf(d.Covered)) || len(back.Decisions) != len(d.Decisions) {
				t.Errorf("the other way round: %+v", back)
			}
		})
	}
}

func changedOf(all []DecisionChange) (names []string) {
	for _, c := range all {
		names = append(names, c.Name)
	}
	return names
}
