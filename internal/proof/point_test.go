package proof

import (
	"fmt"
	"strings"
	"sync"
)

// crash is what a process dies of. Nothing but the driver may recover it.
type crash struct{ point string }

// mortal counts the points of one life, and ends it at one of them.
type mortal struct {
	mu     sync.Mutex
	at     int // the point at which it dies, from 1; 0: at none
	passed int
	dead   bool
	where  string // the point at which it died
	after  []int  // the points that lie behind something, not before it
	// shutdown, where it is not nil, begins an end in good order; gently says that the
	// process does not die at its point, but begins that.
	shutdown func()
	gently   bool
}

// point is passed, or the end.
func (m *mortal) point(format string, args ...any) {
	if m.fatal(format, args...) {
		panic(crash{m.where})
	}
}

// fatal passes a point, and says whether the process is dead now. It is for those
// who cannot panic: they work on a goroutine that is not the process's own.
func (m *mortal) fatal(format string, args ...any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return true
	}
	m.passed++
	if strings.HasPrefix(format, "after ") {
		m.after = append(m.after, m.passed)
	}
	switch {
	case m.passed != m.at:
	case m.gently:
		m.where = fmt.Sprintf(format, args...)
		m.shutdown()
	default:
		m.dead, m.where = true, fmt.Sprintf(format, args...)
	}
	return m.dead
}

// alive panics where the process is dead.
func (m *mortal) alive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		panic(crash{m.where})
	}
}

// in lets the process die some points from now, or gently end there.
func (m *mortal) in(points int, gently bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gently, m.at = gently, m.passed+max(points, 1)
}

// points are those at which this life could have ended: the first one and those behind
// something, or all of them.
func (m *mortal) points(all bool) []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := append([]int{1}, m.after...)
	if all {
		out = out[:0]
		for k := range m.passed {
			out = append(out, k+1)
		}
	}
	return out
}

// died says whether the process is dead, and where it died.
func (m *mortal) died() (where string, dead bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.where, m.dead
}
