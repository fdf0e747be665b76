package control

import (
	"net/http"
	"strconv"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// explainQuestion is what is to be explained.
type explainQuestion struct {
	name    string // as A-labels
	push    int64
	change  int64
	on      portfolio.ResourceKind // "": whatever has the name
	account string
	at      time.Time // zero: now
}

// parseExplain reads what is to be explained.
func parseExplain(r *http.Request, policy *rules.Policy, now time.Time) (q explainQuestion, err error) {
	v, err := parameters(r, "name", "push", "change", "on", "account", "at")
	if err != nil {
		return q, err
	}
	given := 0
	for _, key := range []string{"name", "push", "change"} {
		if v[key] != "" {
			given++
		}
	}
	if given != 1 {
		return q, problem(http.StatusBadRequest, "say what is to be explained: a name, a push or a change, one of them")
	}
	q.account, q.on = v["account"], portfolio.ResourceKind(v["on"])
	if q.on != "" && (v["name"] == "" || q.on != portfolio.KindDomain && q.on != portfolio.KindName) {
		return q, problem(http.StatusBadRequest, "a name is that of a domain or is watched as a name, not %q", clip(v["on"]))
	}
	if v["name"] != "" {
		if q.name, err = properName(v["name"]); err != nil {
			return q, err
		}
	}
	for key, to := range map[string]*int64{"push": &q.push, "change": &q.change} {
		if v[key] == "" {
			continue
		}
		if *to, err = strconv.ParseInt(v[key], 10, 64); err != nil || *to <= 0 {
			return q, problem(http.StatusBadRequest, "%q is no id of a %s: it is a number, as \"domaind %s\" shows it", clip(v[key]), key, map[string]string{"push": "pushes", "change": "changes"}[key])
		}
	}
	q.at, err = parseAt(v["at"], policy.Location, now)
	return q, err
}

// farthest is how far ahead anything can be told.
const farthest = 100 * 366 * 24 * time.Hour

// parseAt reads a moment to come: a day as the policy's time zone has it, or a moment.
// Without one it is now: zero.
func parseAt(text string, in *time.Location, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, text, in)
	if err != nil {
		at, err = time.Parse(time.RFC3339, text)
	}
	switch {
	case err != nil:
		return at, problem(http.StatusBadRequest, "%q is no moment; write a day, 2027-03-01, or a moment, 2027-03-01T12:00:00Z", clip(text))
	case at.Before(now):
		return at, problem(http.StatusBadRequest, "%s has passed: only what is to come can be told from how things stand now", clip(text))
	case at.Sub(now) > farthest:
		return at, problem(http.StatusBadRequest, "%s is too far ahead", clip(text))
	}
	return at.In(now.Location()), nil
}
