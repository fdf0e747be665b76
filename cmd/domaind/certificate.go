package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"time"
)

// certifiedFor is how long a certificate of the sandbox is valid.
const certifiedFor = 365 * 24 * time.Hour

// localCertificate makes a certificate for this machine and for an address to listen on,
// signed by itself. It comes as clients are to trust it too: in PEM. Its key is in memory
// alone.
func localCertificate(now time.Time, listen string) (tls.Certificate, []byte, error) {
	fail := func(err error) (tls.Certificate, []byte, error) {
		return tls.Certificate{}, nil, fmt.Errorf("make a certificate: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fail(err)
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return fail(err)
	}
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "domaind sandbox"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certifiedFor),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	if host, _, err := net.SplitHostPort(listen); err == nil {
		if ip := net.ParseIP(host); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else if host != "" && host != "localhost" {
			c.DNSNames = append(c.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		return fail(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, block, nil
}

// writeCertificate writes a certificate for clients. It replaces another one, and no other
// file.
func writeCertificate(file string, block []byte) error {
	before, err := os.ReadFile(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("write the certificate: %w", err)
	case !bytes.HasPrefix(before, []byte("-----BEGIN CERTIFICATE-----")) || bytes.Contains(before, []byte("PRIVATE KEY")):
		return fmt.Errorf("write the certificate: %s is there, and holds something else", file)
	}
	if err := os.WriteFile(file, block, 0o644); err != nil { //nolint:gosec // whoever wants to may read it: it is what clients trust
		return fmt.Errorf("write the certificate: %w", err)
	}
	return nil
}

// secured has a listener speak TLS. It offers HTTP/1.1 alone: a connection that a fault
// cuts is cut as it is without TLS.
func secured(l net.Listener, c tls.Certificate) net.Listener {
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{c}, NextProtos: []string{"http/1.1"}})
}
