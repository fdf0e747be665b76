package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// commandWorld has a domain, push, change or name for each call.
const commandWorld = `
[operations]
renewal_takes = "0s"
restore_takes = "0s"
registration_takes = "0s"
transfer_takes = "0s"
registrant_change_takes = "0s"
cancel_takes = "0s"

[[tld]]
name = "test"
renewal = "12.00"
registration = "12.00"
transfer = "12.00"
restore = "50.00"
[[tld.extended_attribute]]
name = "x-kind"
title = "Kind"
description = "Who the registrant is"
required = true
options = [{ title = "Company", value = "company", description = "A company" }, { title = "Person", value = "person", description = "A person" }]

[[account]]
id = 1010
name = "main"
tokens = ["token-main"]
[[account]]
id = 2020
name = "desk"
tokens = ["token-desk"]
[[account]]
id = 9090
name = "stranger"
tokens = ["token-stranger"]
identifier = "stranger-9090"

[[contact]]
id = 2715
account = "main"
label = "Default"
first_name = "First"
last_name = "Person"
email = "first@example.com"
[[contact]]
id = 2716
account = "main"
label = "Second"
first_name = "Second"
last_name = "Person"
email = "second@example.com"

[[domain]]
id = 7
account = "main"
name = "only.com"
expires = "+100d"
auto_renew = true
registrant = 2715
[[domain]]
id = 8
account = "main"
name = "lapsed.com"
expires = "-40d"
registrant = 2715
[[domain]]
id = 9
account = "main"
name = "hosted.example"
[[domain]]
id = 10
account = "main"
name = "bücher.com"
expires = "+200d"
registrant = 2716
[[domain]]
id = 11
account = "main"
name = "kind.test"
expires = "+200d"
registrant = 2715
[[domain]]
id = 12
account = "main"
name = "dear.io"
expires = "+200d"
premium = true
prices = { registration = "80.00", renewal = "80.00", transfer = "80.00", restore = "90.00" }
[[domain]]
id = 31
account = "desk"
name = "pushed.com"
expires = "+200d"
[[domain]]
id = 32
account = "stranger"
name = "strange.com"
expires = "+200d"

[[name]]
name = "wanted.com"
elsewhere = true
auth_code = "S3cret-code"
[[name]]
name = "slow.com"
elsewhere = true
auth_code = "S3cret-code"
transfer = { takes = "1h" }

[[push]]
id = 1
domain = "pushed.com"
to = "main"
[[push]]
id = 2
domain = "strange.com"
to = "main"

[[registrant_change]]
id = 101
domain = "only.com"
contact = 6666
state = "new"
registry_owner_change = true
[[registrant_change]]
id = 102
domain = "kind.test"
contact = 2716
state = "completed"
`

const commandConfig = `
mode = "dry-run"
state_dir = "state"
[dnsimple]
endpoint = %q
[[account]]
name = "main"
id = 1010
token = { file = "main.token" }
contacts = { default = 2715, second = 2716 }
[[account]]
name = "desk"
id = 2020
token = { file = "desk.token" }
role = "source"
[spending]
max_per_purchase = "100.00"
max_per_day = "1000.00"
max_per_month = "1000.00"
[nats]
listen = "127.0.0.1:0"
[[rule]]
name = "renew-all"
on = "domain"
match = { expires_within = "30d" }
do = "renew"
`

