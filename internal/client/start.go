package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"domaind/internal/portfolio"
)

// fields are the data of an answer of which only the id must make sense: each other
// field is taken if it can be.
type fields map[string]json.RawMessage

// readFields reads data that have an id.
func readFields(body []byte) (fields, error) {
	said, err := data[fields](body)
	if err == nil && said.id() <= 0 {
		err = errors.New("the answer has no id")
	}
	return said, err
}

func (f fields) id() int64 { return f.number("id") }

// number reads a whole number, which may be written as a string; 0 where it is none.
func (f fields) number(key string) int64 {
	n, err := strconv.ParseInt(strings.Trim(string(f[key]), `"`), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// text reads a string; "" where it is none.
func (f fields) text(key string) string {
	var s string
	if json.Unmarshal(f[key], &s) != nil {
		return ""
	}
	return s
}

// flag says whether a field is true.
func (f fields) flag(key string) bool { return string(f[key]) == "true" }

// start makes a call that begins something at DNSimple, once. Whatever 2xx carries
// an id was accepted, and is returned without an error, even where its other fields
// are odd: the id is the only way to ever ask again.
func start[T any](ctx context.Context, c *Client, call string, send sender, convert func(fields) T) (T, portfolio.Answer, error) {
	var none T
	ex, err := c.change(ctx, call, send)
	answer := c.answer(ex)
	if ex.status < 200 || ex.status > 299 {
		return none, answer, err
	}
	// The answer is read even where it broke off: if the id came through, it counts.
	said, ferr := readFields(ex.body)
	switch {
	case ferr == nil:
		return convert(said), answer, nil
	case err != nil:
		return none, answer, err
	}
	return none, answer, c.malformed(call, ex, ferr)
}

// started reads what became of something that start began for a name.
func started[T any](ctx context.Context, c *Client, what, name string, id int64, ask func(ctx context.Context, name string) error, convert func(fields) T) (T, error) {
	var none T
	call, name, err := c.named(fmt.Sprintf("read %s %d of", what, id), name)
	if err != nil {
		return none, err
	}
	if id <= 0 {
		return none, c.refuse(call, "the id of a %s is positive", what)
	}
	ex, err := c.read(ctx, call, func(ctx context.Context) error { return ask(ctx, name) })
	if err != nil {
		return none, err
	}
	said, err := readFields(ex.body)
	if err == nil && said.id() != id {
		err = fmt.Errorf("the answer is about %s %d", what, said.id())
	}
	if err != nil {
		return none, c.malformed(call, ex, err)
	}
	return convert(said), nil
}

// post sends an input that the SDK has no fitting type for to a registrar's call of
// a name.
func (c *Client) post(ctx context.Context, name, what string, input any) error {
	resp, err := c.sdk.Request(ctx, http.MethodPost, "/v2/"+c.accountID+"/registrar/domains/"+name+"/"+what, input, nil, nil)
	return closed(resp, err)
}

// closed ends a response of the SDK's Request, whose body the transport has read.
func closed(resp *http.Response, err error) error {
	if err != nil {
		return err
	}
	return resp.Body.Close()
}
