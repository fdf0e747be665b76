//go:build race

package proof

// How much is done where nobody says how much: the race detector makes everything ten
// times as long, and what it looks for does not hang on the exact point of a crash.
const (
	fewHistories  = 6
	crashesEach   = 17
	shutdownsEach = 31
	pairsEach     = 900
)
