package scheduler

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"domaind/internal/portfolio"
)

// reader reads one account's domains in order of expiration, up to the horizon.
//
// A list that is read by pages shifts when something is renewed, added or removed
// meanwhile: what stood first on the next page stands last on this one, and is never
// seen. So pages overlap. A page counts where its first entry was read before, and has
// kept its expiration: whatever sorts behind that entry is on this page or behind it,
// and whatever sorts before it was read already. Where it was not, the reader goes back,
// farther each time, until a page begins with what is known. So nothing that stays where
// it is, inside the horizon, is passed over, whatever else happens to the list.
//
// The API counts pages, not entries: an overlap comes from pages of another size, and
// costs more with each page. The reader makes it for as long as it costs one request
// beside the bare pages, which is the first thousand entries. What lies behind is read by
// bare pages then, and the reading is loose: whoever finds that something has moved
// reads again, strictly.
type reader struct {
	ask     func(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error)
	account portfolio.Account
	horizon time.Time
	size    int  // of a page, at most
	strict  bool // every page overlaps the one before, whatever it costs

	requests int
	most     int                        // how many requests it makes
	end      int                        // the position behind what was read without a gap
	back     int                        // how many entries before it the next page begins, at least
	seeking  bool                       // the first entry with an expiration is yet to be found
	known    map[int64]portfolio.Domain // read without a gap
	odd      map[int64]portfolio.Domain // read behind a gap
	last     time.Time                  // the last expiration of what is known
	total    int                        // as the last page has it
	problems map[string]error           // by what they say
	done     bool
	loose    bool // a page did not overlap
	moved    bool // while it was loose, the list showed a change
	unsorted bool
}

// read reads. Afterwards domains has what was found.
func (r *reader) read(ctx context.Context) error {
	r.known, r.odd = make(map[int64]portfolio.Domain), make(map[int64]portfolio.Domain)
	r.problems, r.back = make(map[string]error), 1
	first, err := r.page(ctx, 1, r.size)
	if err != nil {
		return err
	}
	r.most = 2*max(first.Pages, (first.Total+r.size-1)/r.size) + 20
	r.take(first, r.size)
	if n := len(first.Items); !r.done && n > 0 && first.Items[n-1].ExpiresAt.IsZero() {
		if err := r.seek(ctx, first.Pages); err != nil {
			return err
		}
	}
	for !r.done && !r.unsorted {
		if r.requests >= r.most {
			return nil // see complete
		}
		number, size := r.next()
		p, err := r.page(ctx, number, size)
		switch {
		case err != nil:
			return err
		case r.follows(p, number, size):
			r.take(p, size)
		default:
			for _, d := range p.Items {
				r.odd[d.ID] = d
			}
			r.back = max(2*r.back, r.size)
		}
	}
	return nil
}

// page reads one page.
func (r *reader) page(ctx context.Context, number, size int) (portfolio.Page[portfolio.Domain], error) {
	r.requests++
	p, err := r.ask(ctx, number, size)
	for _, problem := range p.Problems {
		r.problems[stable(problem)] = problem
	}
	return p, err
}

// next is the page to be read now.
func (r *reader) next() (number, size int) {
	if r.back >= r.end {
		return 1, r.size
	}
	number, size = reach(r.end-r.back, r.size)
	if r.strict || r.seeking || r.back > 1 || r.requests <= number*size/r.size {
		return number, size
	}
	return r.end/r.size + 1, r.size
}

// follows says whether nothing can be missing between what is known and a page.
func (r *reader) follows(p portfolio.Page[portfolio.Domain], number, size int) bool {
	if number == 1 {
		return true
	}
	if n := len(p.Problems); n > 0 && !r.seeking && r.end-(number-1)*size <= n && !r.starts(p) {
		// What was read before may be what cannot be read here. To go back would lead here
		// again, and what lies behind must not lapse for it.
		r.loose = true
		r.moved = r.moved || p.Total != r.total
		return true
	}
	if len(p.Items) == 0 {
		return false
	}
	first := p.Items[0]
	if r.seeking {
		return first.ExpiresAt.IsZero()
	}
	if r.starts(p) {
		return true
	}
	if (number-1)*size < r.end || r.strict || r.seeking || r.back > 1 {
		return false
	}
	r.loose = true
	r.moved = r.moved || p.Total != r.total || !first.ExpiresAt.IsZero() && day(first.ExpiresAt).Before(day(r.last))
	return true
}

