package client

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"net/http"
	"time"

	"domaind/internal/portfolio"
)

// Tries of a read, and the wait before the second; it doubles from there.
const (
	readTries   = 3
	readBackoff = time.Second
	// maxRetryWait bounds how long a read waits for the end of a rate limit.
	maxRetryWait = time.Hour
	// limitWaits is how many rate limits a read waits for the end of, beside its tries.
	limitWaits = 3
	// maxOutage is how long a Retry-After of a server that is down may be to be waited
	// for.
	maxOutage = 15 * time.Minute
)

type (
	urgentKey     struct{}
	backgroundKey struct{}
)

// Urgent marks the reads made with the context as belonging to a call that
// changes the world: they may use the part of the request quota that is kept for
// those.
func Urgent(ctx context.Context) context.Context {
	return context.WithValue(ctx, urgentKey{}, true)
}

// Background marks the reads made with the context as ones that can wait for hours:
// they leave half of the request quota, and wait while any other request waits.
func Background(ctx context.Context) context.Context {
	return context.WithValue(ctx, backgroundKey{}, true)
}

// classOf is the class of the reads made with a context.
func classOf(ctx context.Context) class {
	switch {
	case ctx.Value(urgentKey{}) != nil:
		return urgentRead
	case ctx.Value(backgroundKey{}) != nil:
		return background
	}
	return ordinary
}

type answersKey struct{}

// WithAnswers tells what came beside the data of each answer to calls made with the
// context: successes and failures, and every try of a read. It is told before the
// call returns, and never of a request that had no answer.
func WithAnswers(ctx context.Context, tell func(portfolio.Answer)) context.Context {
	return context.WithValue(ctx, answersKey{}, tell)
}

// sender makes one SDK call. Its error counts only where nothing was sent: the
// answer is in the exchange.
type sender func(ctx context.Context) error

// call names an act for errors: "renew example.com (account 1010)".
func (c *Client) call(format string, args ...any) string {
	return fmt.Sprintf(format, args...) + " (account " + c.accountID + ")"
}

// read makes a call that only asks, up to three times, and once more for each rate limit
// that it waits for the end of. An error is a
// *portfolio.CallError; without one the status is 2xx and the body complete.
func (c *Client) read(ctx context.Context, call string, send sender) (*exchange, error) {
	return c.ask(ctx, call, exchange{}, send)
}

// readScarce is read for calls that have a stricter rate limit of their own. Where
// that is used up nobody waits for it, and nothing else is held back by it.
func (c *Client) readScarce(ctx context.Context, call string, send sender) (*exchange, error) {
	return c.ask(ctx, call, exchange{scarce: true}, send)
}

func (c *Client) ask(ctx context.Context, call string, kind exchange, send sender) (*exchange, error) {
	for try, limits := 1, 0; ; {
		ex, failure := c.once(ctx, call, kind, send)
		if failure == nil {
			return ex, nil
		}
		if !worthRetrying(ex, failure) || ctx.Err() != nil {
			return ex, failure
		}
		wait := c.pause(call, try, ex, failure)
		if c.limited(failure) {
			limits++
		} else {
			try++
		}
		switch {
		case try > readTries || limits > limitWaits:
			return ex, failure
		case classOf(ctx) == urgentRead && wait > urgentPatience:
			return ex, failure // what was confirmed before it would be old
		}
		if err := c.sleep(ctx, wait); err != nil {
			failure.Err = errors.Join(failure.Err, err)
			return ex, failure
		}
	}
}

// limited says whether a call failed at a rate limit of which the end is known.
func (c *Client) limited(failure *portfolio.CallError) bool {
	return failure.Outcome == portfolio.OutcomeRateLimited && failure.RetryAt.After(c.now())
}

// change makes a call that changes the world, once. The exchange is valid even
// with an error.
func (c *Client) change(ctx context.Context, call string, send sender) (*exchange, error) {
	ex, failure := c.once(ctx, call, exchange{change: true}, send)
	if failure != nil {
		return ex, failure
	}
	return ex, nil
}

// once throttles, sends, and interprets the status of what came back.
func (c *Client) once(ctx context.Context, call string, kind exchange, send sender) (*exchange, *portfolio.CallError) {
	ex := &kind
	k, longest := classOf(ctx), maxAhead
	if ex.change {
		k = urgentRead
	}
	if k == urgentRead {
		longest = urgentPatience
	}
	if err := c.throttle.admit(ctx, k, longest, c.sleep); err != nil {
		return ex, c.notSent(call, "waiting for the request quota", err)
	}
	defer c.throttle.done(ex)

	timeout := c.readTimeout
	if ex.change {
		timeout = c.moneyTimeout
	}
	limited, cancel := context.WithTimeout(withExchange(ctx, ex), timeout)
	defer cancel()
	err := send(limited)
	if !ex.started {
		if err == nil {
			err = errors.New("the SDK sent no request")
		}
		return ex, c.notSent(call, "no request was made", err)
	}
	if now := c.now(); ex.status >= 500 {
		ex.outage = max(0, retryAfter(ex, now, maxAhead).Sub(now))
	}
	if tell, ok := ctx.Value(answersKey{}).(func(portfolio.Answer)); ok && ex.status != 0 {
		tell(c.answer(ex))
	}
	return ex, c.judge(call, ex)
}

// worthRetrying says whether the same question may have another answer soon.
func worthRetrying(ex *exchange, failure *portfolio.CallError) bool {
	switch {
	case !ex.started:
		return false
	case ex.status == 0: // not sent, a timeout, a reset
		return true
	case ex.status == http.StatusTooManyRequests:
		return !ex.scarce
	case ex.status >= 500:
		return ex.outage <= maxOutage
	}
	return ex.bodyErr != nil && !errors.Is(failure.Err, errTooLarge)
}

// pause is the time before the next try: until the end of a rate limit where it
// is known, as long as a server that is down asks for, else doubling, and spread by up
// to a half. The end of a rate limit is spread by the throttle. The spread comes from the
// call and the moment, not from chance, so that a simulation repeats itself.
func (c *Client) pause(call string, try int, ex *exchange, failure *portfolio.CallError) time.Duration {
	now := c.now()
	if c.limited(failure) {
		return min(failure.RetryAt.Sub(now), maxRetryWait)
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(call))
	_, _ = h.Write(binary.LittleEndian.AppendUint64(nil, uint64(now.UnixNano())))
	base := max(readBackoff<<(try-1), ex.outage)
	return base + time.Duration(h.Sum64()%uint64(base/2)) //nolint:gosec // G115: base is a quarter of an hour at most
}
