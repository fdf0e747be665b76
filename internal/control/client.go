package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
)

// Client asks a handler. The errors of its methods are a *[AnswerError] where the handler
// said no.
type Client struct {
	http *http.Client
	who  Asker
}

// InProcess makes a client of a handler in this process, for whoever asks.
func InProcess(h http.Handler, who Asker) *Client {
	return &Client{http: &http.Client{Transport: inProcess{h, who}}, who: who}
}

// Dial makes a client of the daemon that holds the state in a folder. Its error is
// [ErrNoDaemon] where none answers.
func Dial(ctx context.Context, stateDir string, who Asker) (*Client, error) {
	path := filepath.Join(stateDir, SocketName)
	c, err := dial(ctx, path)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			err = fmt.Errorf("%w; be root, or the user that domaind runs as (sudo -u domaind domaind …)", err)
		}
		return nil, fmt.Errorf("ask the domaind on %s: %w", path, err)
	}
	if err := c.Close(); err != nil {
		return nil, fmt.Errorf("ask the domaind on %s: %w", path, err)
	}
	return &Client{who: who, http: &http.Client{Transport: &http.Transport{
		DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx, path) },
		DisableKeepAlives: true,
	}}}, nil
}

// Status asks where everything stands.
func (c *Client) Status(ctx context.Context) (Status, error) {
	var s Status
	return s, c.get(ctx, "/v1/status", &s)
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

// Ledger asks for all operations, newest first.
func (c *Client) Ledger(ctx context.Context) ([]Row, error) { return c.Rows(ctx, Query{}) }

// Rows asks for some of the operations, newest first.
func (c *Client) Rows(ctx context.Context, q Query) ([]Row, error) {
	path := "/v1/ledger"
	if v := q.values(); len(v) > 0 {
		path += "?" + v.Encode()
	}
	var rows []Row
	return rows, c.get(ctx, path, &rows)
}

// Scan has the daemon look now.
func (c *Client) Scan(ctx context.Context, r ScanRequest) (Scan, error) {
	var s Scan
	return s, c.post(ctx, "/v1/scan", r, &s)
}

// Resolve says what became of an operation, and gives it as it stands then.
func (c *Client) Resolve(ctx context.Context, r ResolveRequest) (Row, error) {
	var row Row
	return row, c.post(ctx, "/v1/resolve", r, &row)
}

// Approve lets go what waits for an answer.
func (c *Client) Approve(ctx context.Context, r AnswerRequest) (Answered, error) {
	var a Answered
	return a, c.post(ctx, "/v1/approve", r, &a)
}

// Deny ends what waits for an answer.
func (c *Client) Deny(ctx context.Context, r AnswerRequest) (Answered, error) {
	var a Answered
	return a, c.post(ctx, "/v1/deny", r, &a)
}

// Pause stops what is done.
func (c *Client) Pause(ctx context.Context, r PauseRequest) (Paused, error) {
	var p Paused
	return p, c.post(ctx, "/v1/pause", r, &p)
}

// Resume lifts what was paused.
func (c *Client) Resume(ctx context.Context, r ResumeRequest) (Resumed, error) {
	var p Resumed
	return p, c.post(ctx, "/v1/resume", r, &p)
}

// ExpectPush announces a push.
func (c *Client) ExpectPush(ctx context.Context, r ExpectRequest) (Expectation, error) {
	var e Expectation
	return e, c.post(ctx, "/v1/expected", r, &e)
}

// ExpectedPushes asks for the pushes that are announced.
func (c *Client) ExpectedPushes(ctx context.Context) ([]Expectation, error) {
	var e Announced
	err := c.get(ctx, "/v1/expected", &e)
	return e.Pushes, err
}

// RevokePush ends an announcement, and gives it.
func (c *Client) RevokePush(ctx context.Context, r RevokeRequest) (Expectation, error) {
	var e Expectation
	return e, c.post(ctx, "/v1/revoke", r, &e)
}

// Reload has the daemon read its configuration anew.
func (c *Client) Reload(ctx context.Context, r ReloadRequest) (Reload, error) {
	var done Reload
	return done, c.post(ctx, "/v1/reload", r, &done)
}

// Backup writes a consistent copy of the state, and says how long it is. After an
// error, what was written is none.
func (c *Client) Backup(ctx context.Context, w io.Writer) (int64, error) {
	var n int64
	err := c.do(ctx, http.MethodGet, "/v1/backup", nil, func(body io.Reader) (err error) {
		n, err = io.Copy(w, body)
		return err
	})
	return n, err
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	return c.do(ctx, http.MethodGet, path, nil, decoded(into))
}

func (c *Client) post(ctx context.Context, path string, question, into any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	return c.do(ctx, http.MethodPost, path, body, decoded(into))
}

// decoded reads an answer that is JSON.
func decoded(into any) func(io.Reader) error {
	return func(body io.Reader) error {
		text, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return json.Unmarshal(text, into)
	}
}

// do asks, and hands the answer to read.
func (c *Client) do(ctx context.Context, method, path string, question []byte, read func(io.Reader) error) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://domaind"+path, bytes.NewReader(question))
	if err != nil {
		return err
	}
	req.Header.Set(userHeader, c.who.User)
	req.Header.Set(sudoHeader, c.who.Sudo)
	resp, err := c.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // it would name an address that means nothing
		}
		return fmt.Errorf("ask domaind: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(path, resp)
	}
	if err := read(resp.Body); err != nil {
		return fmt.Errorf("read domaind's answer: %w", err)
	}
	return nil
}

// refusal is the error of an answer that is none.
func refusal(path string, resp *http.Response) error {
	said := AnswerError{Status: resp.StatusCode}
	if body, err := io.ReadAll(resp.Body); err == nil && json.Unmarshal(body, &said) == nil && said.Message != "" {
		return &said
	}
	return fmt.Errorf("ask domaind for %s: %s; is it of another version?", path, resp.Status)
}
