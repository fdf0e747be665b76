package events

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// Received is a message of the feed. Where Err is not nil it is no event that this
// version understands, and only Subject, ID, Sequence and Raw are set, with Time
// being when the stream stored it.
type Received struct {
	Subject  string // the NATS subject
	ID       string // the CloudEvent's id
	Sequence uint64 // the place in the stream

	Time      time.Time // when it happened, UTC
	Level     portfolio.Level
	AccountID int64 // 0: about no account
	About     string
	What      string
	Name      string // the domain's name; "" where there is none
	Text      string
	// Data is what the event carries for programs, without level, account and text.
	// Numbers are json.Number, so that ids keep all their digits.
	Data map[string]any

	Raw []byte // the message as it came
	Err error  // ErrMalformed, and what is wrong with it
}

// Decode reads a message of the feed as [Encode] writes it. Keys that it does not
// know are no error. Its errors are ErrMalformed.
func Decode(subject string, body []byte) (Received, error) {
	r := Received{Subject: subject, Raw: body}
	fail := func(format string, args ...any) (Received, error) {
		return r, fmt.Errorf("read %s: %w: %w", subject, ErrMalformed, fmt.Errorf(format, args...))
	}
	tokens := strings.Split(subject, ".")
	if len(tokens) != 6 || tokens[0] != "domaind" {
		return fail("the subject has another form")
	}
	var e envelope
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&e); err != nil {
		return fail("%w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fail("something follows the JSON")
	}
	if e.SpecVersion != "1.0" {
		return fail("specversion %q", e.SpecVersion)
	}
	about, what, ok := strings.Cut(strings.TrimPrefix(e.Type, typePrefix), ".")
	if !ok || !strings.HasPrefix(e.Type, typePrefix) || about != tokens[4] || what != tokens[5] {
		return fail("type %q on this subject", e.Type)
	}
	at, err := time.Parse(time.RFC3339Nano, e.Time)
	if err != nil {
		return fail("%w", err)
	}
	level, _ := e.Data[keyLevel].(string)
	number, _ := e.Data[keyAccount].(json.Number)
	text, isText := e.Data[keyText].(string)
	account, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil || !isText || level != tokens[2] {
		return fail("no level, account and text that fit the subject")
	}
	if name := strconv.FormatInt(account, 10); account < 0 || name != tokens[3] && (account != 0 || tokens[3] != "_") {
		return fail("account %d on this subject", account)
	}
	r.ID, r.Time, r.Level, r.AccountID = e.ID, at.UTC(), portfolio.Level(level), account
	r.About, r.What, r.Name, r.Text = about, what, e.Subject, text
	r.Data = e.Data
	maps.DeleteFunc(r.Data, func(k string, _ any) bool { return k == keyLevel || k == keyAccount || k == keyText })
	return r, nil
}