// starts says whether the first domain on a page was read before, and is where it was.
func (r *reader) starts(p portfolio.Page[portfolio.Domain]) bool {
	if len(p.Items) == 0 {
		return false
	}
	d, ok := r.known[p.Items[0].ID]
	return ok && d.ExpiresAt.Equal(p.Items[0].ExpiresAt)
}

// take adds a page to what is known.
func (r *reader) take(p portfolio.Page[portfolio.Domain], size int) {
	bare := (p.Number-1)*size >= r.end && !r.seeking
	r.moved = r.moved || r.loose && p.Total != r.total
	r.seeking, r.total, r.end, r.back = false, p.Total, p.Number*size, 1
	var before time.Time // the last expiration on the page
	for i, d := range p.Items {
		r.known[d.ID] = d
		delete(r.odd, d.ID)
		if d.ExpiresAt.IsZero() {
			continue
		}
		if i > 0 && p.Items[i-1].ExpiresAt.IsZero() {
			// They come first, and nobody remembers them: a change there would not show.
			r.strict = true
			r.unsorted = r.unsorted || !before.IsZero()
		}
		// What is out of order in one answer was not moved meanwhile.
		r.unsorted = r.unsorted || day(d.ExpiresAt).Before(day(before))
		r.done = r.done || d.ExpiresAt.After(r.horizon)
		before, r.last = d.ExpiresAt, d.ExpiresAt
	}
	if n := len(p.Items); n > 0 && p.Items[n-1].ExpiresAt.IsZero() {
		// Those without an expiration come last, where one comes behind one that has it.
		r.done = r.done || !before.IsZero() || bare && !r.last.IsZero()
	}
	r.done = r.done || p.Number >= p.Pages && !r.lies(p, size)
}

// lies says whether a page that should be the last one cannot be, by what it says of the
// list itself.
func (r *reader) lies(p portfolio.Page[portfolio.Domain], size int) bool {
	entries := len(p.Items) + len(p.Problems)
	shown := (p.Number-1)*size + entries
	if entries == 0 || p.Total == shown {
		return false
	}
	err := fmt.Errorf("list domains, page %d (account %d): the list should have %d entries on %d pages, and this page ends with entry %d",
		p.Number, r.account.ID, p.Total, p.Pages, shown)
	r.problems[stable(err)] = err
	return entries >= size
}

// seek finds where the domains with an expiration begin, where those without one fill the
// first page: they may be thousands.
func (r *reader) seek(ctx context.Context, pages int) error {
	// All of the page below has none, and something on the page above has one.
	below, above := 1, pages
	for probe := above; above-below > 1 || probe == above; probe = (below + above) / 2 {
		p, err := r.page(ctx, probe, r.size)
		if err != nil {
			return err
		}
		n := len(p.Items)
		none := n > 0 && p.Items[n-1].ExpiresAt.IsZero()
		switch {
		case none && probe == pages:
			r.done = true // no domain has one
			return nil
		case none:
			below = probe
		default:
			above = probe
		}
		if above-below <= 1 {
			break
		}
	}
	r.strict, r.seeking = true, true
	r.end = (above - 1) * r.size
	return nil
}

// complete says whether it came to the end of what it was to read.
func (r *reader) complete() bool { return r.done && !r.unsorted }

// domains are the domains that were read: without a gap, or somewhere.
func (r *reader) domains() []portfolio.Domain {
	all := maps.Clone(r.odd)
	maps.Copy(all, r.known)
	return slices.SortedFunc(maps.Values(all), func(a, b portfolio.Domain) int { return cmp.Compare(a.ID, b.ID) })
}

// day is the day of a moment: what expires on one day may be listed in any order.
func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// differs says whether what is known is not what an earlier reading saw inside the
// horizon. Then something has moved, perhaps while that one was made.
func (r *reader) differs(before []portfolio.Domain) bool {
	return slices.ContainsFunc(before, func(was portfolio.Domain) bool {
		if was.ExpiresAt.After(r.horizon) {
			return false
		}
		is, ok := r.known[was.ID]
		return !ok || !is.ExpiresAt.Equal(was.ExpiresAt) || !is.UpdatedAt.Equal(was.UpdatedAt)
	})
}

// everything reads a list of which the order cannot be relied on to its end.
func (r *reader) everything(ctx context.Context) error {
	for number := 1; ; number++ {
		p, err := r.page(ctx, number, r.size)
		if err != nil {
			return err
		}
		for _, d := range p.Items {
			r.known[d.ID] = d
		}
		if number >= p.Pages || number >= r.most {
			return nil
		}
	}
}
