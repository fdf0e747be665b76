package executor

import (
	"context"
	"fmt"
	"testing"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// fakeReader answers what a plan asks, and who owns a domain. A call that it does
// not have is a nil Registry's, and panics.
type fakeReader struct {
	Registry
	domain func(id int64) (portfolio.Domain, error)
	prices func(name string) (portfolio.Prices, error)
	tld    func(tld string) (portfolio.TLDFacts, error)
}

func (f fakeReader) Domain(_ context.Context, id int64) (portfolio.Domain, portfolio.Answer, error) {
	d, err := f.domain(id)
	return d, portfolio.Answer{}, err
}

func (f fakeReader) Prices(_ context.Context, name string) (portfolio.Prices, error) {
	return f.prices(name)
}

func (f fakeReader) TLD(_ context.Context, tld string) (portfolio.TLDFacts, error) {
	return f.tld(tld)
}

// BenchmarkAssess is the path of a plan: a thousand domains to renew.
func BenchmarkAssess(b *testing.B) {
	w := newWorld(b, soon, renewAll)
	x := New(Options{
		Ledger: w.store, Policy: func() *rules.Policy { return w.cfg.Policy }, Ceilings: func() Ceilings { return w.limits }, Now: w.now,
		Registries: map[int64]Registry{mainID: fakeReader{
			prices: func(name string) (portfolio.Prices, error) { return portfolio.Prices{Name: name, Renewal: 500}, nil },
			tld: func(tld string) (portfolio.TLDFacts, error) {
				return portfolio.TLDFacts{TLD: tld, RenewalEnabled: true, MinimumRegistration: 1}, nil
			},
		}},
	})
	decisions := make([]portfolio.Decision, 1000)
	for i := range decisions {
		decisions[i] = rules.Decide(w.cfg.Policy, portfolio.DomainFacts{Domain: portfolio.Domain{
			ID: int64(i + 1), AccountID: mainID, Name: fmt.Sprintf("d%d.com", i), State: portfolio.DomainRegistered,
			ExpiresAt: began.Add(time.Duration(i) * time.Hour),
		}}, began)
	}
	b.ReportAllocs()
	for b.Loop() {
		assessed, err := x.Assess(b.Context(), decisions)
		if err != nil {
			b.Fatal(err)
		}
		if last := assessed[len(assessed)-1]; last.Verdict != portfolio.VerdictAct {
			b.Fatal(last.Verdict, last.Reason)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(decisions)), "ns/decision")
}
