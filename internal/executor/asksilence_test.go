package executor

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// later is a domain that expires in forty days.
const later = `
[[domain]]
id = 7
account = "main"
name = "a.com"
expires = "+40d"
`

// Silence is a no, or a yes, or neither, as the rule says; and whoever is asked knows.
func TestSilence(t *testing.T) {
	for name, tc := range map[string]struct {
		policy, rows, text string
		calls              []string
	}{
		"keeps asking": {"", "renew a.com asked", "as long as nobody answers, nothing is done, and a.com is lost after 2026-12-31", nil},
		"denies":       {"answer_within = \"3d\"\non_timeout = \"deny\"\n", "renew a.com failed", "where nobody answers by 2026-11-24 12:00 UTC, that counts as no, and a.com is lost after 2026-12-31", nil},
		"acts":         {"answer_within = \"3d\"\non_timeout = \"act\"\n", "renew a.com done", "where nobody answers by 2026-11-24 12:00 UTC, it is done", []string{renewsA}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, later, askRenew+tc.policy)
			w.scan()
			e := w.heard("notice asked")[0]
			holds(t, e.Text, tc.text)
			w.times(3*day - time.Hour)
			equal(t, "before the time is over", summary(w.rows()), "renew a.com asked")
			w.times(2 * day)
			equal(t, "rows", summary(w.rows()), tc.rows)
			equal(t, "requests", len(w.changes()), len(tc.calls))
			switch op := w.row(); name {
			case "denies":
				equal(t, "kind", op.Approval.Kind, portfolio.ApprovalSilent)
				equal(t, "denied", op.Approval.Denied, true)
				equal(t, "told", len(w.heard("alert denied")), 1)
				equal(t, "last chance", len(w.heard("alert asked")) > 0, true)
				equal(t, "deadline", e.Data["answer_by"], any(began.Add(3*day)))
			case "acts":
				equal(t, "kind", op.Approval.Kind, portfolio.ApprovalSilent)
				equal(t, "told", len(w.heard("notice approved")), 1)
			}
		})
	}
}

// Silence buys no restore, whatever the rule says of renewals.
func TestSilenceRestoresNothing(t *testing.T) {
	w := newWorld(t, redemption, renewAll+"if_lapsed = \"restore\"\nmode = \"ask\"\nanswer_within = \"1d\"\non_timeout = \"act\"\n")
	w.scan()
	op := w.asks() // in grace, as far as anybody knows
	equal(t, "kind", op.Kind, portfolio.OpRenew)
	w.says(op, true)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; restore a.com asked")
	restore := w.asks()
	equal(t, "price", *restore.Asked.Price, 9500)
	equal(t, "silence", restore.Asked.Silence, portfolio.Silence(""))
	w.times(5 * day)
	w.expectRows(0, 0, "renew a.com failed; restore a.com asked", renewsA)
	w.says(restore, true)
	w.settle(3 * time.Hour)
	w.expectRows(1, 9500, "renew a.com failed; restore a.com done", renewsA, restoresA)
	equal(t, "follows", w.rows()[1].Follows, op.Key)
}

// The nearer the expiration, the more often, and the louder, it is asked.
func TestQuestionsAreRepeated(t *testing.T) {
	w := newWorld(t, later, askRenew)
	w.scan()
	w.settle(40 * day)
	var got []string
	for _, e := range w.told {
		if e.What == "asked" {
			got = append(got, fmt.Sprintf("%d %s %d", int(began.Add(40*day).Sub(e.At).Hours()/24), e.Level, e.Data["repeated"]))
		}
	}
	text := strings.Join(got, ", ")
	// Weekly, every third day, daily, and every six hours.
	for _, part := range []string{"40 notice 0, 33 notice 1, 29 notice 2, 26 notice 3, 23 notice 4", " 17 notice 6, 14 notice 7, 13 alert 8", " 2 alert"} {
		holds(t, text, part)
	}
	last := 0
	for _, g := range got {
		if strings.HasPrefix(g, "0 ") || strings.HasPrefix(g, "1 ") || strings.HasPrefix(g, "2 ") {
			last++
		}
	}
	if last < 10 || last > 13 {
		t.Errorf("in the last three days it is asked %d times: %s", last, text)
	}
	holds(t, w.told[len(w.told)-1].Text, "it has waited for an answer since 2026-11-21")
	equal(t, "history", len(w.row().History), 1)
}

// What has no end in sight is asked daily, and loud after three days.
func TestQuestionsWithoutAnEnd(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio+"mode = \"ask\"\n")
	w.scan()
	w.settle(5*day + time.Hour)
	equal(t, "notices", len(w.heard("notice asked")), 3)
	equal(t, "alerts", len(w.heard("alert asked")), 3)
}

