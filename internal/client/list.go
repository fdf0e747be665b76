package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/dnsimple/dnsimple-go/v9/dnsimple"

	"domaind/internal/portfolio"
)

const (
	perPage = 100 // the most that the API gives
	// maxPages is two million entries: a million is what accounts are made for, and
	// theirs grow while they are read. More is a mistake of the server's.
	maxPages = 20_000
)

// pages reads a list, a page at a time and only as far as it is asked for. It
// ends after the last page, or with an error, which is a *portfolio.CallError.
//
// An entry that convert cannot understand is a problem of its page, and the rest
// of the page survives: one odd domain must not hide ninety-nine others. A list
// that contradicts itself, or never ends, is an error: a domain that does not show
// would lapse unseen.
func pages[T any](ctx context.Context, c *Client, act string, ask func(context.Context, dnsimple.ListOptions) error, read reading[T]) iter.Seq2[portfolio.Page[T], error] {
	return func(yield func(portfolio.Page[T], error) bool) {
		limit := maxPages
		for number := 1; ; number++ {
			page, malformed, err := onePageOf(ctx, c, act, number, perPage, ask, read)
			if number == 1 {
				// Lists grow while they are read, but not to twice their size.
				limit = min(maxPages, 2*page.Pages+10)
			}
			if err == nil && max(number, page.Pages) > limit {
				err = malformed(fmt.Errorf("the list does not end: page %d of %d", number, page.Pages))
			}
			if err != nil {
				yield(portfolio.Page[T]{Number: number}, err)
				return
			}
			if !yield(page, nil) || number >= page.Pages {
				return
			}
		}
	}
}

// onePageOf reads one page of a list. With it comes how to say that the answer makes no
// sense for a reason that only the list knows.
func onePageOf[T any](ctx context.Context, c *Client, act string, number, size int, ask func(context.Context, dnsimple.ListOptions) error, read reading[T]) (page portfolio.Page[T], malformed func(error) error, err error) {
	call := c.call("%s, page %d%s", act, number, by(size))
	options := dnsimple.ListOptions{Page: new(number), PerPage: new(size)}
	page.Number = number
	ex, err := c.read(ctx, call, func(ctx context.Context) error { return ask(ctx, options) })
	malformed = func(err error) error { return c.malformed(call, ex, err) }
	if err != nil {
		return page, malformed, err
	}
	entries, said, err := sheet(ex.body, number, size, read)
	page.Total, page.Pages, page.Date = said.entries, said.pages, c.answer(ex).Date
	if err != nil {
		return page, malformed, malformed(err)
	}
	page.Items = slices.Grow(page.Items, len(entries))
	for i, e := range entries {
		page.Items = append(page.Items, e.items...)
		for _, problem := range e.problems {
			page.Problems = append(page.Problems, malformed(fmt.Errorf("entry %d: %w", i+1, problem)))
		}
	}
	return page, malformed, nil
}

// by names the size of a page, where it is not the usual one.
func by(size int) string {
	if size == perPage {
		return ""
	}
	return fmt.Sprintf(" by %d", size)
}

// entry is what an entry of a list comes to: mostly one item.
type entry[T any] struct {
	items    []T
	problems []error
}

// reading is how the entries of a list are read.
type reading[T any] struct {
	// whole reads a page in one pass, which most pages allow; nil: none does. It is false
	// where the page has to be taken apart, so that an odd entry hides no other.
	whole func(body []byte) (entries []entry[T], said *pagination, ok bool)
	alone func(json.RawMessage) ([]T, []error)
}

// entries reads the entries of a page, and where the server says that it stands.
func (r reading[T]) entries(body []byte) ([]entry[T], *pagination, error) {
	if r.whole != nil {
		if entries, said, ok := r.whole(body); ok {
			return entries, said, nil
		}
	}
	e, err := open(body)
	if err != nil {
		return nil, nil, err
	}
	var raw []json.RawMessage
	if err := unmarshal(e.Data, &raw); err != nil {
		return nil, nil, err
	}
	entries := make([]entry[T], len(raw))
	for i := range raw {
		entries[i].items, entries[i].problems = r.alone(raw[i])
	}
	return entries, e.Pagination, nil
}

