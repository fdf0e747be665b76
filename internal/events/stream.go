package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The limits of a stream that domaind makes.
const (
	maxAge   = 400 * 24 * time.Hour // a year of renewals, and a month to look back on it
	maxBytes = 1 << 30
	// duplicates is how long JetStream remembers ids: the second net below the look
	// at the end of the stream.
	duplicates = 24 * time.Hour
)

// ErrStream is in the errors of a stream that cannot hold the instance's events.
var ErrStream = errors.New("no stream can hold the events")

// ensureStream gives the name of the stream that holds the instance's subjects. A
// stream that is there is used as it is, under whatever name; where there is none
// it is made. Its error is ErrStream where what is there is in the way.
func ensureStream(ctx context.Context, js jetstream.JetStream, instance string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*ackTimeout)
	defer cancel()
	name, err := findStream(ctx, js, instance)
	if err == nil || !errors.Is(err, jetstream.ErrStreamNotFound) {
		return name, err
	}
	_, err = js.CreateStream(ctx, jetstream.StreamConfig{
		Name:        StreamName(instance),
		Description: "events of domaind, instance " + instance,
		Subjects:    []string{Subjects(instance)},
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardOld,
		Storage:     jetstream.FileStorage,
		MaxAge:      maxAge,
		MaxBytes:    maxBytes,
		Duplicates:  duplicates,
	})
	switch {
	case err == nil:
		return StreamName(instance), nil
	case errors.Is(err, jetstream.ErrStreamNameAlreadyInUse):
		return "", fmt.Errorf("%w: the stream %s exists, but its subjects do not cover %s", ErrStream, StreamName(instance), Subjects(instance))
	case hasCode(err, codeSubjectsOverlap):
		return "", fmt.Errorf("%w: another stream holds a part of %s: %w", ErrStream, Subjects(instance), err)
	}
	return "", fmt.Errorf("create the stream %s: %w", StreamName(instance), err)
}

// findStream gives the name of the stream whose subjects cover the instance's; its
// error is [jetstream.ErrStreamNotFound] where there is none.
func findStream(ctx context.Context, js jetstream.JetStream, instance string) (string, error) {
	name, err := js.StreamNameBySubject(ctx, Subjects(instance))
	if err != nil {
		return "", fmt.Errorf("find the stream of %s: %w", Subjects(instance), err)
	}
	stream, err := js.Stream(ctx, name)
	if err != nil {
		return "", fmt.Errorf("read the stream %s: %w", name, err)
	}
	cfg := stream.CachedInfo().Config
	if !slices.ContainsFunc(cfg.Subjects, func(p string) bool { return covers(p, Subjects(instance)) }) {
		return "", fmt.Errorf("%w: the stream %s holds %q, which is a part of %s only", ErrStream, name, cfg.Subjects, Subjects(instance))
	}
	return name, nil
}

// stored is a message as it lies in the stream.
type stored struct {
	Subject  string
	ID       string // its Nats-Msg-Id; "" where it has none
	Sequence uint64
	Time     time.Time
	Body     []byte
}

// which says what message is asked for: the one with this sequence, or the last
// one on a subject that matches.
type which struct {
	Sequence uint64 `json:"seq,omitempty"`
	LastOn   string `json:"last_by_subj,omitempty"`
}

// read gives a message of the stream; its error is [jetstream.ErrMsgNotFound]
// where it is not there. It asks the stream's leader, where the client library
// might ask a replica that is behind.
func (s *session) read(ctx context.Context, w which) (*stored, error) {
	ctx, cancel := context.WithTimeout(ctx, ackTimeout)
	defer cancel()
	body, err := json.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("read the stream %s: %w", s.stream, err)
	}
	reply, err := s.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+s.stream, body)
	if err != nil {
		return nil, fmt.Errorf("read the stream %s: %w", s.stream, err)
	}
	var answer struct {
		Error   *jetstream.APIError `json:"error"`
		Message *struct {
			Subject  string    `json:"subject"`
			Sequence uint64    `json:"seq"`
			Header   []byte    `json:"hdrs"`
			Data     []byte    `json:"data"`
			Time     time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(reply.Data, &answer); err != nil {
		return nil, fmt.Errorf("read the stream %s: %w", s.stream, err)
	}
	switch {
	case answer.Error != nil && answer.Error.ErrorCode == jetstream.JSErrCodeMessageNotFound:
		return nil, jetstream.ErrMsgNotFound
	case answer.Error != nil:
		return nil, fmt.Errorf("read the stream %s: %w", s.stream, answer.Error)
	case answer.Message == nil:
		return nil, fmt.Errorf("read the stream %s: an answer without a message", s.stream)
	}
	m := &stored{Subject: answer.Message.Subject, Sequence: answer.Message.Sequence, Time: answer.Message.Time, Body: answer.Message.Data}
	if len(answer.Message.Header) > 0 {
		// A header that cannot be read is a message without an id: not ours.
		if h, err := nats.DecodeHeadersMsg(answer.Message.Header); err == nil {
			m.ID = h.Get(jetstream.MsgIDHeader)
		}
	}
	return m, nil
}
