package events

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// serverLog carries what nats-server logs to slog, and keeps what it calls fatal:
// the server as a library tells that it could not start in no other way.
type serverLog struct {
	log *slog.Logger

	mu    sync.Mutex
	first string // the first fatal message
}

func newServerLog(log *slog.Logger) *serverLog {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &serverLog{log: log}
}

func (l *serverLog) write(level slog.Level, format string, v []any) {
	ctx := context.Background()
	if l.log.Enabled(ctx, level) {
		l.log.Log(ctx, level, "nats-server", "says", strings.TrimSpace(fmt.Sprintf(format, v...)))
	}
}

// Noticef, and the other methods, are nats-server's Logger.
func (l *serverLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.write(slog.LevelWarn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.write(slog.LevelWarn, format, v) }

// Fatalf keeps the message and, unlike nats-server's own, lets the process live:
// [StartServer] returns the message as an error.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == "" {
		l.first = strings.TrimSpace(fmt.Sprintf(format, v...))
	}
}

// fatal gives the first fatal message; "" where there was none.
func (l *serverLog) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}

// listening says whether the fatal message is about the listener.
func (l *serverLog) listening() bool { return strings.Contains(l.fatal(), "listening on port") }
