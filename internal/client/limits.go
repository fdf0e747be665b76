package client

import "sync"

// Limits keeps one limiter for each token: DNSimple counts requests by the token,
// whichever account they are about. Clients that are made with the same Limits and the
// same token share the hour's requests, what is kept of them, and what the server said
// of them last. The requests per hour of the first of them count. The zero value is
// ready.
type Limits struct {
	mu      sync.Mutex
	byToken map[string]*throttle
}

// of gives the limiter of a client that is being made.
func (l *Limits) of(o Options) *throttle {
	if l == nil {
		return newThrottle(o.RequestsPerHour, o.Now)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.byToken[o.Token]
	if t == nil {
		if l.byToken == nil {
			l.byToken = make(map[string]*throttle)
		}
		t = newThrottle(o.RequestsPerHour, o.Now)
		l.byToken[o.Token] = t
	}
	return t
}
