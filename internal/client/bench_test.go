package client

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

// canned answers every request with the same page, without a network.
type canned struct{ page string }

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{
		"Content-Type": {"application/json; charset=utf-8"}, "Date": {"Sun, 01 Mar 2026 12:00:00 GMT"}, "X-Request-Id": {"1"},
		"X-Ratelimit-Limit": {"1000000"}, "X-Ratelimit-Remaining": {"1000000"}, "X-Ratelimit-Reset": {"1772370000"},
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(strings.NewReader(c.page)), Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, nil
}

// fullPage is the first of two pages of 100 domains, as DNSimple writes them.
func fullPage() string {
	var b strings.Builder
	b.WriteString(`{"data":[`)
	for i := range perPage {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"account_id":1010,"registrant_id":2715,"name":"bulk-%07d.com","unicode_name":"bulk-%07d.com",`+
			`"state":"registered","auto_renew":false,"private_whois":false,"trustee":false,"expires_on":"2027-06-05",`+
			`"expires_at":"2027-06-05T02:15:00Z","created_at":"2020-06-04T19:15:14Z","updated_at":"2020-06-04T19:15:21Z"}`, 1000+i, i, i)
	}
	b.WriteString(`],"pagination":{"current_page":1,"per_page":100,"total_entries":200,"total_pages":2}}`)
	return b.String()
}

// BenchmarkPage is what a page of domains costs beside the network, and how much more than DNSimple's own client takes
// for it ("x-sdk"): ours makes facts of it, and looks at each. They take turns, so that what else the machine does hits both.
func BenchmarkPage(b *testing.B) {
	page := canned{fullPage()}
	sdk := dnsimple.NewClient(&http.Client{Transport: page})
	options := dnsimple.DomainListOptions{ListOptions: dnsimple.ListOptions{Page: new(1), PerPage: new(perPage), Sort: new("id:asc")}}
	theirs := func() {
		answer, err := sdk.Domains.ListDomains(b.Context(), "1010", &options)
		if err != nil || len(answer.Data) != perPage {
			b.Fatal(err)
		}
	}
	k := newClock()
	c, err := New(Options{
		Endpoint: "https://api.dnsimple.com", Account: portfolio.Account{Name: "main", ID: 1010}, Token: secret, UserAgent: "domaind/bench",
		RequestsPerHour: maxRequestsPerHour, Now: k.Now, Sleep: k.Sleep, Transport: page,
	})
	if err != nil {
		b.Fatal(err)
	}
	filter := portfolio.DomainFilter{Sort: []portfolio.Order{{By: portfolio.SortID}}}
	ours := func() {
		for page, err := range c.ListDomains(b.Context(), filter) {
			if err != nil || len(page.Items) != perPage || len(page.Problems) > 0 {
				b.Fatal(err, page.Problems)
			}
			break
		}
	}
	var took [2]time.Duration
	for b.Loop() {
		for i, read := range []func(){theirs, ours} {
			began := processorTime(b)
			for range 20 {
				read()
			}
			took[i] += processorTime(b) - began
		}
	}
	pages := 20 * float64(b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(took[0].Microseconds())/pages, "cpu-µs/page-sdk")
	b.ReportMetric(float64(took[1].Microseconds())/pages, "cpu-µs/page")
	b.ReportMetric(float64(took[1])/float64(took[0]), "x-sdk")
}

// processorTime is how long the processors have worked for this process.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
