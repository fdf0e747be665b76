package client

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// order writes a sort as queries want it, "expiration:asc,id:desc"; nil for none. A
// field that the list is not documented to be sorted by is refused: DNSimple might
// sort by another one, and say nothing.
func order(keys []portfolio.Order, allowed ...portfolio.SortField) (*string, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	written := make([]string, 0, len(keys))
	for i, key := range keys {
		if !slices.Contains(allowed, key.By) {
			return nil, fmt.Errorf("this list cannot be sorted by %q", key.By)
		}
		if slices.ContainsFunc(keys[:i], func(k portfolio.Order) bool { return k.By == key.By }) {
			return nil, fmt.Errorf("the list is sorted by %q twice", key.By)
		}
		direction := ":asc"
		if key.Descending {
			direction = ":desc"
		}
		written = append(written, string(key.By)+direction)
	}
	return new(strings.Join(written, ",")), nil
}

// refusedList is a list that is not asked for.
func refusedList[T any](err error) iter.Seq2[portfolio.Page[T], error] {
	return func(yield func(portfolio.Page[T], error) bool) { yield(portfolio.Page[T]{}, err) }
}
