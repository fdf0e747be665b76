package control

import (
	"context"
	"iter"
	"sync"

	"domaind/internal/portfolio"
)

// sideBySide reads lists at the same time, and gives their entries as one list, in the
// order in which each of them is. No more than a page or two of each is in memory. What
// could not be read is given as an error, each once, and the rest all the same.
func sideBySide[T any](ctx context.Context, lists []iter.Seq2[portfolio.Page[T], error], before func(a, b T) bool) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		var reading sync.WaitGroup
		defer reading.Wait()
		defer stop()
		readers := make([]*reader[T], len(lists))
		for i, list := range lists {
			readers[i] = &reader[T]{sheets: make(chan sheet[T])}
			reading.Go(func() { readers[i].read(ctx, list) })
		}
		var nothing T
		for {
			var next *reader[T]
			for _, r := range readers {
				for _, err := range r.fill() {
					if !yield(nothing, err) {
						return
					}
				}
				if len(r.items) > 0 && (next == nil || before(r.items[0], next.items[0])) {
					next = r
				}
			}
			if next == nil {
				if err := ctx.Err(); err != nil {
					yield(nothing, err)
				}
				return
			}
			item := next.items[0]
			next.items = next.items[1:]
			if !yield(item, nil) {
				return
			}
		}
	}
}

// sheet is a page, or why there is no more.
type sheet[T any] struct {
	items []T
	errs  []error
}

// reader reads one list ahead of whoever takes its entries.
type reader[T any] struct {
	sheets chan sheet[T]
	items  []T
	ended  bool
}

func (r *reader[T]) read(ctx context.Context, list iter.Seq2[portfolio.Page[T], error]) {
	defer close(r.sheets)
	for page, err := range list {
		s := sheet[T]{items: page.Items, errs: page.Problems}
		if err != nil {
			if ctx.Err() != nil {
				return // nobody waits for it any more
			}
			s = sheet[T]{errs: []error{err}}
		}
		select {
		case r.sheets <- s:
		case <-ctx.Done():
			return
		}
	}
}

// fill waits until there is an entry to take, or none any more. It gives what went wrong
// meanwhile.
func (r *reader[T]) fill() (errs []error) {
	for len(r.items) == 0 && !r.ended {
		s, ok := <-r.sheets
		r.items, r.ended = s.items, !ok
		errs = append(errs, s.errs...)
	}
	return errs
}
