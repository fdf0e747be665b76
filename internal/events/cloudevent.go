package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

// ContentType is what messages say of themselves: a CloudEvent in structured mode.
const ContentType = "application/cloudevents+json"

// ErrEncode is in the errors of [Encode]: the event can never be published.
var ErrEncode = errors.New("the event cannot be published")

// ErrMalformed is in the errors of messages that are no event of ours; see
// [Received].
var ErrMalformed = errors.New("not an event of domaind")

// typePrefix is what the types of our CloudEvents begin with.
const typePrefix = "domaind."

// The keys of a CloudEvent's data that say what the envelope cannot. They win
// over an event's own data of the same name.
const (
	keyLevel   = "level"
	keyAccount = "account"
	keyText    = "text"
)

// Message is an event as it is published.
type Message struct {
	Subject string // see [Subject]
	ID      string // "<state uuid>-<outbox number>", also the Nats-Msg-Id
	Body    []byte // the CloudEvent
}

// envelope is a CloudEvent 1.0 in structured JSON, in the order in which people
// like to read it.
type envelope struct {
	SpecVersion     string         `json:"specversion"`
	ID              string         `json:"id"`
	Source          string         `json:"source"`
	Type            string         `json:"type"`
	Subject         string         `json:"subject,omitempty"`
	Time            string         `json:"time"`
	DataContentType string         `json:"datacontenttype"`
	Data            map[string]any `json:"data"`
}

// Encode writes an event as a CloudEvent 1.0 in structured JSON. The uuid is the
// state file's. The same event gives the same bytes. Its errors are ErrEncode.
func Encode(instance, uuid string, e portfolio.Event) (Message, error) {
	return encode(instance, plainID(uuid, e.Number), e)
}

func encode(instance, id string, e portfolio.Event) (Message, error) {
	fail := func(err error) (Message, error) {
		return Message{}, fmt.Errorf("encode event %d: %w: %w", e.Number, ErrEncode, err)
	}
	switch {
	case !ValidInstance(instance):
		return fail(fmt.Errorf("%q cannot be an instance's name", instance))
	case e.Level != portfolio.LevelInfo && e.Level != portfolio.LevelNotice && e.Level != portfolio.LevelAlert:
		return fail(fmt.Errorf("unknown level %q", e.Level))
	case e.AccountID < 0:
		return fail(fmt.Errorf("account %d", e.AccountID))
	}
	at := e.At.UTC()
	if at.Year() < 1 || at.Year() > 9999 {
		return fail(fmt.Errorf("year %d", at.Year()))
	}
	data := maps.Clone(e.Data)
	if data == nil {
		data = make(map[string]any, 3)
	}
	data[keyLevel], data[keyAccount], data[keyText] = e.Level, e.AccountID, e.Text

	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	err := enc.Encode(envelope{
		SpecVersion:     "1.0",
		ID:              id,
		Source:          "/domaind/" + instance,
		Type:            typePrefix + token(e.About) + "." + token(e.What),
		Subject:         e.Subject,
		Time:            at.Format(time.RFC3339Nano),
		DataContentType: "application/json",
		Data:            data,
	})
	if err != nil {
		return fail(err)
	}
	return Message{Subject: Subject(instance, e), ID: id, Body: bytes.TrimSuffix(body.Bytes(), []byte("\n"))}, nil
}

// plainID is the id of an event: "<state uuid>-<outbox number>".
func plainID(uuid string, number uint64) string {
	return uuid + "-" + strconv.FormatUint(number, 10)
}

// otherID is the id of an event whose plain id is taken by another event: the
// state file was replaced by an older copy, and numbers are given a second time.
// It is as stable as the plain one.
func otherID(uuid string, e portfolio.Event) string {
	m := markOf(e)
	return plainID(uuid, e.Number) + "-" + hex.EncodeToString(m[:4])
}

// parseID reads an id of a state file's events. The id is plain, or one of
// [otherID]; ok is false for anything else.
func parseID(uuid, id string) (number uint64, plain, ok bool) {
	rest, found := strings.CutPrefix(id, uuid+"-")
	if !found {
		return 0, false, false
	}
	digits, _, other := strings.Cut(rest, "-")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n == 0 || strconv.FormatUint(n, 10) != digits {
		return 0, false, false
	}
	return n, !other, true
}

// mark tells events apart by what makes an event that event: its type, time,
// subject and text. It does not depend on every byte, so that a version of
// domaind that writes more keys still knows what the version before it published.
type mark [sha256.Size]byte

func newMark(parts ...string) mark {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return mark(h.Sum(nil))
}

// markOf gives an event's mark.
func markOf(e portfolio.Event) mark {
	return newMark(typePrefix+token(e.About)+"."+token(e.What), e.At.UTC().Format(time.RFC3339Nano), valid(e.Subject), valid(e.Text))
}

// markIn gives the mark of the event that a message's body tells of; the mark of
// nothing where it is none.
func markIn(body []byte) mark {
	var m struct {
		Type    string `json:"type"`
		Subject string `json:"subject"`
		Time    string `json:"time"`
		Data    struct {
			Text string `json:"text"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &m) != nil {
		return mark{}
	}
	return newMark(m.Type, m.Time, m.Subject, m.Data.Text)
}

// valid gives a text as it is after a way through JSON: each byte that is no
// UTF-8 is replaced.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}
