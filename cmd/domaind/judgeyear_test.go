package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// ServeHTTP is the simulated DNSimple, with other prices of the TLDs that are quoted.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.URL.Path, "/prices")
	price, quoted := b.quotes.Load(suffix(name[strings.LastIndex(name, "/")+1:]))
	if !ok || !quoted {
		b.world.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	b.world.ServeHTTP(answer, r)
	for key := range answer.Header() {
		if key != "Content-Length" {
			w.Header().Set(key, answer.Header().Get(key))
		}
	}
	w.WriteHeader(answer.Code)
	body := regexp.MustCompile(`"renewal_price":[0-9.]+`).ReplaceAllString(answer.Body.String(), `"renewal_price":`+fmt.Sprint(price))
	_, _ = w.Write([]byte(body)) // the client says what is missing
}

// TestJudgedYear: a year later what was bought is due again, and what has become dearer than
// a limit allows is not bought: the rule's (5%), or that of all (25%).
func TestJudgedYear(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it is long")
	}
	b := newBench(t, judgeStart(), ample()...)
	b.pass(t)
	b.clock.by.Add(int64(340 * 24 * time.Hour))
	want := make(map[string]portfolio.Verdict)
	for _, tc := range []struct {
		name, price string // of its whole TLD
		verdict     portfolio.Verdict
	}{
		{"net-01.net", "17.86", portfolio.VerdictBlocked}, // by its rule
		{"com-02.com", "18.75", portfolio.VerdictAct},
		{"xn--strae-oqa.org", "20.01", portfolio.VerdictBlocked},
		{"tea-9.co.uk", "11.00", portfolio.VerdictAct},
	} {
		want[tc.name] = tc.verdict
		b.quotes.Store(suffix(tc.name), tc.price)
	}
	plan := b.plan(t, false)
	due := make(map[string]bool)
	for _, it := range plan.Items {
		if v, ok := want[it.Name]; ok {
			due[it.Name] = true
			if it.Verdict != v || v == portfolio.VerdictBlocked && it.Code != "max_price_increase" {
				t.Errorf("%s: %s at %s (%s: %s), want %s", it.Name, it.Verdict, it.Price, it.Code, it.Reason, v)
			}
		}
	}
	if len(due) != len(want) {
		t.Errorf("only %v are due again", due)
	}
	before := len(b.ledger(t))
	b.pass(t)
	done := make(map[string]bool)
	rows := b.ledger(t)
	for _, r := range rows[:len(rows)-before] { // the newest come first
		done[r.Name] = r.State == portfolio.StateDone
	}
	for name, v := range want {
		if done[name] != (v == portfolio.VerdictAct) {
			t.Errorf("%s was planned as %s, and is done: %v", name, v, done[name])
		}
	}
}
