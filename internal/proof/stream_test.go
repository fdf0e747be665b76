package proof

import (
	"encoding/json"
	"fmt"
	"net/textproto"
	"strconv"
	"strings"
	"time"
)

// stream is a JetStream stream as far as the relay can tell: it keeps messages in
// order, knows ids for a day, and refuses what does not follow on what is expected.
// It outlives every process.
type stream struct {
	now      func() time.Time
	name     string // "" until it is made
	messages []message
	seen     map[string]int // by message id: the index of the message
	// fault, where it is not nil, stands before each publication.
	fault func() streamFault
	// point is passed before a message is stored, and after; it says whether the
	// publisher is dead.
	point func(format string, args ...any) bool
}

// message is a message of the stream, with its sequence being its index plus one.
type message struct {
	subject, id  string
	header, body []byte
	at           time.Time
}

// streamFault is what can happen to a publication.
type streamFault int

const (
	streamFine    streamFault = iota
	streamAway                // nobody answers
	streamFull                // the disk is full: refused
	streamAckLost             // stored, but the publisher hears nothing of it
)

// remembers is how long JetStream knows ids.
const remembers = 24 * time.Hour

// The answers of JetStream's API.
type (
	apiError struct {
		Code        int    `json:"code"`
		ErrCode     int    `json:"err_code"`
		Description string `json:"description"`
	}
	streamConfig struct {
		Name     string   `json:"name"`
		Subjects []string `json:"subjects"`
	}
	streamState struct {
		Messages int `json:"messages"`
		FirstSeq int `json:"first_seq"`
		LastSeq  int `json:"last_seq"`
	}
)

// api answers a request under $JS.API.
func (s *stream) api(subject string, body []byte) any {
	failed := func(code, errCode int, text string) any {
		return map[string]apiError{"error": {code, errCode, text}}
	}
	call, _, _ := strings.Cut(strings.TrimPrefix(subject, "$JS.API.STREAM."), ".DOMAIND")
	switch {
	case call == "NAMES" && s.name == "":
		return map[string]any{"total": 0, "streams": []string{}}
	case call == "NAMES":
		return map[string]any{"total": 1, "streams": []string{s.name}}
	case call == "CREATE":
		var cfg streamConfig
		if err := json.Unmarshal(body, &cfg); err != nil {
			return failed(400, 10025, err.Error())
		}
		s.name = cfg.Name
		return s.info()
	case s.name == "":
		return failed(404, 10059, "stream not found")
	case call == "INFO":
		return s.info()
	case call == "MSG.GET":
		var which struct {
			Seq    int    `json:"seq"`
			LastOn string `json:"last_by_subj"`
		}
		if err := json.Unmarshal(body, &which); err != nil {
			return failed(400, 10025, err.Error())
		}
		if which.LastOn != "" { // every message is ours
			which.Seq = len(s.messages)
		}
		if which.Seq < 1 || which.Seq > len(s.messages) {
			return failed(404, 10037, "no message found")
		}
		m := s.messages[which.Seq-1]
		return map[string]any{"message": map[string]any{
			"subject": m.subject, "seq": which.Seq, "hdrs": m.header, "data": m.body, "time": m.at,
		}}
	}
	return failed(503, 10039, "not simulated: "+subject)
}

func (s *stream) info() any {
	return map[string]any{
		"config": streamConfig{s.name, []string{"domaind.main.>"}}, "created": began,
		"state": streamState{len(s.messages), min(1, len(s.messages)), len(s.messages)},
	}
}

// publish takes a message, or says why not. The answer is nil where there is none.
func (s *stream) publish(subject string, header, body []byte) any {
	failed := func(code, errCode int, format string, args ...any) any {
		return map[string]any{"stream": s.name, "seq": 0, "error": apiError{code, errCode, fmt.Sprintf(format, args...)}}
	}
	meant := streamFine
	if s.fault != nil {
		meant = s.fault()
	}
	if meant == streamAway || meant == streamFull {
		return failed(503, 10047, "insufficient storage resources available")
	}
	h := headers(header)
	id := h.Get("Nats-Msg-Id")
	if i, ok := s.seen[id]; ok && s.now().Sub(s.messages[i].at) < remembers {
		return map[string]any{"stream": s.name, "seq": i + 1, "duplicate": true}
	}
	last := ""
	if n := len(s.messages); n > 0 {
		last = s.messages[n-1].id
	}
	if want := h.Get("Nats-Expected-Last-Msg-Id"); want != "" && want != last {
		return failed(400, 10070, "wrong last msg ID: %s", last)
	}
	if want := h.Get("Nats-Expected-Last-Sequence"); want != "" && want != strconv.Itoa(len(s.messages)) {
		return failed(400, 10071, "wrong last sequence: %d", len(s.messages))
	}
	dying := func() any { return failed(503, 10077, "the publisher is dead") }
	if s.point("before the publication of %s", id) {
		return dying()
	}
	s.seen[id] = len(s.messages)
	s.messages = append(s.messages, message{subject: subject, id: id, header: header, body: body, at: s.now()})
	if s.point("after the publication of %s", id) {
		return dying()
	}
	if meant == streamAckLost {
		return failed(503, 10077, "the acknowledgement is lost")
	}
	return map[string]any{"stream": s.name, "seq": len(s.messages)}
}

// headers reads the header block of a NATS message.
func headers(block []byte) textproto.MIMEHeader {
	h := textproto.MIMEHeader{}
	for line := range strings.SplitSeq(string(block), "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok {
			h.Add(key, strings.TrimSpace(value))
		}
	}
	return h
}
