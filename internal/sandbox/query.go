package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// pagination is where a page stands in its list.
type pagination struct {
	CurrentPage  int `json:"current_page"`
	PerPage      int `json:"per_page"`
	TotalEntries int `json:"total_entries"`
	TotalPages   int `json:"total_pages"`
}

// Pages as the API cuts them.
const (
	defaultPerPage = 30
	maxPerPage     = 100
)

// page cuts the page that was asked for out of a list, and answers with it. Only its entries are rendered.
func page[T, U any](c *call, all []T, render func(T) U) reply {
	number, ok := c.number("page", 1, 1_000_000_000)
	if !ok {
		return refuse(http.StatusBadRequest, "Invalid page: it must be a positive integer")
	}
	per, ok := c.number("per_page", defaultPerPage, maxPerPage)
	if !ok {
		return refuse(http.StatusBadRequest, "Invalid per_page: it must be an integer from 1 to %d", maxPerPage)
	}
	p := pagination{
		CurrentPage: number, PerPage: per, TotalEntries: len(all), TotalPages: max(1, (len(all)+per-1)/per),
	}
	from := min((number-1)*per, len(all))
	to := min(from+per, len(all))
	out := make([]U, 0, to-from)
	for _, item := range all[from:to] {
		out = append(out, render(item))
	}
	return list(out, p)
}

// number reads a positive integer from the query.
func (c *call) number(name string, missing, most int) (int, bool) {
	if !c.query.Has(name) {
		return missing, true
	}
	n, err := strconv.Atoi(c.query.Get(name))
	return n, err == nil && n >= 1 && n <= most
}

// id reads the id in the path; what is no id is 0, which nothing has.
func (c *call) id() int64 { return toID(c.params[":id"]) }

func toID(s string) int64 {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// order sorts a list by the "sort" of the query, see comparison. The reply is nil unless the query is wrong.
func order[T any](c *call, items []T, missing string, fields map[string]func(a, b T) int, last func(a, b T) int) *reply {
	compare, bad := comparison(c, missing, fields, last)
	if bad == nil {
		slices.SortFunc(items, compare)
	}
	return bad
}

// comparison is the "sort" of the query: field:asc,field:desc, fields from the table, each compared ascending.
// What then is still alike is compared by the last function. The reply is nil unless the query is wrong.
func comparison[T any](c *call, missing string, fields map[string]func(a, b T) int, last func(a, b T) int) (func(a, b T) int, *reply) {
	keys := c.query.Get("sort")
	if keys == "" {
		keys = missing
	}
	var compare []func(a, b T) int
	for key := range strings.SplitSeq(keys, ",") {
		field, direction, given := strings.Cut(strings.TrimSpace(key), ":")
		f := fields[field]
		if f == nil || given && direction != "asc" && direction != "desc" || len(compare) > len(fields) {
			out := refuse(http.StatusBadRequest, "Invalid sort: %s", key)
			return nil, &out
		}
		if direction == "desc" {
			up := f
			f = func(a, b T) int { return up(b, a) }
		}
		compare = append(compare, f)
	}
	compare = append(compare, last)
	return func(a, b T) int {
		for _, f := range compare {
			if n := f(a, b); n != 0 {
				return n
			}
		}
		return 0
	}, nil
}

// decode reads the JSON object in the body; no body is an empty object. The reply is nil unless it is malformed.
func (c *call) decode(into any) *reply {
	if len(strings.TrimSpace(string(c.body))) == 0 {
		return nil
	}
	if err := json.Unmarshal(c.body, into); err != nil {
		out := refuse(http.StatusBadRequest, "Problems parsing JSON")
		return &out
	}
	return nil
}

// stamp writes a moment as the API does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// orNull writes an id or a date, with null for none.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
