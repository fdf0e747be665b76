//go:build race

package proof

// fewHistories is how many are played where nobody says how many: the race detector
// makes each of them ten times as long.
const fewHistories = 10
