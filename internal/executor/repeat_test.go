package executor

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

const aMonth = "[[domain]]\nid = 1\naccount = \"main\"\nname = \"a.com\"\nexpires = \"+40d\"\n"

// alerts scans each day for some days, and lists the alerts of rules: the day, the level
// and the rule.
func (w *world) alerts(days int) []string {
	var got []string
	for i := range days {
		w.told = nil
		w.scan()
		for _, e := range w.told {
			if e.What == "alert" {
				rule, _, _ := strings.Cut(strings.TrimPrefix(e.Text, "a.com: "), ":")
				got = append(got, fmt.Sprintf("%d %s %s", i, e.Level, rule))
			}
		}
		w.clock.pass(day)
	}
	return got
}

// An alert is told at its level; one that still holds is not repeated before its time, nor
// ever without one.
func TestAlertsAreRepeated(t *testing.T) {
	rule := func(name, level, repeat string) string {
		return "[[rule]]\nname = \"" + name + "\"\non = \"domain\"\nmatch = { expires_within = \"45d\" }\ndo = \"alert\"\nlevel = \"" + level + "\"\n" + repeat
	}
	w := newWorld(t, aMonth, ample+rule("once", "info", "")+rule("often", "alert", "repeat = \"2d\"\n")+rule("weekly", "notice", "repeat = \"1w\"\n"))
	want := []string{"0 info once", "0 alert often", "0 notice weekly", "2 alert often", "4 alert often", "6 alert often", "7 notice weekly", "8 alert often"}
	if diff := cmp.Diff(want, w.alerts(9)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The end of a hold, and of a let-lapse, is announced once in the week before; where the
// day is another one, it is announced anew.
func TestEndsAreAnnounced(t *testing.T) {
	for _, do := range []string{"hold", "let-lapse"} {
		until := func(day time.Time) string {
			return ample + "[[rule]]\nname = \"keep\"\non = \"domain\"\ndo = \"" + do + "\"\nreason = \"x\"\nuntil = " + day.Format(time.DateOnly) + "\n"
		}
		w := newWorld(t, aMonth, until(began.AddDate(0, 0, 9)))
		if diff := cmp.Diff([]string{"3 notice keep"}, w.alerts(5)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", do, diff)
		}
		w.cfg = parseConfig(t, until(began.AddDate(0, 0, 14)))
		if diff := cmp.Diff([]string{"3 notice keep"}, w.alerts(5)); diff != "" {
			t.Errorf("%s, for longer: -want +got:\n%s", do, diff)
		}
		if e := w.told; len(e) > 0 && e[0].Level == portfolio.LevelAlert {
			t.Errorf("%s: %s", do, e[0].Text)
		}
	}
}
