package client

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"domaind/internal/portfolio"
)

// TestRecordedSuccesses: every recorded answer arrives without loss, its headers too.
func TestRecordedSuccesses(t *testing.T) {
	folder := recordings(t)
	for name, replay := range replays() {
		if replay.do == nil {
			continue
		}
		t.Run(strings.TrimSuffix(name, ".http"), func(t *testing.T) {
			r := load(t, filepath.Join(folder, name))
			c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)), func(o *Options) {
				o.Account.ID = r.account()
				if name == "initiatePush/success.http" {
					o.Account.ID = 1385 // the recorded account is the one pushed to
				}
			})
			got, err := replay.do(t.Context(), c, r)
			if err != nil {
				t.Fatal(err)
			}
			if limit, ok := number(r.header, "X-RateLimit-Limit"); ok && c.Quota().Limit != limit {
				t.Errorf("quota %+v, recorded %v", c.Quota(), r.header)
			}
			if r.data == nil {
				if len(got) != 0 || r.body != "" {
					t.Errorf("%v out of %q", got, r.body)
				}
				return
			}
			recorded := r.objects(t)
			if len(recorded) != len(got) {
				t.Fatalf("%d entries, recorded are %d", len(got), len(recorded))
			}
			for i := range recorded {
				arrived(t, recorded[i], got[i], replay.unknown...)
			}
		})
	}
}

// TestEveryRecordingIsRead: nothing that was recorded of our calls is left out.
func TestEveryRecordingIsRead(t *testing.T) {
	folder := recordings(t)
	known := replays()
	failed := recordedFailures()
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "Webhook") { // webhooks are not ours
			return err
		}
		_, success := known[path]
		if _, failure := failed[path]; !success && !failure {
			t.Errorf("nobody reads %s", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecordedIdentities(t *testing.T) {
	folder := recordings(t)
	for _, name := range []string{"success", "success-account", "success-user"} {
		r := load(t, filepath.Join(folder, "whoami", name+".http"))
		c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)))
		got, err := c.Whoami(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		recorded := r.objects(t)[0]
		for who, id := range map[string]int64{"account": got.AccountID, "user": got.UserID} {
			someone, ok := recorded[who].(object)
			if ok != (id != 0) {
				t.Errorf("%s: %s %d, recorded %v", name, who, id, recorded[who])
			}
			if ok {
				arrived(t, someone, object{"id": id, "email": got.Email}, accountUnknown()...)
			}
		}
	}
}

func TestRecordedPages(t *testing.T) {
	folder := recordings(t)
	c, _ := testClient(t, "https://api.dnsimple.com", given(play(
		load(t, filepath.Join(folder, "pages-1of3.http")), load(t, filepath.Join(folder, "pages-2of3.http")), load(t, filepath.Join(folder, "pages-3of3.http")),
	)))
	var ids []int64
	for page, err := range c.Contacts(t.Context()) {
		if err != nil || len(page.Problems) != 0 || page.Total != 5 || page.Pages != 3 {
			t.Fatal(page, err)
		}
		for _, contact := range page.Items {
			ids = append(ids, contact.ID)
		}
	}
	if !slices.Equal(ids, []int64{1, 2, 3, 4, 5}) {
		t.Errorf("%v", ids)
	}
}

func TestRecordedCharges(t *testing.T) {
	r := load(t, filepath.Join(recordings(t), "listCharges/success.http"))
	c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)))
	lines, err := entriesOf(c.ListCharges(t.Context(), portfolio.ChargeFilter{}), func(i portfolio.ChargeItem) object {
		return object{
			"reference": i.Reference, "index": i.Index, "invoiced_at": i.InvoicedAt, "refunded": i.Refunded, "description": i.Description,
			"amount": i.Amount, "product_type": i.ProductType, "product_reference": i.ProductName,
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, charge := range r.objects(t) {
		items, _ := charge["items"].([]any)
		for index, item := range items {
			recorded, _ := item.(object)
			recorded["reference"], recorded["index"], recorded["invoiced_at"] = charge["reference"], float64(index), charge["invoiced_at"]
			recorded["refunded"] = charge["state"] == "refunded"
			if kind, _ := recorded["product_type"].(string); !strings.HasPrefix(kind, "domain-") {
				delete(recorded, "product_reference") // the id of a certificate is no name
			}
			if n < len(lines) {
				arrived(t, recorded, lines[n], "product_id")
			}
			n++
		}
	}
	if n != len(lines) || n == 0 {
		t.Errorf("%d lines, recorded are %d", len(lines), n)
	}
}

func TestRecordedOptions(t *testing.T) {
	r := load(t, filepath.Join(recordings(t), "getTldExtendedAttributes/success-attributes.http"))
	c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)))
	attributes, err := c.ExtendedAttributes(t.Context(), "uk")
	if err != nil {
		t.Fatal(err)
	}
	for i, recorded := range r.objects(t) {
		options, _ := recorded["options"].([]any)
		if len(options) != len(attributes[i].Options) {
			t.Errorf("%s has %d options, recorded are %d", attributes[i].Name, len(attributes[i].Options), len(options))
			continue
		}
		for k, option := range options {
			recorded, _ := option.(object)
			got := attributes[i].Options[k]
			arrived(t, recorded, object{"title": got.Title, "value": got.Value, "description": got.Description})
		}
	}
}