// unpaged reads a list that the API gives whole. An entry that cannot be understood is
// an error: half of such a list is of no use.
func unpaged[S, T any](ctx context.Context, c *Client, call string, ask sender, convert func(S) (T, error)) ([]T, error) {
	ex, err := c.read(ctx, call, ask)
	if err != nil {
		return nil, err
	}
	said, err := data[[]S](ex.body)
	if err != nil {
		return nil, c.malformed(call, ex, err)
	}
	items := make([]T, 0, len(said))
	for _, s := range said {
		item, err := convert(s)
		if err != nil {
			return nil, c.malformed(call, ex, err)
		}
		items = append(items, item)
	}
	return items, nil
}

// only is the reading without the items that are not to be kept.
func (r reading[T]) only(keep func(T) bool) reading[T] {
	drop := func(t T) bool { return !keep(t) }
	return reading[T]{
		whole: func(body []byte) ([]entry[T], *pagination, bool) {
			entries, said, ok := r.whole(body)
			for i := range entries {
				entries[i].items = slices.DeleteFunc(entries[i].items, drop)
			}
			return entries, said, ok
		},
		alone: func(raw json.RawMessage) ([]T, []error) {
			items, problems := r.alone(raw)
			return slices.DeleteFunc(items, drop), problems
		},
	}
}

// place is where a page stands in its list.
type place struct{ current, pages, entries int }

// sheet reads one page: its entries, and where the server says that it stands.
func sheet[T any](body []byte, number, size int, read reading[T]) ([]entry[T], place, error) {
	entries, stands, err := read.entries(body)
	if err != nil {
		return nil, place{}, err
	}
	if stands == nil || stands.TotalPages == nil {
		// Less than a page is all there is; from a full one nobody can tell, and an
		// empty one may be anything.
		if number > 1 || len(entries) == 0 || len(entries) >= size {
			return nil, place{}, errors.New("the answer does not say how many pages there are")
		}
		return entries, place{current: 1, pages: 1, entries: len(entries)}, nil
	}
	said := place{current: stands.CurrentPage, pages: *stands.TotalPages, entries: stands.TotalEntries}
	switch {
	case said.pages < 0 || said.entries < 0:
		return nil, said, errors.New("the answer counts less than no pages")
	case number > said.pages && number > 1:
		return entries, said, nil // the list became shorter meanwhile
	case said.current != number && (said.current != 0 || said.pages > 1):
		return nil, said, fmt.Errorf("the answer is page %d", said.current)
	case len(entries) == 0 && said.entries > 0:
		return nil, said, fmt.Errorf("the page is empty, although the list has %d entries", said.entries)
	case len(entries) > 0 && said.pages == 0:
		return nil, said, fmt.Errorf("the page has %d entries, although the list has no pages", len(entries))
	}
	return entries, said, nil
}

// each makes a reading out of a converter for a documented type.
func each[S, T any](convert func(S) (T, error)) reading[T] {
	one := func(s *S) ([]T, []error) {
		if s == nil {
			return nil, []error{errNoData}
		}
		t, err := convert(*s)
		if err != nil {
			return nil, []error{err}
		}
		return []T{t}, nil
	}
	return reading[T]{
		whole: func(body []byte) ([]entry[T], *pagination, bool) {
			var page struct {
				Data       []*S        `json:"data"`
				Pagination *pagination `json:"pagination"`
			}
			if json.Unmarshal(body, &page) != nil || page.Data == nil {
				return nil, nil, false
			}
			entries := make([]entry[T], len(page.Data))
			for i, s := range page.Data {
				entries[i].items, entries[i].problems = one(s)
			}
			return entries, page.Pagination, true
		},
		alone: func(raw json.RawMessage) ([]T, []error) {
			var s *S
			if err := unmarshal(raw, &s); err != nil {
				return nil, []error{err}
			}
			return one(s)
		},
	}
}
