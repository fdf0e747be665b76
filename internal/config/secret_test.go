package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecretRead(t *testing.T) {
	credential, file, variable := Secret{secretCredential, "dns"}, Secret{secretFile, "dir/token"}, Secret{secretEnv, "TOKEN"}
	dir := map[string]string{"CREDENTIALS_DIRECTORY": "/run/creds"}
	for _, c := range []struct {
		name      string
		secret    Secret
		files     files
		variables map[string]string
		want      string
		err       error
		says      string
	}{
		{name: "credential", secret: credential, files: files{"/run/creds/dns": "abc\n"}, variables: dir, want: "abc"},
		{name: "file", secret: file, files: files{"dir/token": "  abc~!\r\n"}, want: "abc~!"},
		{name: "variable", secret: variable, variables: map[string]string{"TOKEN": "abc"}, want: "abc"},
		{name: "as long as can be", secret: file, files: files{"dir/token": strings.Repeat("a", 4096) + "\n"}, want: strings.Repeat("a", 4096)},
		{name: "nowhere", secret: Secret{}, err: ErrNoSecret, says: "nowhere"},
		{name: "no systemd", secret: credential, err: ErrNoSecret, says: "$CREDENTIALS_DIRECTORY is not set"},
		{name: "no credential", secret: credential, variables: dir, err: ErrNoSecret, says: "credential dns (/run/creds/dns)"},
		{name: "no file", secret: file, err: ErrNoSecret, says: "file dir/token"},
		{name: "no variable", secret: variable, err: ErrNoSecret, says: "environment variable TOKEN"},
		{name: "empty", secret: file, files: files{"dir/token": " \n"}, err: ErrNoSecret, says: "empty"},
		{name: "empty variable", secret: variable, variables: map[string]string{"TOKEN": ""}, err: ErrNoSecret, says: "empty"},
		{name: "lines", secret: file, files: files{"dir/token": "s3cr3t\ns3cr3t"}, err: ErrBadSecret, says: "more than one line"},
		{name: "space", secret: file, files: files{"dir/token": "s3cr3t s3cr3t"}, err: ErrBadSecret, says: "space"},
		{name: "not ASCII", secret: file, files: files{"dir/token": "s3cr3tü"}, err: ErrBadSecret, says: "ASCII"},
		{name: "control", secret: file, files: files{"dir/token": "s3cr3t\x00s"}, err: ErrBadSecret, says: "ASCII"},
		{name: "long", secret: file, files: files{"dir/token": strings.Repeat("s3cr3t", 1000)}, err: ErrBadSecret, says: "4096"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.secret.Read(c.files.env(c.variables))
			if !errors.Is(err, c.err) || got != c.want {
				t.Fatalf("got %q, %v; want %q, %v", got, err, c.want, c.err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "s3cr3t")) {
				t.Errorf("it says %q; want %q, and never the secret", err, c.says)
			}
		})
	}
}

func TestSecretPath(t *testing.T) {
	env := files{}.env(map[string]string{"CREDENTIALS_DIRECTORY": "/run/creds"})
	if path, err := (Secret{secretCredential, "dns"}).Path(env); path != "/run/creds/dns" || err != nil {
		t.Errorf("%q, %v", path, err)
	}
	if path, err := (Secret{secretFile, "dir/token"}).Path(env); path != "dir/token" || err != nil {
		t.Errorf("%q, %v", path, err)
	}
	if path, err := (Secret{secretEnv, "TOKEN"}).Path(env); path != "" || !errors.Is(err, ErrNoSecret) {
		t.Errorf("%q, %v", path, err)
	}
}

// TestLoadReadsNoSecret checks that a configuration can be checked where no secret
// is, and where none may be read.
func TestLoadReadsNoSecret(t *testing.T) {
	env := files{"dir/config.toml": strings.Replace(smallest, `{ env = "TOKEN" }`, `{ file = "token" }`, 1)}.env(nil)
	env.Lookup = func(name string) (string, bool) {
		if name != "STATE_DIRECTORY" {
			t.Errorf("$%s was looked up", name)
		}
		return "", false
	}
	read := env.ReadFile
	env.ReadFile = func(path string) ([]byte, error) {
		if path != "dir/config.toml" {
			t.Errorf("%s was read", path)
		}
		return read(path)
	}
	cfg, err := Load("dir/config.toml", env)
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Accounts[0].Token.String(); got != "file dir/token" {
		t.Errorf("the token is in %s", got)
	}
}

