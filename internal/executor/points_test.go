//go:build !race

package executor

// pointsEach: each n-th point is a crash.
const pointsEach = 1
