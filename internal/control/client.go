package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Client asks a handler.
type Client struct {
	http *http.Client
}

// InProcess makes a client of a handler in this process.
func InProcess(h http.Handler) *Client {
	return &Client{http: &http.Client{Transport: inProcess{h}}}
}

// Plan asks what would be done now; all includes what lies beyond the horizon.
func (c *Client) Plan(ctx context.Context, all bool) (Plan, error) {
	path := "/v1/plan"
	if all {
		path += "?all=1"
	}
	var p Plan
	return p, c.get(ctx, path, &p)
}

// Ledger asks for the operations, newest first.
func (c *Client) Ledger(ctx context.Context) ([]Row, error) {
	var rows []Row
	return rows, c.get(ctx, "/v1/ledger", &rows)
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://domaind"+path, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("ask domaind: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read domaind's answer: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		var said struct{ Error string }
		if json.Unmarshal(body, &said) == nil && said.Error != "" {
			return errors.New(said.Error)
		}
		return fmt.Errorf("ask domaind for %s: %s", path, resp.Status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read domaind's answer: %w", err)
	}
	return nil
}

// inProcess calls a handler in place of a connection.
type inProcess struct{ http.Handler }

func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &recorder{header: make(http.Header), status: http.StatusOK}
	t.ServeHTTP(w, r)
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}, nil
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(p []byte) (int, error) { return w.body.Write(p) }
