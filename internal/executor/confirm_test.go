package executor

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// The domain is read last: what was renewed while its price was on the way is not
// bought again.
func TestRenewedWhileItsPriceIsRead(t *testing.T) {
	for _, slow := range []string{"/a.com/prices", "/tlds/com"} {
		t.Run(slow, func(t *testing.T) {
			w := newWorld(t, soon, renewAll)
			decisions := w.decide()
			times := 0
			w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
				if strings.HasSuffix(req.URL.Path, slow) {
					if times++; times == 2 { // the first is the guard's
						w.clock.pass(70 * time.Minute)
						w.by(http.MethodPost, "/v2/1010/registrar/domains/a.com/renewals", `{"period":1}`, http.StatusCreated)
					}
				}
				return next(), nil
			}
			if strings.Contains(slow, "tlds") { // what it says is believed for a day: ask anew
				w.x.now = func() time.Time {
					w.x.mu.Lock()
					defer w.x.mu.Unlock()
					clear(w.x.tlds)
					return w.now()
				}
			}
			w.mustExecute(t.Context(), decisions)
			if times != 2 {
				t.Fatalf("it was read %d times", times)
			}
			w.expect(1, 1500) // theirs
			equal(t, "state", w.row().State, portfolio.StateFailed)
			holds(t, w.row().LastNote(), "moved from 2026-12-01 to 2027-12-01")
			equal(t, "released", len(w.heard("notice released")), 1)
			_, reserved := w.spent()
			equal(t, "reserved", reserved, portfolio.Tally{})
		})
	}
}

// Another name under the same id is another domain.
func TestNameChangesUnderItsID(t *testing.T) {
	w := interrupted(t)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		resp := next()
		if strings.HasSuffix(req.URL.Path, "/domains/7") {
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return nil, err
			}
			resp.Body.Close()
			resp.Body = io.NopCloser(bytes.NewReader(bytes.ReplaceAll(body, []byte("a.com"), []byte("b.com"))))
			resp.ContentLength = -1
		}
		return resp, nil
	}
	w.settle(2 * time.Hour)
	w.released("domain 7 is called b.com now")
}

// Only a refusal that tells the phase is a reason to buy the restore.
func TestRefusalsThatTellThePhase(t *testing.T) {
	plain := portfolio.Domain{Name: "a.com", UnicodeName: "a.com"}
	for _, tc := range []struct {
		message string
		domain  portfolio.Domain
		want    bool
	}{
		{"a.com may not be renewed at this time", plain, true},
		{"A.COM MAY NOT BE RENEWED AT THIS TIME", plain, true},
		{"The domain cannot be renewed: the account is not active", plain, false},
		{"The domain can not be renewed", plain, false},
		{"The domain is in the redemption period", plain, true},
		{"a.com must be restored", plain, true},
		{"redemption.com may not be renewed at this time", portfolio.Domain{Name: "redemption.com"}, true},
		{"", plain, false},
		{"Your card was declined", plain, false},
		{"Account is not active", plain, false},
		{"Premium price does not match the expected price", plain, false},
		{"A transfer of a.com is under way", plain, false},
		{"The period must be between 1 and 9 years", plain, false},
		{"Validation failed", plain, false},
		{"redemption.com: your card was declined", portfolio.Domain{Name: "redemption.com", UnicodeName: "redemption.com"}, false},
		{"Redemption.COM: your card was declined", portfolio.Domain{Name: "redemption.com"}, false},
		{"may-not-be-renewed.com: your card was declined", portfolio.Domain{Name: "may-not-be-renewed.com"}, false},
		{"rédemption-redemption.com: declined", portfolio.Domain{Name: "xn--rdemption-redemption-4ic.com", UnicodeName: "Rédemption-redemption.com"}, false},
	} {
		t.Run(tc.message, func(t *testing.T) {
			err := &portfolio.CallError{Call: "renew", Outcome: portfolio.OutcomeRejected, Status: 400, Message: tc.message}
			equal(t, "tells", tellsRedemption(err, tc.domain), tc.want)
			// What was not refused for what was asked tells nothing, whatever it says.
			for _, outcome := range []portfolio.Outcome{
				portfolio.OutcomePaymentRequired, portfolio.OutcomeForbidden, portfolio.OutcomeUnauthorized,
				portfolio.OutcomeUnknown, portfolio.OutcomeNotFound, portfolio.OutcomeRateLimited, portfolio.OutcomeNotSent,
			} {
				err.Outcome = outcome
				equal(t, string(outcome), tellsRedemption(err, tc.domain), false)
			}
		})
	}
	equal(t, "no refusal at all", tellsRedemption(nil, plain), false)
}

// A name that holds the words, and a refusal for another reason: no restore.
func TestRefusalOfANameAboutRedemption(t *testing.T) {
	w := newWorld(t, strings.Replace(redemption, "a.com", "redemption.com", 1), rescueAll)
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Method == http.MethodPost {
			return w.answer(req, 400, `{"message":"redemption.com: the account is not active"}`), nil
		}
		return next(), nil
	}
	w.scan()
	w.expect(0, 0, "POST 1010/registrar/domains/redemption.com/renewals")
	equal(t, "refused", w.row().Refused, false)
}

// A source that cannot be asked for a while is waited for; one that says no is not.
func TestUnreadableSourceIsWaitedFor(t *testing.T) {
	w := newWorld(t, pushed, acceptFromStudio)
	decisions := w.decide()
	asked := 0
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Header.Get("Authorization") == "Bearer token-studio" {
			asked++
			return nil, notSent()
		}
		return next(), nil
	}
	w.mustExecute(t.Context(), decisions)
	w.settle(30 * time.Minute)
	equal(t, "it was asked", asked > 2, true)
	equal(t, "state", w.row().State, portfolio.StateReserved)
	holds(t, w.row().LastNote(), "could not be read")
	equal(t, "announced", len(w.heard("alert delayed")), 1)
	w.expect(0, 0)
	w.fault = nil
	w.settle(time.Hour)
	w.expect(0, 0, accepts5)
	equal(t, "state", w.row().State, portfolio.StateDone)
	equal(t, "attempt", w.row().Attempt, 1)

	w = newWorld(t, pushed, acceptFromStudio)
	decisions = w.decide()
	w.fault = func(req *http.Request, next func() *http.Response) (*http.Response, error) {
		if req.Header.Get("Authorization") == "Bearer token-studio" {
			return w.answer(req, 404, `{"message":"Domain 70 not found"}`), nil
		}
		return next(), nil
	}
	w.mustExecute(t.Context(), decisions)
	equal(t, "the source says no", w.row().State, portfolio.StateFailed)
	equal(t, "told", len(w.heard("notice released")), 1)
	w.expect(0, 0)
}
