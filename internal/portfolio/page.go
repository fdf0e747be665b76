package portfolio

import "time"

// Page is one page of a list.
type Page[T any] struct {
	Items  []T
	Number int // from 1
	Total  int // entries on all pages, as the server says
	Pages  int // pages, as the server says
	// Date is the server's clock, from the Date header; zero where it sent none.
	Date time.Time
	// Problems are the items of this page that could not be understood (an unknown
	// state, a date that does not parse, no id), each an error that names the call
	// and the item. They are not in Items.
	Problems []error
}
