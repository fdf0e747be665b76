package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// recorder is a lean http.ResponseWriter.
type recorder struct {
	status int
	header http.Header
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// ask lets the simulated DNSimple answer; ok is false where it closes the connection.
func (w *world) ask(req *http.Request) (rec *recorder, ok bool) {
	rec = &recorder{status: http.StatusOK, header: make(http.Header, 8)}
	defer func() {
		if r := recover(); r != nil {
			if err, is := r.(error); !is || !errors.Is(err, http.ErrAbortHandler) {
				panic(r)
			}
			ok = false
		}
	}()
	w.server.ServeHTTP(rec, req)
	return rec, true
}

// hitting is a fault of the wire under way.
type hitting struct {
	fault wireFault
	calls calls
	left  int // how many requests it still hits; 0: all
	until time.Time
}

// strike gives the fault that hits a request, and counts it; "" where none does.
func (w *world) strike(req *http.Request) wireFault {
	now := w.clock.Now()
	for _, h := range w.hitting {
		if h.left < 0 || now.After(h.until) || !h.calls.hit(req) {
			continue
		}
		if h.left > 0 {
			if h.left--; h.left == 0 {
				h.left = -1
			}
		}
		return h.fault
	}
	return ""
}

// serve answers a request, or lets it fail on its way.
func (w *world) serve(req *http.Request) (*http.Response, error) {
	w.requests++
	account, _, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	fault := w.strike(req)
	if fault == "" || fault.sent() {
		w.watch.leaves(req)
	}
	if fault != "" {
		w.hits++
		w.clock.pass(fault.waits(req))
		switch {
		case fault.happens():
			w.ask(req)
		case fault == wireLate && req.Method != http.MethodGet:
			w.postpone(req)
		}
		return nil, fault.err()
	}
	rec, ok := w.ask(req)
	if !ok {
		return nil, wireResetAfter.err()
	}
	w.watch.answered(req, rec.status, rec.header.Get("Date"))
	body := rec.body.Bytes()
	if len(w.shifts) > 0 && account == "1010" && req.Method == http.MethodGet {
		body = w.corrected(body)
	}
	if w.prices > 0 && strings.HasSuffix(req.URL.Path, "/prices") {
		body = w.priced(body)
	}
	resp := &http.Response{
		StatusCode: rec.status, Header: rec.header, Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: -1,
	}
	if n, err := strconv.Atoi(rec.header.Get("Content-Length")); err == nil && n > len(body) {
		resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{}))
	}
	return resp, nil
}

// broken is a body whose connection has died.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// postpone keeps a request that DNSimple carries out although its client has gone.
func (w *world) postpone(req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		panic(err) // it is in memory
	}
	again := req.Clone(w.ctx)
	again.Body = io.NopCloser(bytes.NewReader(body))
	w.later(w.clock.Now().Add(10*time.Minute), func() { w.ask(again) })
}

// corrected shows the expirations that a registry has corrected.
func (w *world) corrected(body []byte) []byte {
	var doc map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if d.Decode(&doc) != nil {
		return body
	}
	list, ok := doc["data"].([]any)
	if !ok {
		list = []any{doc["data"]}
	}
	touched := false
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok || m["expires_at"] == nil {
			continue
		}
		id, _ := m["id"].(json.Number)
		days, shifted := w.shifts[id.String()]
		text, _ := m["expires_at"].(string)
		at, err := time.Parse(time.RFC3339, text)
		if !shifted || err != nil {
			continue
		}
		at = at.AddDate(0, 0, days)
		m["expires_at"], m["expires_on"], touched = at.Format(time.RFC3339), at.Format(time.DateOnly), true
	}
	if !touched {
		return body
	}
	out, err := json.Marshal(doc)
	if err != nil {
		panic(err) // it was JSON before
	}
	return out
}

// priced shows another price of everything that lasts for years.
func (w *world) priced(body []byte) []byte {
	var doc map[string]map[string]any
	if json.Unmarshal(body, &doc) != nil || doc["data"] == nil {
		return body
	}
	for _, what := range []string{"renewal_price", "registration_price", "transfer_price"} {
		doc["data"][what] = float64(w.prices) / 100
	}
	out, err := json.Marshal(doc)
	if err != nil {
		panic(err) // it was JSON before
	}
	return out
}

// truth is a domain as DNSimple knows it.
type truth struct {
	ID        int64      `json:"id"`
	AccountID int64      `json:"account_id"`
	Name      string     `json:"name"`
	Phase     string     `json:"phase"`
	ExpiresAt *time.Time `json:"expires_at"`
	AutoRenew bool       `json:"auto_renew"`
	Busy      bool       `json:"busy"`
}

// truths reads all domains behind DNSimple's back.
func (w *world) truths() map[string]truth {
	var doc struct {
		Domains []truth `json:"domains"`
	}
	w.get("/_sandbox/state", &doc)
	out := make(map[string]truth, len(doc.Domains))
	for _, d := range doc.Domains {
		out[d.Name] = d
	}
	return out
}

// get reads something of the sandbox's own.
func (w *world) get(path string, into any) {
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		panic(err)
	}
	rec, _ := w.ask(req)
	if err := json.Unmarshal(rec.body.Bytes(), into); err != nil {
		panic(err)
	}
}

// person is somebody who uses DNSimple's own pages.
type person struct {
	account int64
	token   string
}

func mainPerson() person   { return person{1010, "token-person"} }
func studioPerson() person { return person{3030, "token-partner"} }

// as lets a person do something in the browser, and reads what comes of it. Where DNSimple
// itself is out of order, or refuses, nothing comes of it.
func (w *world) as(who person, method, path, body string, into any) {
	if len(w.injected) > 0 {
		return
	}
	req, err := http.NewRequestWithContext(w.ctx, method, fmt.Sprintf("/v2/%d%s", who.account, path), strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	req.Header.Set("Authorization", "Bearer "+who.token)
	rec, _ := w.ask(req)
	if rec.status >= http.StatusBadRequest || rec.body.Len() == 0 || into == nil {
		return
	}
	if err := json.Unmarshal(rec.body.Bytes(), into); err != nil {
		panic(err)
	}
}

// byHand lets a person of our account do something in the browser, and gives the id of what
// that began; 0 where nothing did.
func (w *world) byHand(method, path, body string) int64 {
	var doc struct {
		Data struct {
			ID int64 `json:"id"`
		} `json:"data"`
	}
	w.as(mainPerson(), method, path, body, &doc)
	return doc.Data.ID
}
