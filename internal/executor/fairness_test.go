package executor

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// three are domains of one account, by their names: the first expires first.
func three(first string) string {
	return strings.NewReplacer("FIRST", first).Replace(`
[[domain]]
id = 1
name = "FIRST"
account = "main"
expires = "+3d"
[[domain]]
id = 2
name = "b.com"
account = "main"
expires = "+9d"
[[domain]]
id = 3
name = "c.com"
account = "main"
expires = "+12d"
`)
}

// refuse answers the renewals of a name.
func (w *world) refuse(name string, status int, body string) {
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost && strings.Contains(req.URL.Path, "/"+name+"/renewals") {
			return w.answer(req, status, body), nil
		}
		return next(), nil
	}
}

// A refusal that names the domain says nothing of the account's payment, whatever the
// domain is called.
func TestNamesThatSoundLikePayment(t *testing.T) {
	for _, name := range []string{"payments.com", "card-declined.com", "xn--unpaid-rua.com"} {
		w := newWorld(t, three(name), renewAll)
		w.refuse(name, 400, `{"message":"`+name+` may not be renewed at this time"}`)
		w.scan()
		equal(t, "paused", len(w.heard("alert paused")), 0)
		n, _ := w.charged()
		equal(t, "the others are renewed", n, 2)
	}
}

// One domain whose refusal sounds like the account's must not be the only one that ever
// tries the pause.
func TestAnotherOneTriesThePause(t *testing.T) {
	w := newWorld(t, three("a.com"), renewAll)
	w.refuse("a.com", 403, `{"message":"Permission Denied"}`)
	for range 8 {
		w.scan()
		w.settle(probeEvery)
	}
	n, _ := w.charged()
	equal(t, "the others are renewed", n, 2)
	equal(t, "resumed", len(w.heard("notice resumed")) > 0, true)
}

// What cannot be read of one domain, or of one suffix, holds no other one, as long as
// DNSimple answers at all.
func TestOnePriceThatCannotBeRead(t *testing.T) {
	for _, path := range []string{"/domains/a.com/prices", "/tlds/net"} {
		w := newWorld(t, strings.Replace(three("a.net"), "a.net", map[bool]string{true: "a.com", false: "a.net"}[strings.Contains(path, "a.com")], 1), renewAll)
		w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
			if strings.HasSuffix(req.URL.Path, path) {
				return w.answer(req, 500, `oops`), nil
			}
			return next(), nil
		}
		w.scan()
		n, _ := w.charged()
		equal(t, path+": the others are renewed", n, 2)
	}
}

// Once a pause is durable nothing leaves any more that it stops, however far its
// confirmation had come.
func TestPauseWhileItIsConfirmed(t *testing.T) {
	w := newWorld(t, soon, renewAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "/prices") {
			if err := w.x.Pause(mainID, "operator alice", "stop"); err != nil {
				t.Error(err)
			}
		}
		return next(), nil
	}
	w.scan()
	w.expect(0, 0)
	w.fault = nil
	equal(t, "stopped", w.row().Stopped, portfolio.PauseByHand)
	if _, err := w.x.Resume(t.Context(), mainID, false, "operator alice"); err != nil {
		t.Fatal(err)
	}
	w.settle(2 * time.Hour)
	w.scan()
	w.expect(1, 1500, renewsA)
}
