package sandbox

import (
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The vendor's Node client makes all the calls of the four pages, unchanged but for the base URL. It speaks TLS only. Nothing is downloaded:
// `npm ci` in testdata/node does that, once, or this test where SANDBOX_NODE_SDK=install.
func TestTheVendorsNodeClientMakesEveryCall(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("there is no node here: the vendor's Node client cannot be run")
	}
	dir := filepath.Join("testdata", "node")
	if os.Getenv("SANDBOX_NODE_SDK") == "install" {
		npm := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		npm.Dir = dir
		if out, err := npm.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s", err, out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "dnsimple")); err != nil {
		t.Skip("the vendor's Node client is not installed: run npm ci in internal/sandbox/testdata/node, or this test with SANDBOX_NODE_SDK=install")
	}
	s := simulate(t, callWorld)
	server := httptest.NewTLSServer(s)
	defer server.Close()
	trusted := filepath.Join(t.TempDir(), "sandbox.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	check(t, os.WriteFile(trusted, certificate, 0o600))

	cmd := exec.CommandContext(t.Context(), node, "calls.cjs")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "SANDBOX_URL="+server.URL, "NODE_EXTRA_CA_CERTS="+trusted)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("node calls.cjs: %v\n%s", err, out)
	}
	said := strings.Split(strings.TrimSpace(string(out)), "\n")
	for _, tc := range callTests() {
		if !slices.Contains(said, "ok "+tc.page+"/"+tc.call) {
			t.Errorf("the client did not make the call %s/%s:\n%s", tc.page, tc.call, out)
		}
	}
}
