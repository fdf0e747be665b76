package scale

import (
	"fmt"
	"slices"
	"testing"
)

// A domain scan costs what expires: as many requests as there are pages before the boundary, and two at most beyond.
func TestRequestsPerScan(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the binary")
	}
	requestsPerScan(t, build(t), 10_000)
}

// BenchmarkRequestsPerScan counts the requests of a domain scan in accounts of growing size, beside those of a plain
// listing. They are the same on every machine.
func BenchmarkRequestsPerScan(b *testing.B) {
	binary := build(b)
	for _, n := range sizes(1_000, 10_000, 100_000) {
		b.Run(fmt.Sprintf("domains=%d", n), func(b *testing.B) {
			for b.Loop() {
				scan, plain, most := requestsPerScan(b, binary, n)
				b.ReportMetric(float64(scan), "requests/scan")
				b.ReportMetric(float64(most), "requests/limit")
				b.ReportMetric(float64(plain), "requests/listing")
			}
		})
	}
}

// sizes are those of the sizes that are smaller than the largest account, and that.
func sizes(of ...int) []int {
	of = slices.DeleteFunc(of, func(n int) bool { return n >= *domains })
	return append(of, *domains)
}

// requestsPerScan counts the requests of a scan and of a plain listing of n domains, of which one in 200 is inside the
// horizon, and says how many a scan may take.
func requestsPerScan(tb testing.TB, binary string, n int) (scan, plain, most int) {
	tb.Helper()
	w := newWorld(tb, binary, n, n/200, 100)
	w.pass()
	scan = w.counts()[byExpiration]
	before := w.counts()[byID]
	w.bare()
	plain = w.counts()[byID] - before
	most = (w.inside+perPage-1)/perPage + 2
	if scan < 1 || scan > most || plain != w.pages {
		tb.Errorf("%d domains, %d of them inside: %d requests of a scan, at most %d; %d of a plain listing of %d pages",
			n, w.inside, scan, most, plain, w.pages)
	}
	return scan, plain, most
}
