package scheduler

import (
	"context"
	"fmt"
	"slices"

	"domaind/internal/portfolio"
)

// walk reads an account's domains in the order of their ids, a page at a time.
//
// Pages count entries, and entries move while the list is read: where a domain goes,
// all behind it move up, and one of them slips from a page that is still to be read
// into one that was. No total shows it, where another domain comes meanwhile. So each
// page is asked for in such a size that it begins with an entry that was read already:
// what lies behind that entry follows without a gap. A domain that is in the account
// all the while is therefore read, whatever happens to the others. Pages that join
// cost an eighth more requests than pages that only touch.
//
// Where a walk stands is an id, not a page: it can be gone on with much later.
type walk struct {
	read   func(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error)
	call   string          // names the list, in errors
	after  int64           // every domain up to this id was read
	offset int             // how many entries of the list those were, when it was read last
	seen   int             // entries that were read
	odd    map[string]bool // what the last stretch had that cannot be read
}

// stretch is what one page adds: the domains with ids from beyond after up to upTo.
type stretch struct {
	after, upTo int64
	domains     []portfolio.Domain
	problems    []error
	total       int  // entries of the list, as DNSimple says
	last        bool // the list ends here
}

const (
	// mostReads bounds how often the place where the next page joins is looked for: in a
	// list of a million entries that takes thirty reads at the very most.
	mostReads = 40
	// An honest list does not have twice the entries that it says, and this many more.
	endless = 1000
)

// reach gives the page that has an entry of the list, from 0, and reaches farthest
// beyond it. It has so many entries at most, and more than half of that.
func reach(entry, most int) (number, size int) {
	best := 0
	for s := most; 2*s > most; s-- {
		if n := s - entry%s; n > best {
			best, number, size = n, entry/s+1, s
		}
	}
	return number, size
}

// joined is about how many pages so many entries take that join.
func joined(entries int) int { return (max(0, entries)*8/7 + pageSize - 1) / pageSize }

// next reads the next stretch.
func (w *walk) next(ctx context.Context) (stretch, error) {
	f := finder{back: pageSize}
	at := max(0, w.offset-1)
	why := "its pages do not join"
	// The entries before this one were read, or cannot be; 0: nothing is known.
	joined := 0
	var problems []error
	for range mostReads {
		number, size := reach(at, pageSize)
		page, err := w.read(ctx, number, size)
		if err != nil {
			return stretch{}, err
		}
		start, n, last := (number-1)*size, len(page.Items), number >= page.Pages
		end := start + n + len(page.Problems)
		// Where as many cannot be read as should have been read before, those may be they.
		blind := len(page.Problems) > 0 && start < joined && joined-start <= len(page.Problems) && ascending(page.Items)
		switch {
		case blind && n == 0 && !last:
			problems = append(problems, page.Problems...)
			joined = end
			at = f.behind(end)
		case blind && (n == 0 || page.Items[0].ID > w.after):
			return w.take(page, problems, end, last)
		case !ascending(page.Items):
			why = fmt.Sprintf("page %d of %d each is not in the order of the ids", number, size)
		case start > 0 && n > 0 && number > page.Pages:
			why = fmt.Sprintf("page %d of %d each is behind its last, and has entries", number, size)
			at = f.before(start)
		case start > 0 && n == 0 && number > page.Pages: // the list has become shorter
			at = f.before(min(start, max(1, page.Total)))
		case start > 0 && (n == 0 || page.Items[0].ID > w.after):
			at = f.before(start)
		case n > 0 && page.Items[n-1].ID <= w.after && !last:
			problems = append(problems, page.Problems...)
			joined = end
			at = f.behind(end)
		case n == 0 && !last && len(page.Problems) > 0: // so far
			why = "its first pages have no entry that can be read"
			problems = append(problems, page.Problems...)
			joined = end
			at = f.behind(end)
		case n == 0 && !last:
			why = "its first page is empty"
		default:
			return w.take(page, problems, end, last)
		}
	}
	return stretch{}, w.senseless("%s, behind domain %d", why, w.after)
}

// take moves the walk on by a page that joins. The problems are those of the pages before
// it that had nothing new that could be read.
func (w *walk) take(page portfolio.Page[portfolio.Domain], problems []error, end int, last bool) (stretch, error) {
	from, _ := slices.BinarySearchFunc(page.Items, w.after+1, func(d portfolio.Domain, id int64) int {
		if d.ID < id {
			return -1
		}
		return 1
	})
	if last && len(page.Items) == 0 && w.after == 0 && len(page.Problems) > 0 {
		return stretch{}, w.senseless("it has no entry that can be read")
	}
	st := stretch{after: w.after, upTo: w.after, domains: page.Items[from:], total: page.Total, last: last}
	// Pages overlap: what cannot be read is counted once.
	odd := make(map[string]bool, len(page.Problems))
	for _, p := range append(problems, page.Problems...) {
		if key := stable(p); !odd[key] {
			odd[key] = true
			if !w.odd[key] {
				st.problems = append(st.problems, p)
			}
		}
	}
	w.odd = odd
	if n := len(st.domains); n > 0 {
		st.upTo = st.domains[n-1].ID
	}
	// Where the entries stand that cannot be read is not known: they may be the last.
	w.after, w.offset, w.seen = st.upTo, end-len(page.Problems), w.seen+len(st.domains)
	if w.seen > 2*page.Total+endless {
		return stretch{}, w.senseless("it does not end: it says that it has %d entries, and %d were read", page.Total, w.seen)
	}
	return st, nil
}

// senseless is the error of a list that makes no sense.
func (w *walk) senseless(format string, args ...any) error {
	return &portfolio.CallError{Call: w.call, Outcome: portfolio.OutcomeUnknown, Message: fmt.Sprintf(format, args...)}
}

// ascending says whether domains are in the order of their ids, none twice.
func ascending(domains []portfolio.Domain) bool {
	for i := range domains[min(1, len(domains)):] {
		if domains[i+1].ID <= domains[i].ID {
			return false
		}
	}
	return true
}

// finder looks for the entry of a list behind which nothing was read yet. Other
// people change the list meanwhile, so what it knows may be wrong, and whoever asks it
// must not ask for ever.
type finder struct {
	low   int // the entries before this one were read
	high  int // this entry was not; 0: none is known
	back  int // how far to go back next
	ahead int // how far to go ahead next
}

// before is told that a page begins at an entry that was not read, and the one before
// it may not have been.
func (f *finder) before(start int) int {
	f.high = start
	if f.low >= f.high { // the list has become shorter
		f.low = 0
	}
	at := f.high - f.back
	f.back *= 2
	return f.within(at)
}

// behind is told that all entries before one were read.
func (f *finder) behind(end int) int {
	f.low = end
	if f.high <= f.low { // the list has become longer, or nothing is known
		f.high = 0
		at := f.low - 1 + f.ahead
		f.ahead = 2*f.ahead + pageSize
		return at
	}
	return f.within((f.low + f.high) / 2)
}

// within keeps to what is known: near the last entry that was read, that one is it.
func (f *finder) within(at int) int {
	if f.low > 0 && (at < f.low || f.high-f.low <= pageSize) {
		at = f.low - 1
	}
	return max(0, at)
}
