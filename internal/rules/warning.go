package rules

import "time"

// Warning is the nearest of the distances in BeforeExpiry that a registered domain
// with this expiration has reached at a moment. As time goes on it only ever comes
// nearer, so a domain reaches each distance once. It is false where none is reached
// yet, where there is no expiration (the zero time), and from the expiration on:
// what has lapsed needs other words.
//
// Months and years before an expiration are of different lengths, so "1mo" may be
// nearer than "30d" or farther: the distance that was reached last counts, of two
// that were reached at once the one that stands later. Days are those of UTC,
// which DNSimple's expirations are in, wherever now was read.
func (p *Policy) Warning(expiresAt, now time.Time) (Distance, bool) {
	if expiresAt.IsZero() || !now.Before(expiresAt) {
		return Distance{}, false
	}
	var nearest Distance
	var since time.Time
	reached := false
	for _, d := range p.BeforeExpiry {
		from := d.Before(expiresAt.UTC())
		if from.After(now) || reached && from.Before(since) {
			continue
		}
		nearest, since, reached = d, from, true
	}
	return nearest, reached
}
