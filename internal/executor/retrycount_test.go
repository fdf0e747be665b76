package executor

import (
	"net/http"
	"testing"
	"time"
)

// Questions that moved are no attempts: the first purchase that fails is tried again after
// an hour, as any.
func TestQuestionsAreNoAttempts(t *testing.T) {
	w := newWorld(t, soon, askRenew)
	w.scan()
	for _, price := range []string{"16.0", "17.0", "18.0"} {
		w.quotes(price)
		w.times(day)
	}
	quoted := w.fault
	refusals := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost && refusals == 0 {
			refusals++
			return w.answer(req, http.StatusBadRequest, `{"message":"not just now"}`), nil
		}
		return quoted(req, next)
	}
	w.says(w.asks(), true)
	w.settle(2 * time.Hour)
	equal(t, "requests", len(w.changes()), 2)
}
