package executor

import "domaind/internal/portfolio"

// Announcements are the events that tell what a decision means, for who stores them
// together with something else. Nothing is carried out.
func (x *Executor) Announcements(d portfolio.Decision) []portfolio.Event {
	return x.verdictEvents(d, x.now())
}