// A thousand questions are looked at about once a day, some at a time, after all else.
func TestManyQuestions(t *testing.T) {
	var domains strings.Builder
	const n = 50
	for i := range n {
		fmt.Fprintf(&domains, "[[domain]]\naccount = \"main\"\nname = \"n%d.com\"\nexpires = \"+44d\"\n", i)
	}
	w := newWorld(t, domains.String(), askRenew)
	w.scan()
	equal(t, "asked", len(w.heard("notice asked")), n)
	w.calls = nil
	w.scan() // nothing is priced once more
	if len(w.calls) > 10 {
		t.Errorf("%d requests for a scan: %v", len(w.calls), w.calls[:10])
	}
	w.calls = nil
	w.settle(3 * day)
	if perDay := len(w.calls) / 3; perDay > 5*n/2 {
		t.Errorf("%d requests a day", perDay)
	}
	equal(t, "told again", len(w.heard("notice asked")), n)
	due := make([]portfolio.Operation, 30)
	for i := range due {
		due[i] = portfolio.Operation{Key: fmt.Sprint(i), State: portfolio.StateAsked}
	}
	due[29].State = portfolio.StatePending
	keys := inOrder(due)
	equal(t, "at a time", len(keys), mostQuestions+1)
	equal(t, "first", keys[0], "29")
}

// Where DNSimple does not answer, a question waits and nothing is said to it.
func TestQuestionThatCannotBeLookedAt(t *testing.T) {
	w := newWorld(t, later, askRenew+"answer_within = \"1d\"\non_timeout = \"act\"\n")
	w.scan()
	w.fault = func(req *http.Request, _ func() *http.Response) (*http.Response, error) { return nil, notSent() }
	holds(t, w.refused(w.asks(), true), "the question waits")
	told := len(w.told)
	w.settle(2 * day)
	equal(t, "rows", summary(w.rows()), "renew a.com asked")
	equal(t, "told", len(w.told), told)
	w.fault = nil
	w.calls = nil
	w.settle(2 * time.Hour)
	w.expectRows(1, 1500, "renew a.com done", renewsA)
}

// A clock that is wrong counts no silence, and withdraws nothing.
func TestSilenceByAWrongClock(t *testing.T) {
	for name, world := range map[string]string{later: askRenew, pushed: acceptFromStudio + "mode = \"ask\"\n"} {
		w := newWorld(t, name, world+"answer_within = \"3d\"\non_timeout = \"deny\"\n")
		w.offset = -30 * day
		w.scan()
		equal(t, "asked by a wrong clock", len(w.rows()), 0)
		w.offset = 0
		w.scan()
		w.offset = 30 * day
		w.followUp()
		op := w.asks()
		holds(t, w.refused(op, true), "the clock here is")
		w.offset = 0
		w.settle(2 * day)
		equal(t, "rows", len(w.rows()), 1)
		w.settle(2 * day)
		equal(t, "denied", w.row().Approval.Denied, true)
	}
}

// Silence means what the policy says by the time that it counts, and not what it said when
// it was asked.
func TestSilenceByAnotherPolicy(t *testing.T) {
	const acts = "answer_within = \"3d\"\non_timeout = \"act\"\n"
	for name, tc := range map[string]struct{ before, after, rows string }{
		"it keeps asking now": {acts, "", "renew a.com failed; renew a.com asked"},
		"it is a no now":      {acts, strings.Replace(acts, "act", "deny", 1), "renew a.com failed; renew a.com failed"},
		"it has longer now":   {acts, strings.Replace(acts, "3d", "30d", 1), "renew a.com failed; renew a.com asked"},
		"it is a yes now":     {strings.Replace(acts, "act", "deny", 1), acts, "renew a.com failed; renew a.com done"},
	} {
		for _, scans := range []bool{true, false} {
			w := newWorld(t, later, askRenew+tc.before)
			w.scan()
			w.settle(2 * day)
			w.follows(askRenew + tc.after)
			if scans {
				w.times(5 * day)
			} else {
				w.settle(6 * day)
			}
			if got := summary(w.rows()); got != tc.rows {
				t.Errorf("%s (scans: %t): %s, want %s", name, scans, got, tc.rows)
			}
		}
	}
}

// What silence let go, and DNSimple refused, is not bought by silence that means nothing now.
func TestSilenceDoesNotOutliveItsPolicy(t *testing.T) {
	w := newWorld(t, later, askRenew+"answer_within = \"3d\"\non_timeout = \"act\"\n")
	w.scan()
	mend := w.stuck()
	w.settle(3*day + 10*time.Minute)
	equal(t, "rows", summary(w.rows()), "renew a.com reserved")
	mend()
	_, _, err := w.x.step(w.row(), withdrawn{moment: moment(w.now()), why: "something else"})
	w.must(err)
	w.follows(askRenew)
	sent := len(w.changes())
	w.times(day)
	equal(t, "requests", len(w.changes()), sent)
	equal(t, "rows", summary(w.rows()), "renew a.com failed; renew a.com asked")
}
