package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSandboxTLS: whoever trusts the certificate that is written speaks to the sandbox
// over TLS, by every name of this machine.
func TestSandboxTLS(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sandbox.pem")
	if err := os.WriteFile(file, []byte("-----BEGIN CERTIFICATE-----\nan older one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, ended := newOutput(), make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"sandbox", "--listen", "127.0.0.1:0", "--tls", file}, std{in: strings.NewReader(""), out: out, err: io.Discard})
	}()
	bound, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	said := regexp.MustCompile(`listens on https://127\.0\.0\.1:(\d+)\n  its certificate, for clients to trust: ` + regexp.QuoteMeta(file) + `\n`)
	text, err := out.await(bound, said.MatchString)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	port := said.FindStringSubmatch(text)[1]
	block, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(block) || strings.Contains(string(block), "PRIVATE") {
		t.Fatalf("no certificate, or more than that:\n%s", block)
	}
	get := func(url string, roots *x509.CertPool) error {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, DisableKeepAlives: true}
		r, err := http.NewRequestWithContext(bound, http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			return err
		}
		if resp.StatusCode != http.StatusOK || resp.ProtoMajor != 1 {
			t.Errorf("%s: %s %s", url, resp.Proto, resp.Status)
		}
		return resp.Body.Close()
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		if err := get("https://"+host+":"+port+"/_sandbox/clock", trusted); err != nil {
			t.Error(err)
		}
	}
	if err := get("https://127.0.0.1:"+port+"/_sandbox/clock", x509.NewCertPool()); err == nil {
		t.Error("whoever does not trust it speaks to it")
	}
	stop()
	if code := <-ended; code != exitDone {
		t.Errorf("it ended with %d", code)
	}
}

// TestCertificateReplacesNothingElse: a file that holds anything else stays as it is.
func TestCertificateReplacesNothingElse(t *testing.T) {
	t.Parallel()
	for _, held := range []string{"mode = \"act\"\n", "-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n"} {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, []byte(held), 0o600); err != nil {
			t.Fatal(err)
		}
		var errs strings.Builder
		code := run(t.Context(), []string{"sandbox", "--listen", "127.0.0.1:0", "--tls", file}, std{in: strings.NewReader(""), out: io.Discard, err: &errs})
		if left, err := os.ReadFile(file); err != nil || string(left) != held || code != exitFailed || !strings.Contains(errs.String(), "holds something else") {
			t.Errorf("%d %s: %q, %v", code, &errs, left, err)
		}
	}
}
