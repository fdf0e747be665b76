package client

import (
	"context"
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// call is one call of the API, as its page documents it: what is sent, what is
// answered, and what our method makes of it. The tables of calls stand in the files
// calls_<page>_test.go; every test that crosses calls with something takes them all.
type call struct {
	page, name string // the page, and the vendor's id of the operation
	kind       kind
	wire       wire
	status     int    // of success
	answer     string // its body
	do         func(context.Context, *Client) (any, error)
	want       any
}

// kind is how a call is treated when something goes wrong.
type kind int

const (
	read   kind = iota // asked up to three times
	scarce             // a read with a rate limit of its own
	starts             // begins something, once; its id is never lost
	wishes             // any other change, once
)

func (k kind) change() bool { return k == starts || k == wishes }

// wire is a request as a server sees it.
type wire struct{ Method, Path, Query, Body string }

// fourPages are the calls of the pages domains, registrar, pushes and registrant
// changes.
func fourPages() []call {
	return slices.Concat(domainCalls(), registrarReads(), purchaseCalls(), pushCalls(), changeCalls())
}

func allCalls() []call { return slices.Concat(fourPages(), besideCalls()) }

// TestCall makes every call once: TestCall/<page>/<call>.
func TestCall(t *testing.T) {
	pages := make(map[string][]call)
	var order []string
	for _, c := range allCalls() {
		if pages[c.page] == nil {
			order = append(order, c.page)
		}
		pages[c.page] = append(pages[c.page], c)
	}
	for _, page := range order {
		t.Run(page, func(t *testing.T) {
			for _, call := range pages[page] {
				t.Run(call.name, call.test)
			}
		})
	}
}

func (call call) test(t *testing.T) {
	s := serve(t, header("Date", "Sun, 01 Mar 2026 12:00:07 GMT", says(call.status, call.answer)))
	c, _ := testClient(t, s.URL)
	var told []portfolio.Answer
	got, err := call.do(WithAnswers(t.Context(), func(a portfolio.Answer) { told = append(told, a) }), c)
	if err != nil {
		t.Fatal(err)
	}
	date := time.Date(2026, 3, 1, 12, 0, 7, 0, time.UTC)
	if diff := cmp.Diff([]portfolio.Answer{{Status: call.status, Date: date, RequestID: "req-1"}}, told); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(call.want, got); diff != "" {
		t.Error(diff)
	}
	seen := s.requests()
	if len(seen) != 1 {
		t.Fatalf("%d requests, want 1", len(seen))
	}
	if diff := cmp.Diff(call.wire, wire{seen[0].Method, seen[0].Path, seen[0].Query, seen[0].Body}); diff != "" {
		t.Error(diff)
	}
}

// TestNoCallIsMissing: the four pages have 26 calls.
func TestNoCallIsMissing(t *testing.T) {
	count := make(map[string]int)
	names := make(map[string]bool)
	for _, c := range fourPages() {
		count[c.page]++
		if names[c.name] {
			t.Errorf("%s stands there twice", c.name)
		}
		names[c.name] = true
	}
	if diff := cmp.Diff(map[string]int{"domains": 4, "registrar": 13, "pushes": 4, "registrant-changes": 5}, count); diff != "" {
		t.Error(diff)
	}
}

// plain gives what a method gives, for the table.
func plain[T any](v T, err error) (any, error) { return v, err }

// answered is plain for methods that give what came beside the data; that must be
// complete wherever there was an answer.
func answered[T any](v T, answer portfolio.Answer, err error) (any, error) {
	if err == nil {
		err = complete(answer)
	}
	return v, err
}

// nothing is plain for methods that give nothing.
func nothing(err error) (any, error) { return nil, err }

// emptied is nothing for methods that give what came all the same.
func emptied(answer portfolio.Answer, err error) (any, error) {
	if err == nil {
		err = complete(answer)
	}
	return nil, err
}

// complete asserts that status, id and date arrived. The fuzz tests' answers have
// none of the latter two.
func complete(answer portfolio.Answer) error {
	if answer.Status < 200 || answer.Status > 299 {
		return errors.New("a success without its status")
	}
	if answer.RequestID == "req-1" && answer.Date.IsZero() {
		return errors.New("the date got lost")
	}
	return nil
}

// all reads a list to its end.
func all[T any](list iter.Seq2[portfolio.Page[T], error]) (any, error) {
	var items []T
	for page, err := range list {
		if err != nil {
			return items, err
		}
		if len(page.Problems) > 0 {
			return items, page.Problems[0]
		}
		items = append(items, page.Items...)
	}
	return items, nil
}

// made is when whatever the tables' answers speak of was made, and updated.
var made = time.Date(2026, 2, 9, 19, 46, 45, 0, time.UTC)

const madeAt = `"created_at":"2026-02-09T19:46:45Z","updated_at":"2026-02-09T19:46:45Z"`

// one is a list of one entry.
func one(entry string) string {
	return `{"data":[` + entry + `],"pagination":{"current_page":1,"per_page":100,"total_entries":1,"total_pages":1}}`
}

func enclosed(data string) string { return `{"data":` + data + `}` }
