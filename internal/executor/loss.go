package executor

import (
	"fmt"
	"time"

	"domaind/internal/portfolio"
)

// graceWithin is how long after its expiration most domains can still be renewed at the
// plain price, at the longest. No registry has to let it be so long, and some allow none.
const graceWithin = 29 * 24 * time.Hour

// loss says when a domain is lost for which nothing is bought, as the end of a sentence;
// "" where it does not lapse. Once it has lapsed nobody can say the day: no call tells in
// which phase a domain is, and the phases differ between suffixes.
func (x *Executor) loss(f portfolio.DomainFacts, now time.Time) string {
	if f.ExpiresAt.IsZero() || f.State == portfolio.DomainHosted {
		return ""
	}
	day := x.ceilings().day
	if f.ExpiresAt.After(now) {
		return "; unless something changes it is lost after " + day(f.ExpiresAt)
	}
	if f.State != portfolio.DomainExpired {
		return ""
	}
	lapsed := "; it lapsed on " + day(f.ExpiresAt)
	grace := f.ExpiresAt.Add(graceWithin)
	switch {
	case f.Redemption:
		return lapsed + ", and its plain renewal was refused: only a restore saves it, and on which day it is lost for good nobody tells"
	case grace.After(now):
		return fmt.Sprintf("%s: most suffixes let it be renewed until %s at the latest, and some not at all; then only a restore saves it, "+
			"and on which day it is lost for good nobody tells", lapsed, day(grace))
	}
	return lapsed + ": most suffixes take no plain renewal any more, and a restore for a while yet; on which day it is lost for good nobody tells"
}
