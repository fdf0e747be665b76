//go:build race

package executor

// pointsEach: each n-th point is a crash. The race detector makes everything many times as
// long, and what it looks for does not hang on the exact point.
const pointsEach = 5
