package executor

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// slowRegistry answers the first question for prices only once it is let.
type slowRegistry struct {
	Registry
	let <-chan struct{}
}

func (r slowRegistry) Prices(ctx context.Context, name string) (portfolio.Prices, error) {
	<-r.let
	return r.Registry.Prices(ctx, name)
}

// buyingRegistry tells that something was bought.
type buyingRegistry struct {
	Registry
	bought chan<- struct{}
}

func (r buyingRegistry) Renew(ctx context.Context, name string, years int, premium *portfolio.Money) (portfolio.Purchase, portfolio.Answer, error) {
	defer close(r.bought)
	return r.Registry.Renew(ctx, name, years, premium)
}

// An account that does not answer is waited for by its own operations: the other
// account's purchases leave meanwhile.
func TestSlowAccountHoldsNobodyElse(t *testing.T) {
	w := newWorld(t, several, renewAll)
	w.x.slow = time.Millisecond
	bought := make(chan struct{}) // only then does the first account answer
	w.x.registries[mainID] = slowRegistry{w.x.registries[mainID], bought}
	w.x.registries[deskID] = buyingRegistry{w.x.registries[deskID], bought}
	w.mustExecute(t.Context(), w.decide())
	n, _ := w.charged()
	equal(t, "charges", n, 4)
	var posts []string
	for _, c := range w.calls {
		if strings.HasPrefix(c, "POST") {
			posts = append(posts, c[strings.LastIndex(c, "domains/")+len("domains/"):])
		}
	}
	equal(t, "posts", strings.Join(posts, " "), "b.com/renewals a.com/renewals a.net/renewals a.org/renewals")
}

// Two operations of an account in a row that do not come through are enough: the
// rest of it is told, and left to the next pass.
func TestDeafAccountIsLeftAlone(t *testing.T) {
	w := newWorld(t, several, renewAll)
	sent := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost && strings.Contains(req.URL.Path, "/1010/") {
			sent++
			return w.answer(req, 502, "<html>"), nil
		}
		return next(), nil
	}
	w.mustExecute(t.Context(), w.decide())
	equal(t, "sent", sent, deaf)
	equal(t, "unknown", len(w.heard("alert unknown")), deaf)
	// Two unknown purchases pause the account, which is told once; the third hears why.
	equal(t, "blocked", len(w.heard("alert blocked")), 0)
	equal(t, "paused", len(w.heard("alert paused")), 1)
	warned := w.heard("alert expiring")
	equal(t, "code", warned[len(warned)-1].Data["code"], any(codePaused))
	n, _ := w.charged()
	equal(t, "charges", n, 1) // the other account's

	// One that fails for itself does not count: DNSimple answered.
	w = newWorld(t, several, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost && strings.Contains(req.URL.Path, "/1010/") {
			return w.answer(req, 400, `{"message":"no"}`), nil
		}
		return next(), nil
	}
	w.mustExecute(t.Context(), w.decide())
	equal(t, "failed", len(w.heard("alert failed")), 3)
}

// What waits behind something else near its end is told daily.
func TestHeldUpIsTold(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	d := w.decide()[0]
	d.Verdict, d.Code, d.Reason = portfolio.VerdictWait, codeHeldUp, "cancel-change a.com is pending"
	for range 2 {
		w.mustExecute(t.Context(), []portfolio.Decision{d})
	}
	equal(t, "told", len(w.heard("alert blocked")), 1)
	w.clock.pass(24 * time.Hour)
	w.mustExecute(t.Context(), []portfolio.Decision{d})
	equal(t, "told a day later", len(w.heard("alert blocked")), 2)
}
