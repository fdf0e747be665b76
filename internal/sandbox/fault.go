package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// What the text fields of a [Fault] may say.
const (
	Before      = "before"  // Drop, DelayAt: before the call takes effect
	After       = "after"   // Drop, DelayAt: when it has taken effect
	BodyJSON    = "json"    // Body: {"message"}, as the API words its errors
	BodyHTML    = "html"    // Body: the page of a gateway
	BodyEmpty   = "empty"   // Body: none
	DateMissing = "missing" // Date: no such header
	ResetNone   = "none"    // RateLimit: a 429 that does not say when the window ends
)

// Fault is something that goes wrong on demand: which requests it hits, and what they meet. It is written in JSON as
// in Go. Times are lengths such as "150ms", "30s", "36h", "+2d"; units are those of Go and of a portfolio.
//
// A call takes effect and is answered as always, but for what is set here. Delay, Date and Truncate go with any fault that answers;
// Drop, Status, RateLimit and Redirect exclude each other. A fault under which a call is not carried out stands in front of
// the API: it asks for no token and counts against no limit.
type Fault struct {
	// Method is the method of the requests, in capitals; empty: any.
	Method string `json:"method,omitempty"`
	// Path is a pattern over what follows /v2 in the path, without the query, and unescaped: "/1010/domains", "*/renewals". A * is
	// any number of characters, slashes among them; empty: any path under /v2. Nothing ever hits /_sandbox/.
	Path string `json:"path,omitempty"`
	// Skip is how many matching requests pass first, those among them that another fault hits.
	Skip int `json:"skip,omitempty"`
	// Count is how many requests are hit; 0: all, until the fault is removed. A request is hit by one fault: the
	// oldest one that is due. Mind that Go's transport sends a GET again by itself where a connection dies that had been used before.
	Count int `json:"count,omitempty"`

	// Delay is how long a request waits, by Options.Sleep and outside of every lock. A client that goes away ends the wait, and
	// removing the fault lets all go that wait for it.
	Delay string `json:"delay,omitempty"`
	// DelayAt is when: "after" the effect (or empty), so that the answer is late, or "before" it, so that a client that goes
	// away meanwhile has changed nothing.
	DelayAt string `json:"delay_at,omitempty"`
	// Drop closes the connection without an answer, "before" or "after" the effect. Where the connection is not the handler's to
	// close (in process, over HTTP/2) ServeHTTP panics with [http.ErrAbortHandler], which is how net/http is told the same.
	Drop string `json:"drop,omitempty"`
	// Status replaces the answer, with 200 to 599.
	Status int `json:"status,omitempty"`
	// Effect says that the call is carried out all the same; with Status or Redirect.
	Effect bool `json:"effect,omitempty"`
	// Body is that of Status: "json" (or empty), "html", "empty". Without Status, "html" or "empty" replaces the body that the call has
	// (and its status of 204, which has none, by 200). A Status of 2xx needs Body or Raw.
	Body string `json:"body,omitempty"`
	// Message is the one in a "json" body; empty: the usual one.
	Message string `json:"message,omitempty"`
	// Raw is a body word for word, sent as JSON, whatever it is; in place of Body.
	Raw string `json:"raw,omitempty"`
	// RateLimit answers 429 with X-RateLimit-Reset so far ahead; negative: in the past; "none": without it.
	RateLimit string `json:"rate_limit,omitempty"`
	// Redirect answers 307 with this Location: an absolute URL, or a path.
	Redirect string `json:"redirect,omitempty"`
	// Truncate announces the Content-Length of the whole body, sends so many bytes of it (one less than all at most), and closes the
	// connection; in process the body is just shorter than its Content-Length. An answer that has no body is dropped.
	Truncate *int `json:"truncate,omitempty"`
	// Date shifts the Date of the answer by a length, or is "missing".
	Date string `json:"date,omitempty"`
}

// FaultStatus is a fault that was injected, and what became of it.
type FaultStatus struct {
	ID   int `json:"id"`
	Seen int `json:"seen"` // requests that matched since
	Hits int `json:"hits"` // requests among them that it hit
	Fault
}

