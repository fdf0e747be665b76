package sandbox

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultLimit is the documented quota of a token: requests an hour.
const defaultLimit = 2400

// defaultChecks is how many of them may be checks of a name. That there is such a limit is documented, what it is is not.
const defaultChecks = 60

// token is what a bearer token may do, and how much of its quota is used.
type token struct {
	account *account // of an account token
	user    *user    // of a user token
	scopes  []string // empty: all
	limit   int      // requests an hour

	reset time.Time // when the window ends in which used was counted
	used  int

	checks     int // an hour, of the call check; 0: none of its own
	checkReset time.Time
	checked    int
}

// authenticate finds the token of a request, or nil.
func authenticate(w *world, r *http.Request) *token {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	return w.tokens[strings.TrimSpace(value)]
}

// count counts a request, and says whether it is within the limit. The window begins with the first request and
// lasts an hour.
func (t *token) count(now time.Time) bool {
	if !now.Before(t.reset) {
		t.reset, t.used = now.Truncate(time.Second).Add(time.Hour), 0
	}
	t.used++
	return t.used <= t.limit
}

// countCheck counts a check of a name, and refuses it beyond the limit that it has of its own.
func (t *token) countCheck(now time.Time) *reply {
	if !now.Before(t.checkReset) {
		t.checkReset, t.checked = now.Truncate(time.Second).Add(time.Hour), 0
	}
	if t.checked++; t.checks == 0 || t.checked <= t.checks {
		return nil
	}
	out := refuse(http.StatusTooManyRequests, "quota exceeded").with("X-RateLimit-Limit", strconv.Itoa(t.checks)).
		with("X-RateLimit-Remaining", "0").with("X-RateLimit-Reset", strconv.FormatInt(t.checkReset.Unix(), 10))
	return &out
}

// label adds the headers that tell how much is left, where the call has not told of a limit of its own.
func (t *token) label(r reply) reply {
	if r.header.Get("X-RateLimit-Limit") != "" {
		return r
	}
	return r.with("X-RateLimit-Limit", strconv.Itoa(t.limit)).
		with("X-RateLimit-Remaining", strconv.Itoa(max(0, t.limit-t.used))).
		with("X-RateLimit-Reset", strconv.FormatInt(t.reset.Unix(), 10))
}

// sees says whether an account belongs to the token.
func (t *token) sees(account int64) bool {
	if t.account != nil {
		return t.account.id == account
	}
	return slices.Contains(t.user.accounts, account)
}

// may says whether the token has a scope. The right to write holds the right to read.
func (t *token) may(scope string) bool {
	if scope == "" || len(t.scopes) == 0 {
		return true
	}
	want := strings.SplitN(scope, ":", 3)
	return slices.ContainsFunc(t.scopes, func(s string) bool {
		have := strings.SplitN(s, ":", 3)
		return (have[0] == want[0] || have[0] == "*") && (have[1] == want[1] || have[1] == "*") &&
			(have[2] == want[2] || have[2] == "*" || have[2] == "write" && want[2] == "read")
	})
}