// recordedFailures are the recordings of failures: what they mean to a read, and to
// a change.
func recordedFailures() map[string]struct{ read, change portfolio.Outcome } {
	type outcomes = struct{ read, change portfolio.Outcome }
	same := func(o portfolio.Outcome) outcomes { return outcomes{o, o} }
	rejected, notFound, unknown := same(portfolio.OutcomeRejected), same(portfolio.OutcomeNotFound), same(portfolio.OutcomeUnknown)
	return map[string]outcomes{
		"badgateway.http": unknown, "method-not-allowed.http": unknown, "success-with-malformed-json.http": unknown,
		"notfound-contact.http": notFound, "notfound-domain.http": notFound, "notfound-domainpush.http": notFound,
		"validation-error.http":                            rejected,
		"checkRegistrantChange/error-contactnotfound.http": notFound,
		"checkRegistrantChange/error-domainnotfound.http":  notFound,
		"getDomainPrices/failure.http":                     rejected,
		"getDomainsResearchStatus/cap-exceeded.http":       same(portfolio.OutcomeRateLimited),
		"getDomainsResearchStatus/error-validation.http":   unknown, // but for the call itself: TestRecordedResearchRefusal
		"listCharges/fail-400-bad-filter.http":             rejected,
		"listCharges/fail-403.http":                        same(portfolio.OutcomeForbidden),
		"registerDomain/error-extended-attributes.http":    rejected,
		"renewDomain/error-tooearly.http":                  rejected,
		"transferDomain/error-indnsimple.http":             rejected,
		"transferDomain/error-missing-authcode.http":       rejected,
	}
}

// TestRecordedFailures: each recorded failure means the same to every call, and its
// message, its attributes, its request id and its date arrive.
func TestRecordedFailures(t *testing.T) {
	folder := recordings(t)
	for name, want := range recordedFailures() {
		t.Run(strings.TrimSuffix(name, ".http"), func(t *testing.T) {
			r := load(t, filepath.Join(folder, name))
			var said struct {
				Message string
				Errors  map[string]any
			}
			_ = json.Unmarshal([]byte(r.body), &said) // some are HTML, or empty
			for _, call := range allCalls() {
				if call.name == "getDomainsResearchStatus" && strings.Contains(name, "error-validation") {
					continue
				}
				c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)))
				_, err := call.do(t.Context(), c)
				outcome := want.read
				if call.kind.change() {
					outcome = want.change
				}
				failure := failed(t, err, outcome)
				if failure.Status != r.status || failure.RequestID != r.header.Get("X-Request-Id") || !failure.Date.Equal(serverDate(r.header)) {
					t.Errorf("%s: %+v, recorded %v", call.name, failure, r.header)
				}
				if said.Message != "" && failure.Message != said.Message {
					t.Errorf("%s: message %q, recorded %q", call.name, failure.Message, said.Message)
				}
				if len(failure.Attributes) != len(said.Errors) {
					t.Errorf("%s: attributes %v, recorded %v", call.name, failure.Attributes, said.Errors)
				}
				for key, value := range said.Errors {
					if s, ok := value.(string); ok {
						value = []any{s}
					}
					if !alike(value, failure.Attributes[key]) {
						t.Errorf("%s: %s is %v, recorded %v", call.name, key, failure.Attributes[key], value)
					}
				}
			}
		})
	}
}

func TestRecordedScope(t *testing.T) {
	r := load(t, filepath.Join(recordings(t), "listCharges/fail-403.http"))
	c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)))
	_, err := all(c.Charges(t.Context(), time.Time{}))
	if got := failed(t, err, portfolio.OutcomeForbidden).RequiredScope(); got != "billing:*:read" {
		t.Errorf("scope %q", got)
	}
}

func TestRecordedResearchRefusal(t *testing.T) {
	folder := recordings(t)
	r := load(t, filepath.Join(folder, "getDomainsResearchStatus/error-validation.http"))
	c, _ := testClient(t, "https://api.dnsimple.com", given(play(r)))
	_, err := c.ResearchStatus(t.Context(), "example.com")
	failure := failed(t, err, portfolio.OutcomeRejected)
	if list, _ := r.objects(t)[0]["errors"].([]any); !alike(list, []string{failure.Message}) {
		t.Errorf("%q, recorded %v", failure.Message, list)
	}

	r = load(t, filepath.Join(folder, "getDomainsResearchStatus/cap-exceeded.http"))
	c, k := testClient(t, "https://api.dnsimple.com", given(play(r)))
	_, err = c.ResearchStatus(t.Context(), "example.com")
	// The end of the month by the server's clock, as far ahead by ours.
	again := failed(t, err, portfolio.OutcomeRateLimited).RetryAt
	if diff := cmp.Diff(6*24*time.Hour+9*time.Hour+37*time.Minute+42*time.Second, again.Sub(k.Now())); diff != "" {
		t.Error(diff)
	}
}
