package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"domaind/internal/sandbox"
)

// maxNamed bounds how many accounts are shown at the start.
const maxNamed = 5

func newSandbox(g *globals) *cobra.Command {
	var listen, portfolio, certificate string
	cmd := &cobra.Command{
		Use: "sandbox", Short: "Serve a simulated DNSimple",
		Long: `sandbox serves the DNSimple API v2 as documented, with a registry behind it, over a
portfolio of your own or a sample. Point the endpoint of a configuration (or any
other client of the API) at it. What was charged can be read under
/_sandbox/charges, and the clock is moved with
POST /_sandbox/clock {"advance":"36h"}. Faults are injected under /_sandbox/faults
(go doc ./internal/sandbox says which), and an account is put into arrears with
POST /_sandbox/accounts/ID {"billing":"arrears"}. The portfolio also says which names
other registrars hold, and with which authorization code; every key of it is explained
in the sample, internal/sandbox/sample.toml.

Some clients speak TLS only, DNSimple's own for Node among them. With --tls FILE it is
served over TLS, and its certificate is written to FILE, for clients to trust:
NODE_EXTRA_CA_CERTS=FILE for Node, SSL_CERT_FILE=FILE for domaind and other programs in Go.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.sandbox(cmd.Context(), listen, portfolio, certificate)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:8053", "the `ADDRESS` to listen on; port 0 is any free one")
	cmd.Flags().StringVar(&portfolio, "portfolio", "", "a portfolio `FILE`; without one, a sample is served")
	cmd.Flags().StringVar(&certificate, "tls", "", "serve over TLS; the certificate for clients to trust is written to this `FILE`")
	return cmd
}

func (g *globals) sandbox(ctx context.Context, listen, file, certificate string) error {
	data, name := sandbox.Sample(), "the sample"
	if file != "" {
		var err error
		if data, err = os.ReadFile(file); err != nil {
			return usageError{fmt.Errorf("read the portfolio: %w", err)}
		}
		name = file
	}
	p, err := sandbox.ParsePortfolio(data, name)
	if err != nil {
		return usageError{err}
	}
	server, err := sandbox.New(sandbox.Options{Portfolio: p, Now: wall{}.Now, Sleep: wall{}.Sleep, Log: g.logger()})
	if err != nil {
		return usageError{err}
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", listen, err)
	}
	scheme := "http"
	if certificate != "" {
		own, block, err := localCertificate(wall{}.Now(), listen)
		if err == nil {
			err = writeCertificate(certificate, block)
		}
		if err != nil {
			return errors.Join(err, l.Close())
		}
		scheme, l = "https", secured(l, own)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "a simulated DNSimple with %s listens on %s://%s\n", name, scheme, l.Addr())
	if certificate != "" {
		fmt.Fprintf(&text, "  its certificate, for clients to trust: %s\n", absolute(certificate))
	}
	for i, id := range p.Accounts() {
		if i == maxNamed {
			text.WriteString("  …\n")
			break
		}
		fmt.Fprintf(&text, "  account %d, token %s\n", id, cmp.Or(strings.Join(p.Tokens(id), " or "), "(none of its own)"))
	}
	if _, err := io.WriteString(g.io.out, text.String()); err != nil {
		return errors.Join(err, l.Close())
	}
	return serve(ctx, l, server)
}

// serve serves until the context ends.
func serve(ctx context.Context, l net.Listener, h http.Handler) error {
	// A request that a fault delays ends with the server.
	base := func(net.Listener) context.Context { return ctx }
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, BaseContext: base}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), teardownWithin)
	defer cancel()
	err := server.Shutdown(bound)
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
