//go:build !race

package proof

// How much is done where nobody says how much.
const (
	fewHistories  = 80 // are played
	crashesEach   = 1  // each n-th crash is tried
	shutdownsEach = 3  // each n-th shutdown
	pairsEach     = 80 // each n-th pair of crashes
)