func TestWorldReadableToken(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode fs.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rule := "[[rule]]\nname = \"r\"\non = \"domain\"\ndo = \"hold\"\nreason = \"r\"\n"
	path := write("config.toml", strings.Replace(smallest, `{ env = "TOKEN" }`, `{ file = "token" }`, 1)+rule, 0o600)
	for mode, want := range map[fs.FileMode]int{0o600: 0, 0o640: 0, 0o644: 1} {
		write("token", "abc", mode)
		cfg, err := Load(path, OSEnv())
		if err != nil {
			t.Fatal(err)
		}
		if len(cfg.Warnings) != want {
			t.Errorf("mode %o: %v", mode, cfg.Warnings)
		}
	}
}

// TestSecretsAreNotShown writes a secret wherever one could end up by mistake.
func TestSecretsAreNotShown(t *testing.T) {
	const secret = "s3cr3t-Value_0123456789"
	const token = "dnsimple_a_" + secret
	account := func(line string) string {
		return "mode = \"dry-run\"\n[[account]]\nname = \"main\"\nid = 1010\n" + line + "\n"
	}
	for name, text := range map[string]string{
		"a string":              account(`token = "` + secret + `"`),
		"a literal":             account(`token = '` + secret + `'`),
		"several lines":         account("token = \"\"\"\n" + secret + "\n\"\"\""),
		"a list":                account("token = [\n  \"" + secret + "\",\n]"),
		"no quotes":             account(`token = ` + secret),
		"not closed":            account(`token = "` + secret),
		"several, not closed":   account("token = \"\"\"\n" + secret + "\n"),
		"a strange escape":      account(`token = "\q` + secret + `"`),
		"a misspelt key":        account(`tokne = "` + secret + `"`),
		"another key":           account(`api_key = "` + secret + `"`),
		"an own table":          account("[account.token]\nvalue = \"" + secret + "\""),
		"a dotted key":          account(`token.value = "` + secret + `"`),
		"too many places":       account(`token = { env = "A", value = "` + secret + `" }`),
		"a name with spaces":    account(`token = { env = "` + secret + ` x" }`),
		"twice":                 account("token = \"" + secret + "\"\ntoken = \"" + secret + "\""),
		"on one line":           `mode = "x"` + "\n" + `account = [{ id = "x", token = "` + secret + `", foo = 1 }]`,
		"elsewhere":             "token = \"" + secret + "\"\n" + smallest,
		"below":                 "[dnsimple]\nendpoint = 5\npassword = { a = [\"" + secret + "\"] }\n",
		"endpoint":              smallest + "[dnsimple]\nendpoint = \"https://" + secret + "@api.dnsimple.com\"",
		"endpoint, broken":      smallest + "[dnsimple]\nendpoint = \"https://u:" + secret + "@api.dnsimple.com",
		"endpoint, unparsable":  smallest + "[dnsimple]\nendpoint = \"https://u:" + secret + "@api dnsimple:x\"",
		"nats":                  smallest + "[nats]\nurl = [\"nats://" + secret + "@a.example\"]",
		"nats, pair":            smallest + "[nats]\nurl = \"tls://u:" + secret + "@a.example\"",
		"nats, bad scheme":      smallest + "[nats]\nurl = \"ws://u:" + secret + "@a.example\"",
		"nats, listen":          smallest + "[nats]\nlisten = \"nats://u:" + secret + "@a.example\"",
		"credentials":           smallest + "[nats]\nurl = \"nats://a.example\"\ncredentials = \"" + secret + "\"",
		"a real one as a name":  "mode = \"" + token + "\"\n" + smallest,
		"a real one as a key":   token + " = 1\n" + smallest,
		"a real one in a list":  smallest + "[groups]\ng = [\"" + token + "\"]",
		"a real one, a comment": "mode = 5 # " + token + "\n",
		"a real one, no TOML":   "mode = = " + token + "\n",
		"a real one as a rule":  smallest + "[[rule]]\nname = \"" + token + " x\"\non = \"" + token + "\"\n",
		"a real one as a cron":  smallest + "[schedule]\ndomains = \"" + token + "\"",
		"a real one as a zone":  smallest + "[schedule]\ndomains = \"CRON_TZ=" + token + " 0 * * * *\"",
	} {
		t.Run(name, func(t *testing.T) {
			got := broken(t, files{"dir/config.toml": text})
			if strings.Contains(got, secret) || strings.Contains(got, secret[:8]) || strings.Contains(got, secret[10:]) {
				t.Errorf("the secret is shown:\n%s", got)
			}
		})
	}
}
