package control

import (
	"io"
	"net/http"
	"time"
)

// Backup writes a consistent copy of the state while it is in use, and says how long
// it is.
type Backup interface {
	Backup(w io.Writer) (int64, error)
}

// stalled is how long a reader of a backup may take for one piece of it: as long as it
// reads, nothing that it has not read yet can be reused by the state.
const stalled = 30 * time.Second

func (h *handler) backup(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	out := &paced{w: w, rc: http.NewResponseController(w), now: h.Now, done: r.Context().Done()}
	if _, err := h.Backup.Backup(out); err != nil {
		h.Log.WarnContext(r.Context(), "a backup was broken off", "err", err)
		if !out.begun {
			fail(w, err)
			return
		}
		// The end of what was written must not be taken for the end of the state.
		panic(http.ErrAbortHandler)
	}
}

// paced gives each write a deadline of its own.
type paced struct {
	w     io.Writer
	rc    *http.ResponseController
	now   func() time.Time
	done  <-chan struct{}
	begun bool
}

func (p *paced) Write(b []byte) (int, error) {
	select {
	case <-p.done:
		return 0, io.ErrClosedPipe // nobody waits for it, or domaind is ending
	default:
	}
	p.begun = true
	_ = p.rc.SetWriteDeadline(p.now().Add(stalled)) // in process there is none
	return p.w.Write(b)
}
