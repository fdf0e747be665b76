//go:build !race

package proof

// How much is done where nobody says how much.
const (
	fewHistories  = 120 // are played
	crashesEach   = 1   // each n-th crash is tried
	shutdownsEach = 3   // each n-th shutdown
	pairsEach     = 40  // each n-th pair of crashes
)
