package scale

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// What a sweep must stay under.
const (
	mostTimesBare  = 2.0
	mostAnonymous  = 96.0 // MiB
	mostTimesTenth = 1.1  // of the memory at a tenth of the domains
	sweepRules     = 100
	tenth          = 10
	mostRows       = 5   // of a table
	sweepInside    = 500 // domains inside the horizon: the domain scan of the same pass costs the same at every size
)

// BenchmarkSweep lets the daemon sweep the largest account and one of a tenth of it, in turn with a bare loop of the SDK
// over the same pages. The first sweep, which writes the snapshots, is shown apart; it counts for the memory.
func BenchmarkSweep(b *testing.B) {
	binary := build(b)
	for b.Loop() {
		small := sweeps(b, binary, max(1, *domains/tenth), tenth**rounds)
		large := sweeps(b, binary, *domains, *rounds)
		cpu, wall := large.times(cpuOf), large.times(wallOf)
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(cpu, "cpu/sdk")
		b.ReportMetric(wall, "wall/sdk")
		b.ReportMetric(large.most(), "MiB")
		b.ReportMetric(timesTenth(small, large), "MiB/tenth")
		// Not to the log, which is cut after ten lines.
		if _, err := fmt.Fprintf(os.Stdout, "\n%s\n%s\n%s\n", small, large, verdict(cpu, wall, small, large)); err != nil {
			b.Fatal(err)
		}
	}
}

// swept is what the sweeps of an account cost.
type swept struct {
	domains      int
	first        cost
	later, bares []cost
}

// sweeps makes a first sweep, and then some in turn with the bare loop.
func sweeps(b *testing.B, binary string, n, rounds int) swept {
	b.Helper()
	w := newWorld(b, binary, n, min(n/2, sweepInside), sweepRules)
	w.bare() // so that the sandbox has its list in order
	s := swept{domains: n, first: w.sweep()}
	size := w.stateSize()
	for range rounds {
		s.bares = append(s.bares, w.bare())
		s.later = append(s.later, w.sweep())
	}
	if grown := w.stateSize(); grown != size {
		b.Errorf("the state file of %d domains has grown from %d to %d bytes, although nothing changed", n, size, grown)
	}
	return s
}

// sweep is a pass of the daemon, which reads the whole list once. Its pages overlap, so that no domain slips between two: that
// costs a seventh more requests than pages that only touch.
func (w *world) sweep() cost {
	w.tb.Helper()
	before := w.counts()[byID]
	c := w.pass()
	if read, most := w.counts()[byID]-before, w.pages+w.pages/6+3; read < w.pages || read > most {
		w.tb.Errorf("the sweep took %d requests for a list of %d pages, at most %d", read, w.pages, most)
	}
	return c
}

// stateSize is the size of the state file.
func (w *world) stateSize() int64 {
	w.tb.Helper()
	info, err := os.Stat(filepath.Join(w.dir, "state", "state.db"))
	if err != nil {
		w.tb.Fatal(err)
	}
	return info.Size()
}

func cpuOf(c cost) time.Duration  { return c.cpu }
func wallOf(c cost) time.Duration { return c.wall }

// times is how much more the later sweeps took than the bare loop beside them: the median of the rounds.
func (s swept) times(of func(cost) time.Duration) float64 {
	ratios := make([]float64, len(s.later))
	for i := range s.later {
		ratios[i] = over(of(s.later[i]), of(s.bares[i]))
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func over(a, b time.Duration) float64 { return float64(a) / float64(max(1, b)) }

// most is the most anonymous memory of any of the sweeps, in MiB.
func (s swept) most() float64 {
	most := s.first.anonymous
	for _, c := range s.later {
		most = max(most, c.anonymous)
	}
	return mebibytes(most)
}

// peak is the most anonymous memory of some later sweeps in a row, in MiB: the median of all that were. Where others use the
// processors, the collector of garbage comes late now and then.
func (s swept) peak(row int) float64 {
	var peaks []int
	for sweeps := range slices.Chunk(s.later, row) {
		most := slices.MaxFunc(sweeps, func(a, b cost) int { return a.anonymous - b.anonymous })
		peaks = append(peaks, most.anonymous)
	}
	slices.Sort(peaks)
	return mebibytes(peaks[len(peaks)/2])
}

// timesTenth is how much more memory a sweep of the larger account takes. It lasts ten times as long, and has as many
// moments in which its memory can be at its highest: so it is held against ten of the smaller one.
func timesTenth(small, large swept) float64 { return large.peak(1) / max(1, small.peak(tenth)) }

func mebibytes(kibibytes int) float64 { return float64(kibibytes) / 1024 }

// String is a table of the rounds.
func (s swept) String() string {
	rows := []string{fmt.Sprintf("%d domains\tcpu\twall\tRssAnon\tcpu/sdk\twall/sdk", s.domains)}
	row := func(name string, c cost, ratios string) {
		rows = append(rows, fmt.Sprintf("%s\t%.2fs\t%.2fs\t%.1f MiB\t%s", name, c.cpu.Seconds(), c.wall.Seconds(), mebibytes(c.anonymous), ratios))
	}
	row("first sweep", s.first, "\t")
	for i, c := range s.later[:min(len(s.later), mostRows)] {
		bare := s.bares[i]
		row("bare SDK loop", bare, "\t")
		row("sweep", c, fmt.Sprintf("%.2f\t%.2f", over(c.cpu, bare.cpu), over(c.wall, bare.wall)))
	}
	return tabulate(rows)
}

// verdict is a table of what is to hold.
func verdict(cpu, wall float64, small, large swept) string {
	var rows []string
	row := func(name string, is, most float64) {
		word := "held"
		if is > most {
			word = "NOT HELD"
		}
		rows = append(rows, fmt.Sprintf("%s\t%.2f\tat most %.2f\t%s", name, is, most, word))
	}
	row("cpu, times the SDK", cpu, mostTimesBare)
	row("wall, times the SDK", wall, mostTimesBare)
	row("most RssAnon of all, MiB", large.most(), mostAnonymous)
	row("RssAnon, times that of a tenth", timesTenth(small, large), mostTimesTenth)
	return tabulate(rows)
}

// tabulate aligns the cells of rows, which tabs separate.
func tabulate(rows []string) string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 8, 2, ' ', 0)
	for _, row := range rows {
		_, _ = table.Write([]byte(row + "\n")) // into memory
	}
	_ = table.Flush() // as above
	return out.String()
}
