//go:build !race

package proof

// How much is done where nobody says how much: the tests stay under three minutes. All of it
// is done by "make simulate".
const (
	fewHistories  = 24  // are played
	crashesEach   = 2   // each n-th crash is tried
	shutdownsEach = 5   // each n-th shutdown
	pairsEach     = 160 // each n-th pair of crashes
)
