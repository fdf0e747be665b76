package control

import (
	"context"
	"time"

	"domaind/internal/scheduler"
)

// Surveyor knows what lies beyond the horizon. It has no effect.
type Surveyor interface {
	// Seen is what sweeps saw last; nobody is asked.
	Seen() (scheduler.Seen, error)
	// Survey reads what there will be to decide about by a later moment.
	Survey(ctx context.Context, now, until time.Time) (scheduler.Survey, error)
}

// seen is what sweeps saw.
func (h *handler) seen() (scheduler.Seen, error) {
	if h.Surveyor == nil {
		return scheduler.Seen{}, nil
	}
	return h.Surveyor.Seen()
}
