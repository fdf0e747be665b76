package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The ways in which a 2xx can make no sense.
var (
	errEmpty   = errors.New("the answer is empty")
	errHTML    = errors.New("the answer is HTML, not JSON")
	errNotJSON = errors.New("the answer is not JSON")
	errNoData  = errors.New("the answer has no data")
)

// envelope is what every answer of the API is wrapped in.
type envelope struct {
	Data       json.RawMessage `json:"data"`
	Pagination *pagination     `json:"pagination"`
}

// pagination is where an answer says that it stands in its list.
type pagination struct {
	CurrentPage  int  `json:"current_page"`
	TotalPages   *int `json:"total_pages"` // nil: it does not say
	TotalEntries int  `json:"total_entries"`
}

// open unwraps an answer. Its data is there, and not null.
func open(body []byte) (envelope, error) {
	var e envelope
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return e, errEmpty
	}
	if body[0] == '<' {
		return e, errHTML
	}
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("%w: %w", errNotJSON, err)
	}
	if absent(e.Data) {
		return e, errNoData
	}
	return e, nil
}

// data reads the data of an answer as one object.
func data[T any](body []byte) (T, error) {
	var v T
	e, err := open(body)
	if err != nil {
		return v, err
	}
	return v, unmarshal(e.Data, &v)
}

func unmarshal(raw json.RawMessage, v any) error {
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("the data are not as documented: %w", err)
	}
	return nil
}

func absent(raw json.RawMessage) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// moment reads an instant (RFC 3339, with or without fractions) into UTC; zero for
// an empty string.
func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is no date and time", cut(strip(s), maxWord))
	}
	return at.UTC(), nil
}

// about is moment for dates that nothing hangs on: zero where they do not parse.
func about(s string) time.Time {
	at, _ := moment(s)
	return at
}
