package executor

import (
	"net/http"
	"strings"
	"testing"
)

// A TLD that DNSimple says nothing of keeps nobody from a renewal: one that is not
// allowed is refused, and costs nothing.
func TestTLDThatDNSimpleDoesNotKnow(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "/tlds/") {
			return w.answer(req, 404, "{\"message\":\"TLD `com` not found\"}"), nil
		}
		return next(), nil
	}
	w.scan()
	w.expect(1, 1500, renewsA)
}
