package main

import (
	"bytes"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// TestProgress: what happens meanwhile is told to a person at a terminal, and to nobody
// else; JSON is one document either way.
func TestProgress(t *testing.T) {
	t.Parallel()
	for _, tty := range []bool{true, false} {
		p, _ := newDesk(t)
		var out, errs bytes.Buffer
		args := []string{
			"transfer", "slow.com", "--contact", "default", "--code-file", filepath.Join(p.dir, "code"), "--yes", "--wait", "1200ms", "--json",
			"--config", filepath.Join(p.dir, "config.toml"),
		}
		if code := run(t.Context(), args, std{in: strings.NewReader(""), out: &out, err: &errs, errTTY: tty}); code != exitDone {
			t.Fatalf("it ended with %d\n%s%s", code, &out, &errs)
		}
		if told := strings.Contains(errs.String(), "pending: DNSimple accepted it; Ctrl-C ends the watching, and not the work\n"); told != tty {
			t.Errorf("at a terminal: %v\n%s", tty, &errs)
		}
		if strings.Contains(errs.String(), "working on it") {
			t.Errorf("what is watched is waited for\n%s", &errs)
		}
		if !strings.Contains(errs.String(), "it costs at most") || !strings.Contains(out.String(), `"state": "pending"`) {
			t.Errorf("what it comes to, or became, is not told\n%s%s", &out, &errs)
		}
	}
}

// answering is a person at a terminal, who takes their time.
type answering func() string

func (a answering) Read(p []byte) (int, error) { return copy(p, a()), nil }

// TestRenewedMeanwhile: a yes to a price is none for a domain that somebody else, or
// DNSimple itself, renewed before it came.
func TestRenewedMeanwhile(t *testing.T) {
	t.Parallel()
	p, a := newDesk(t)
	var out, errs bytes.Buffer
	status := 0
	answer := answering(func() string {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+"/v2/1010/registrar/domains/only.com/renewals", strings.NewReader(`{"period":1}`))
		if err != nil {
			t.Error(err)
			return "n\n"
		}
		req.Header.Set("Authorization", "Bearer token-main")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return "n\n"
		}
		status = res.StatusCode
		if err := res.Body.Close(); err != nil {
			t.Error(err)
		}
		return "y\n"
	})
	args := []string{"renew", "only.com", "--config", filepath.Join(p.dir, "config.toml")}
	code := run(t.Context(), args, std{in: answer, out: &out, err: &errs, inTTY: true})
	if status/100 != 2 || code != exitFailed || !strings.Contains(errs.String(), " was shown: nothing was done") {
		t.Errorf("%d %d\n%s%s", status, code, &out, &errs)
	}
}

// TestCodeIn: the code is what stands in the file, however the line ends; and what is no
// code is refused without being quoted.
func TestCodeIn(t *testing.T) {
	for text, want := range map[string]string{
		"S3cret": "S3cret", "S3cret\n": "S3cret", "S3cret\r\n": "S3cret", "\n  S3cret \t\n\n": "S3cret", "\ufeffS3cret\r\n": "S3cret", "S3 cret": "S3 cret", "Ünï;'\"\\x": "Ünï;'\"\\x",
	} {
		if got, err := codeIn([]byte(text)); err != nil || string(got) != want {
			t.Errorf("%q: %v, %v", text, string(got), err)
		}
	}
	for text, want := range map[string]error{
		"": errNoCode, " \r\n\t\n": errNoCode, "\ufeff": errNoCode, "S3cret\nmore": errCodeLines, "S3cret\rmore": errCodeLines, "S3\x00cret": errCodeText, "S3\tcret": errCodeText,
		"S3cret\xff": errCodeText, "\x7fELF\x02\n\x01": errCodeText, strings.Repeat("x", longestCodeFile+1): errLongCode,
	} {
		got, err := codeIn([]byte(text))
		if !errors.Is(err, want) || got != "" || strings.Contains(err.Error(), "cret") {
			t.Errorf("%.20q: %v, %v", text, string(got), err)
		}
	}
}
