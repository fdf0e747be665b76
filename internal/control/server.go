package control

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// The bounds of a connection. What is answered takes as long as it takes: a scan is
// waited for.
const (
	readHeadersWithin = 5 * time.Second
	idleFor           = time.Minute
	maxHeaders        = 16 << 10
)

// Server answers on a socket. It is to be shut down.
type Server struct {
	http  *http.Server
	ended chan error
}

// Serve answers with the handler on a listener until [Server.Shutdown]. When the
// context ends, so do the questions under way.
func Serve(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger) *Server {
	s := &Server{
		http: &http.Server{
			Handler: h, ReadHeaderTimeout: readHeadersWithin, IdleTimeout: idleFor, MaxHeaderBytes: maxHeaders,
			ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelWarn),
			BaseContext: func(net.Listener) context.Context { return ctx },
			ConnContext: func(ctx context.Context, c net.Conn) context.Context {
				if who, ok := peer(c); ok {
					return withAsker(ctx, who)
				}
				return ctx
			},
		},
		ended: make(chan error, 1),
	}
	go func() { s.ended <- s.http.Serve(l) }()
	return s
}

// Shutdown takes no more questions, and waits for those under way until the context
// ends.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
