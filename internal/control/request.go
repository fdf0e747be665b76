package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	// maxBody is the most that is read of a request.
	maxBody = 64 << 10
	// maxReason is the longest reason that somebody may give, in characters.
	maxReason = 500
)

// decode reads the JSON object of a request, strictly: what is not understood must
// not be taken for something else.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return problem(http.StatusBadRequest, "the question could not be read: %v", err)
	}
	if len(body) > maxBody {
		return problem(http.StatusBadRequest, "the question is longer than %d bytes", maxBody)
	}
	if text := bytes.TrimSpace(body); len(text) > 0 && text[0] != '{' { // null would be taken for nothing at all
		return problem(http.StatusBadRequest, "the question is not as it should be: send a JSON object")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		if errors.Is(err, io.EOF) {
			return problem(http.StatusBadRequest, "the question is empty: send a JSON object")
		}
		if odd, ok := errors.AsType[*json.SyntaxError](err); ok { // it would quote what it stumbles over, which may be a secret's
			return problem(http.StatusBadRequest, "the question is not as it should be: no JSON at byte %d", odd.Offset)
		}
		return problem(http.StatusBadRequest, "the question is not as it should be: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return problem(http.StatusBadRequest, "the question is more than one JSON object")
	}
	return nil
}

// reason is a reason that somebody gave, as it can be stored and shown.
func reason(text string) (string, error) {
	text = strings.TrimSpace(strings.Map(printable, text))
	if !utf8.ValidString(text) {
		return "", problem(http.StatusBadRequest, "the reason is no text")
	}
	if utf8.RuneCountInString(text) > maxReason {
		return "", problem(http.StatusBadRequest, "the reason is longer than %d characters", maxReason)
	}
	return text, nil
}