// maxFaults bounds how many faults there are at a time.
const maxFaults = 1000

// methods are those that a client may use.
func methods() []string {
	return []string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	}
}

// arm checks a fault and prepares it. The error begins with the field that it is about.
func (f Fault) arm(canSleep bool) (*armed, error) {
	a := &armed{Fault: f}
	if f.Truncate != nil {
		a.Truncate = new(*f.Truncate)
	}
	err := first(f.checkTarget, f.checkKind, f.checkBody, f.checkTruncate, func() error { return a.readTimes(canSleep) })
	if err != nil {
		return nil, err
	}
	return a, nil
}

// first runs checks until one of them complains.
func first(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (f Fault) checkTarget() error {
	switch {
	case f.Method != "" && !slices.Contains(methods(), f.Method):
		return fmt.Errorf("method is %q: it is one of %s, or left out for any", f.Method, strings.Join(methods(), ", "))
	case f.Path != "" && f.Path[0] != '/' && f.Path[0] != '*':
		return fmt.Errorf("path is %q: it begins with / or with *, like \"/1010/domains\" or \"*/renewals\"", f.Path)
	case f.Path == "/v2" || strings.HasPrefix(f.Path, "/v2/"):
		return fmt.Errorf("path is %q: write only what follows /v2", f.Path)
	case f.Path == controlRoot || strings.HasPrefix(f.Path, controlRoot+"/"):
		return fmt.Errorf("path is %q: nothing under %s/ is ever hit", f.Path, controlRoot)
	case strings.Contains(f.Path, "?"):
		return fmt.Errorf("path is %q: the query is not part of it; leave it out", f.Path)
	case len(f.Path) > 1 && strings.HasSuffix(f.Path, "/"):
		return fmt.Errorf("path is %q: write it without the slash at its end", f.Path)
	case f.Skip < 0:
		return fmt.Errorf("skip is %d: it is how many requests pass first, 0 or more", f.Skip)
	case f.Count < 0:
		return fmt.Errorf("count is %d: it is how many requests are hit, or 0 for all", f.Count)
	}
	return nil
}

// checkKind sees to it that the fault does something, and not two things that exclude each other.
func (f Fault) checkKind() error {
	var set []string
	for _, kind := range []struct {
		name string
		set  bool
	}{{"drop", f.Drop != ""}, {"status", f.Status != 0}, {"rate_limit", f.RateLimit != ""}, {"redirect", f.Redirect != ""}} {
		if kind.set {
			set = append(set, kind.name)
		}
	}
	switch {
	case len(set) > 1:
		return fmt.Errorf("%s and %s exclude each other: a request meets one of them", set[0], set[1])
	case len(set) == 0 && f.Delay == "" && f.Date == "" && f.Truncate == nil && f.Body == "" && f.Raw == "":
		return errors.New("the fault does nothing: set one of delay, drop, status, rate_limit, redirect, body, raw, truncate, date")
	case f.Drop != "" && f.Drop != Before && f.Drop != After:
		return fmt.Errorf("drop is %q: it is \"before\" or \"after\" the effect", f.Drop)
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status is %d: it is 200 to 599", f.Status)
	case f.Effect && f.Status == 0 && f.Redirect == "":
		return errors.New("effect goes with status or redirect: drop says it by \"before\" or \"after\", " +
			"a 429 by rate_limit never has one, and any other fault always has")
	case f.Redirect != "" && !isTarget(f.Redirect):
		return fmt.Errorf("redirect is %q: it is a URL with http or https and a host, or a path that begins with one /", f.Redirect)
	}
	return nil
}

func isTarget(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	if u.Scheme == "" {
		return u.Host == "" && strings.HasPrefix(text, "/")
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func (f Fault) checkBody() error {
	switch {
	case f.Body != "" && f.Body != BodyJSON && f.Body != BodyHTML && f.Body != BodyEmpty:
		return fmt.Errorf("body is %q: it is \"json\", \"html\" or \"empty\"", f.Body)
	case f.Body != "" && f.Raw != "":
		return errors.New("body and raw exclude each other: raw is the body, word for word")
	case f.Body+f.Raw != "" && (f.Drop != "" || f.RateLimit != "" || f.Redirect != ""):
		return errors.New("body and raw go with status, or with the status that the call itself has: not with drop, rate_limit or redirect")
	case f.Body == BodyJSON && f.Status == 0:
		return errors.New("body is \"json\": that is the body of an error, and goes with status")
	case f.Message != "" && (f.Status == 0 || f.Body == BodyHTML || f.Body == BodyEmpty || f.Raw != "" || bodiless(f.Status)):
		return errors.New("message goes with a status whose body is \"json\"")
	case bodiless(f.Status) && (f.Raw != "" || f.Body != "" && f.Body != BodyEmpty):
		return fmt.Errorf("status is %d, which has no body: leave out body and raw", f.Status)
	case f.Status >= 200 && f.Status < 300 && f.Body+f.Raw == "" && !bodiless(f.Status):
		return fmt.Errorf("status is %d: a success needs body or raw, to say what it holds", f.Status)
	}
	return nil
}

// bodiless says of a status that HTTP allows it no body.
func bodiless(status int) bool {
	return status == http.StatusNoContent || status == http.StatusNotModified
}

func (f Fault) checkTruncate() error {
	switch {
	case f.Truncate == nil:
		return nil
	case *f.Truncate < 0:
		return fmt.Errorf("truncate is %d: it is how many bytes of the body are sent, 0 or more", *f.Truncate)
	case f.Drop != "", f.Redirect != "", f.Body == BodyEmpty, bodiless(f.Status):
		return errors.New("truncate needs an answer with a body: it goes neither with drop or redirect nor with an empty body")
	}
	return nil
}

// readTimes reads the three lengths.
func (a *armed) readTimes(canSleep bool) error {
	var err error
	switch {
	case a.Delay == "" && a.DelayAt != "":
		return errors.New("delay_at goes with delay")
	case a.DelayAt != "" && a.DelayAt != Before && a.DelayAt != After:
		return fmt.Errorf("delay_at is %q: it is \"before\" or \"after\" the effect", a.DelayAt)
	case a.Date != "" && a.Drop != "":
		return errors.New("date goes with an answer: a dropped connection has none")
	}
	if a.Delay != "" {
		if a.delay, err = faultTime("delay", a.Delay); err != nil {
			return err
		}
		if a.delay.isZero() || a.delay.negative() {
			return fmt.Errorf("delay is %q: it is longer than nothing", a.Delay)
		}
		if !canSleep {
			return errors.New("delay: this sandbox was started without a way to wait; give it one as Options.Sleep")
		}
	}
	if a.RateLimit != "" && a.RateLimit != ResetNone {
		if a.reset, err = faultTime("rate_limit", a.RateLimit); err != nil {
			return fmt.Errorf("%w, or \"none\"", err)
		}
	}
	if a.Date != "" && a.Date != DateMissing {
		if a.date, err = faultTime("date", a.Date); err != nil {
			return fmt.Errorf("%w, or \"missing\"", err)
		}
		if a.date.isZero() {
			return fmt.Errorf("date is %q: that shifts nothing", a.Date)
		}
	}
	return nil
}

// faultTime reads a length as Go writes it, which knows milliseconds, or as a portfolio does, which knows days.
func faultTime(field, text string) (span, error) {
	if d, err := time.ParseDuration(text); err == nil && d.Abs() <= maxSpanYears*366*24*time.Hour {
		return span{clock: d}, nil
	}
	out, err := parseSpan(text)
	if err != nil {
		return span{}, fmt.Errorf("%s is %q: write a length like \"150ms\", \"30s\", \"36h\", \"+2d\", \"-1h\" (at most %d years)",
			field, text, maxSpanYears)
	}
	return out, nil
}
