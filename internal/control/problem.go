package control

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/idna"

	"domaind/internal/executor"
	"domaind/internal/portfolio"
	"domaind/internal/scheduler"
)

// AnswerError is an answer that is an error.
type AnswerError struct {
	// Status is the HTTP status: 400 where the question was wrong, 404 where it is about
	// nothing that is there, 409 where it cannot be done now.
	Status  int    `json:"-"`
	Message string `json:"error"`
	// Candidates are the operations that the question may mean.
	Candidates []Row `json:"candidates,omitempty"`
}

// Error is the sentence.
func (e *AnswerError) Error() string { return e.Message }

func problem(status int, format string, args ...any) *AnswerError {
	return &AnswerError{Status: status, Message: fmt.Sprintf(format, args...)}
}

// statusOf is the HTTP status of an error.
func statusOf(err error) int {
	if p, ok := errors.AsType[*AnswerError](err); ok {
		return p.Status
	}
	if _, ok := errors.AsType[*executor.RefusedError](err); ok {
		return http.StatusConflict
	}
	switch {
	case errors.Is(err, scheduler.ErrNoDomain):
		return http.StatusNotFound
	case errors.Is(err, scheduler.ErrRunning), errors.Is(err, portfolio.ErrStale):
		return http.StatusConflict
	}
	return http.StatusInternalServerError
}

// longest is how much of what somebody wrote is shown to him again.
const longest = 100

// clip is a text of somebody's as it may stand in a sentence.
func clip(text string) string { return clipTo(text, longest) }

// longestReason is how much is shown of an error that came with an answer of DNSimple's:
// its request's id stands last.
const longestReason = 600

// reasonOf is an error as it may stand in a sentence.
func reasonOf(err error) string { return clipTo(err.Error(), longestReason) }

func clipTo(text string, most int) string {
	if len(text) > most {
		text = text[:most] + "…"
	}
	return strings.ToValidUTF8(strings.Map(printable, text), "")
}

// printable replaces what is no character that can be seen.
func printable(r rune) rune {
	if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
		return ' '
	}
	return r
}

// words lists what there is to choose from.
func words[T ~string](all []T) string {
	out := make([]string, len(all))
	for i, w := range all {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// accountLabel names an account by both its names.
func accountLabel(a portfolio.Account) string { return fmt.Sprintf("%s (%d)", a.Name, a.ID) }

// domainName brings a name as people write it to how the ledger has it: lower case,
// A-labels. Labels that are none, such as those with a wildcard, stay as they are.
func domainName(text string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(strings.TrimSpace(text), ".")), ".")
	for i, label := range labels {
		if ascii, err := idna.Lookup.ToASCII(label); err == nil {
			labels[i] = ascii
		}
	}
	return strings.Join(labels, ".")
}