// newDesk is a place with all that commands need, and the API behind it.
func newDesk(t *testing.T) (place, *api) {
	t.Helper()
	a := newAPI(t, commandWorld, nil)
	p := place{t, t.TempDir()}
	for name, text := range map[string]string{
		"config.toml": fmt.Sprintf(commandConfig, a.URL), "main.token": "token-main", "desk.token": "token-desk", "code": "S3cret-code\n",
	} {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p, a
}

// commandCall is one call of the API, and the command that makes it.
type commandCall struct {
	page, name string
	before     string // a command that must be carried out first; "" where none must
	command    string
	makes      string // the request: its beginning
	says       string // what is printed: a pattern
}

// commandCalls are the 26 calls of the four pages.
func commandCalls() []commandCall {
	const v2 = "/v2/1010"
	const registrar, changes = v2 + "/registrar/domains/", v2 + "/registrar/registrant_changes"
	done := func(kind, name string) string { return `(?m)^\w{8} .* ` + kind + ` +` + name + ` +done ` }
	return []commandCall{
		{"domains", "listDomains", "", "domains --name-like o --registrant default --sort expiration:desc,name", "GET " + v2 + "/domains?name_like=o&page=1&per_page=100&registrant_id=2715&sort=expiration%3Adesc%2Cname%3Aasc", `(?s)only\.com +registered .*on .*lapsed\.com +expired`},
		{"domains", "createDomain", "", "add new-one.com --yes", "POST " + v2 + "/domains", done("add", "new-one.com")},
		{"domains", "getDomain", "", "auto-renewal only.com off --yes", "GET " + v2 + "/domains/only.com", done("auto-renewal", "only.com")},
		{"domains", "deleteDomain", "", "delete hosted.example --name Hosted.Example", "DELETE " + v2 + "/domains/9", done("delete", "hosted.example")},

		{"registrar", "checkDomain", "", "available new-one.com", "GET " + registrar + "new-one.com/check", `^new-one.com is free\n$`},
		{"registrar", "checkDomainPremiumPrice", "", "prices dear.io", "GET " + registrar + "dear.io/premium_price?action=renewal", `dear\.io +renewal +80\.00 +80\.00`},
		{"registrar", "getDomainPrices", "", "prices only.com", "GET " + registrar + "only.com/prices", `only\.com +renewal +15\.00`},
		{"registrar", "registerDomain", "", "register new-one.com --contact default --auto-renew --yes", "POST " + registrar + "new-one.com/registrations", done("register", "new-one.com")},
		{"registrar", "getDomainRegistration", "", "register new-two.com --contact 2716 --yes", "GET " + registrar + "new-two.com/registrations/", done("register", "new-two.com")},
		{"registrar", "transferDomain", "", "transfer wanted.com --contact default --code-file code --yes", "POST " + registrar + "wanted.com/transfers", done("transfer", "wanted.com")},
		{"registrar", "getDomainTransfer", "", "transfer wanted.com --contact second --code-file code --yes", "GET " + registrar + "wanted.com/transfers/", done("transfer", "wanted.com")},
		{"registrar", "cancelDomainTransfer", "transfer slow.com --contact default --code-file code --yes --wait 0s", "cancel-transfer slow.com --yes", "DELETE " + registrar + "slow.com/transfers/", done("cancel-transfer", "slow.com")},
		{"registrar", "renewDomain", "", "renew BÜCHER.com --years 2 --yes", "POST " + registrar + "xn--bcher-kva.com/renewals", `renew +xn--bcher-kva.com +done +30.00`},
		{"registrar", "getDomainRenewal", "", "renew dear.io --yes", "GET " + registrar + "dear.io/renewals/", `renew +dear.io +done +80.00`},
		{"registrar", "restoreDomain", "", "restore lapsed.com --yes", "POST " + registrar + "lapsed.com/restores", done("restore", "lapsed.com")},
		{"registrar", "getDomainRestore", "", "restore lapsed.com --yes", "GET " + registrar + "lapsed.com/restores/", done("restore", "lapsed.com")},
		{"registrar", "authorizeDomainTransferOut", "", "transfer-out only.com --no-auto-renewal --yes", "POST " + registrar + "only.com/authorize_transfer_out", `transfer-out +only.com +(pending|done) `},

		{"pushes", "initiateDomainPush", "", "push only.com --to stranger-9090 --yes", "POST " + v2 + "/domains/7/pushes", done("push", "only.com")},
		{"pushes", "listPushes", "", "pushes", "GET " + v2 + "/pushes", `main +1 +pushed.com +desk \(2020\) `},
		{"pushes", "acceptPush", "", "accept 1 --contact default --yes", "POST " + v2 + "/pushes/1", done("accept", "pushed.com")},
		{"pushes", "rejectPush", "", "reject 2 --yes", "DELETE " + v2 + "/pushes/2", done("reject", "2")},

		{"registrant-changes", "listRegistrantChanges", "", "changes --state completed --domain kind.test --contact second", "GET " + changes + "?contact_id=2716&domain_id=11&page=1&per_page=100&state=completed", `main +102 +kind.test +completed +2716 `},
		{"registrant-changes", "createRegistrantChange", "", "change-registrant kind.test --contact second --attribute x-kind=person --yes", "POST " + changes, done("change-registrant", "kind.test")},
		{"registrant-changes", "checkRegistrantChange", "", "change-registrant xn--bcher-kva.com --contact default --yes", "POST " + changes + "/check", done("change-registrant", "xn--bcher-kva.com")},
		{"registrant-changes", "getRegistrantChange", "", "cancel-change 101 --yes", "GET " + changes + "/101", done("cancel-change", "only.com")},
		{"registrant-changes", "deleteRegistrantChange", "", "cancel-change 101 --yes", "DELETE " + changes + "/101", done("cancel-change", "only.com")},
	}
}

// TestCommand makes every call by its command: TestCommand/<page>/<call>.
func TestCommand(t *testing.T) {
	pages := map[string][]commandCall{}
	for _, c := range commandCalls() {
		pages[c.page] = append(pages[c.page], c)
	}
	for page, calls := range pages {
		t.Run(page, func(t *testing.T) {
			for _, call := range calls {
				t.Run(call.name, call.test)
			}
		})
	}
}

func (c commandCall) test(t *testing.T) {
	t.Parallel()
	p, a := newDesk(t)
	if c.before != "" {
		if code, out, said := p.run(strings.Fields(c.before)...); code != 0 {
			t.Fatalf("%s: %d\n%s%s", c.before, code, out, said)
		}
	}
	code, out, said := p.run(strings.Fields(c.command)...)
	if code != 0 || !regexp.MustCompile(c.says).MatchString(out) {
		t.Errorf("%s: %d\n%s%s", c.command, code, out, said)
	}
	if len(a.arrived(c.makes)) == 0 {
		t.Errorf("%s makes no %s, but\n%s", c.command, c.makes, strings.Join(a.arrived(""), "\n"))
	}
	for _, change := range []string{"POST ", "DELETE "} {
		if strings.HasPrefix(c.makes, change) && !strings.HasSuffix(c.makes, "/check") && len(a.arrived(c.makes)) > 1+len(a.arrived(c.makes+"/check")) {
			t.Errorf("%s is sent more than once: %q", c.makes, a.arrived(change))
		}
	}
}

// TestNoCommandIsMissing: the four pages have 26 calls.
func TestNoCommandIsMissing(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, c := range commandCalls() {
		names[c.page+"/"+c.name] = true
	}
	if len(names) != 26 {
		t.Errorf("%d calls", len(names))
	}
}
