package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"domaind/internal/portfolio"
)

// judge says what became of a request that the transport has dealt with: nil for
// a 2xx with a complete body, which the caller then reads.
func (c *Client) judge(call string, ex *exchange) *portfolio.CallError {
	if ex.status == 0 {
		if !ex.sent {
			return c.notSent(call, "not sent", ex.err)
		}
		failure := c.failure(call, ex, "no answer: "+c.describe(ex.err))
		failure.Err = c.cause(ex.err)
		return failure
	}
	if ex.bodyErr == nil && ex.status >= 200 && ex.status <= 299 {
		return nil
	}
	failure := c.failure(call, ex, "")
	failure.RetryAt = limitEnd(ex, c.now())
	said, attributes := c.complaint(ex)
	failure.Attributes = attributes
	switch {
	case ex.status >= 200 && ex.status <= 299:
		failure.Attributes, said = nil, ""
		failure.Message = "the answer breaks off: " + c.describe(ex.bodyErr)
		failure.Err = c.cause(ex.bodyErr)
	case ex.status >= 400 && ex.status <= 499:
		failure.Outcome = refusal(ex, said != "")
		failure.Message = http.StatusText(ex.status) + ", without a message from DNSimple"
	case ex.status >= 300 && ex.status <= 399:
		failure.Message = "a redirect, which is never followed"
	default:
		failure.Message = strings.TrimSpace(http.StatusText(ex.status) + ", without a message from DNSimple")
	}
	if said != "" {
		failure.Message = said
	}
	return failure
}

// refusal is the outcome of a 4xx. A proxy between us and DNSimple can answer one
// too, before or after it passed a request on: what could have changed the world
// is refused only if DNSimple itself says so.
func refusal(ex *exchange, parsed bool) portfolio.Outcome {
	if !parsed && ex.change {
		return portfolio.OutcomeUnknown
	}
	switch ex.status {
	case http.StatusUnauthorized:
		return portfolio.OutcomeUnauthorized
	case http.StatusPaymentRequired:
		return portfolio.OutcomePaymentRequired
	case http.StatusForbidden:
		return portfolio.OutcomeForbidden
	case http.StatusNotFound:
		return portfolio.OutcomeNotFound
	case http.StatusTooManyRequests:
		return portfolio.OutcomeRateLimited
	}
	if !parsed {
		return portfolio.OutcomeUnknown
	}
	return portfolio.OutcomeRejected
}

// failure is an error of unknown outcome, with what the answer's headers tell.
func (c *Client) failure(call string, ex *exchange, message string) *portfolio.CallError {
	a := c.answer(ex)
	return &portfolio.CallError{
		Call: call, Outcome: portfolio.OutcomeUnknown, Status: a.Status,
		Message: message, RequestID: a.RequestID, Date: a.Date,
	}
}

// malformed is a 2xx that makes no sense.
func (c *Client) malformed(call string, ex *exchange, err error) error {
	failure := c.failure(call, ex, c.describe(err))
	failure.Err = c.cause(err)
	return failure
}

// notSent is a request that certainly did not leave.
func (c *Client) notSent(call, what string, err error) *portfolio.CallError {
	failure := &portfolio.CallError{
		Call: call, Outcome: portfolio.OutcomeNotSent,
		Message: what + ": " + c.describe(err), Err: c.cause(err),
	}
	if quota, ok := errors.AsType[*quotaError](err); ok {
		failure.RetryAt = quota.until
	}
	return failure
}

// refuse is a call that we do not make.
func (c *Client) refuse(call, format string, args ...any) error {
	return c.notSent(call, "not sent", fmt.Errorf(format, args...))
}

func (c *Client) describe(err error) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	return c.clean(err.Error(), maxText)
}

func (c *Client) cause(err error) error {
	return &cause{text: c.describe(err), err: err}
}

// answer is what stands around the data of an answer.
func (c *Client) answer(ex *exchange) portfolio.Answer {
	return portfolio.Answer{
		Status:    ex.status,
		Date:      serverDate(ex.header),
		RequestID: c.clean(ex.header.Get("X-Request-Id"), maxWord),
	}
}

// complaint reads DNSimple's error: a message, and what is wrong with each
// attribute, as a list, or as a string, or not at all. Without a message it is
// not DNSimple's.
func (c *Client) complaint(ex *exchange) (string, map[string][]string) {
	var body struct {
		Message string          `json:"message"`
		Errors  json.RawMessage `json:"errors"`
	}
	if ex.bodyErr != nil || json.Unmarshal(ex.body, &body) != nil {
		return "", nil
	}
	message := c.clean(body.Message, maxText)
	var errs map[string]json.RawMessage
	if message == "" || len(body.Errors) == 0 || json.Unmarshal(body.Errors, &errs) != nil {
		return message, nil
	}
	attributes := make(map[string][]string)
	keys := make([]string, 0, len(errs))
	for key := range errs {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys[:min(len(keys), maxAttributes)] {
		var list []string
		var one string
		if json.Unmarshal(errs[key], &one) == nil {
			list = []string{one}
		} else if json.Unmarshal(errs[key], &list) != nil {
			// A shape nobody knows is still worth showing, written as we write JSON: how
			// it was written could hide what is not to be shown.
			var shape any
			if json.Unmarshal(errs[key], &shape) == nil {
				list = []string{inJSON(shape, false)}
			}
		}
		list = list[:min(len(list), maxComplaints)]
		for i := range list {
			list[i] = c.clean(list[i], maxText)
		}
		attributes[c.clean(key, maxWord)] = list
	}
	if len(attributes) == 0 {
		return message, nil
	}
	return message, attributes
}
