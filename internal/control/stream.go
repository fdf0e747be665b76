package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
)

// line is one line of a list that is told as it is read: an entry, or the end.
type line[T any] struct {
	Item *T       `json:"item,omitempty"`
	End  *listEnd `json:"end,omitempty"`
}

// listEnd is the last line of a list: one that is without it is not complete.
type listEnd struct {
	Items    int      `json:"items"`    // how many there were
	Problems []string `json:"problems"` // what could not be read
}

// maxProblems bounds how many problems of a list are told.
const maxProblems = 100

// tell writes a list as it is read, a JSON object a line (application/x-ndjson). Of a
// list of any length, little is in memory.
func tell[T any](ctx context.Context, w http.ResponseWriter, items iter.Seq2[T, error]) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	end := listEnd{Problems: []string{}}
	for item, err := range items {
		if ctx.Err() != nil {
			panic(http.ErrAbortHandler) // what was written must not be taken for all
		}
		if err != nil {
			if len(end.Problems) < maxProblems {
				end.Problems = append(end.Problems, err.Error())
			}
			continue
		}
		end.Items++
		_ = e.Encode(line[T]{Item: &item}) // into memory
		const enough = 32 << 10
		if text.Len() < enough {
			continue
		}
		if _, err := text.WriteTo(w); err != nil {
			panic(http.ErrAbortHandler) // the asker is gone
		}
	}
	if ctx.Err() != nil {
		panic(http.ErrAbortHandler)
	}
	_ = e.Encode(line[T]{End: &end})
	_, _ = text.WriteTo(w) // as above; there is nothing left to end
}

// hear asks for a list, and hands on each entry as it comes. What could not be read is
// told beside its error.
func hear[T any](ctx context.Context, c *Client, path string, query url.Values, each func(T) error) (problems []string, err error) {
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	err = c.do(ctx, http.MethodGet, path, nil, func(body io.Reader) error {
		d, n := json.NewDecoder(body), 0
		for {
			var l line[T]
			if err := d.Decode(&l); err != nil {
				if errors.Is(err, io.EOF) {
					err = io.ErrUnexpectedEOF
				}
				return fmt.Errorf("the list is not complete: %w", err)
			}
			switch {
			case l.End != nil && l.End.Items != n:
				return fmt.Errorf("the list has %d entries, and %d came", l.End.Items, n)
			case l.End != nil:
				problems = l.End.Problems
				return nil
			case l.Item == nil:
				return errors.New("a line of the list is neither an entry nor its end")
			}
			n++
			if err := each(*l.Item); err != nil {
				return &eachError{err}
			}
		}
	})
	if own, ok := errors.AsType[*eachError](err); ok {
		err = own.err
	}
	return problems, err
}

// eachError is an error of whoever takes the entries, not of the answer.
type eachError struct{ err error }

func (e *eachError) Error() string { return e.err.Error() }
