//go:build !race

package proof

// fewHistories is how many are played where nobody says how many.
const fewHistories = 200
