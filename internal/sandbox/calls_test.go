package sandbox

import "testing"

// callTest proves one call of the four pages.
type callTest struct {
	page, call string
	prove      func(*sim)
}

// callTests are the 26 calls.
func callTests() []callTest {
	return []callTest{
		{"domains", "listDomains", proveListDomains},
		{"domains", "createDomain", proveCreateDomain},
		{"domains", "getDomain", proveGetDomain},
		{"domains", "deleteDomain", proveDeleteDomain},

		{"registrar", "checkDomain", proveCheckDomain},
		{"registrar", "checkDomainPremiumPrice", provePremiumPrice},
		{"registrar", "getDomainPrices", provePrices},
		{"registrar", "registerDomain", proveRegisterDomain},
		{"registrar", "getDomainRegistration", proveGetRegistration},
		{"registrar", "transferDomain", proveTransferDomain},
		{"registrar", "getDomainTransfer", proveGetTransfer},
		{"registrar", "cancelDomainTransfer", proveCancelTransfer},
		{"registrar", "renewDomain", proveRenewDomain},
		{"registrar", "getDomainRenewal", proveGetRenewal},
		{"registrar", "restoreDomain", proveRestoreDomain},
		{"registrar", "getDomainRestore", proveGetRestore},
		{"registrar", "authorizeDomainTransferOut", proveTransferOut},

		{"pushes", "initiateDomainPush", proveInitiatePush},
		{"pushes", "listPushes", proveListPushes},
		{"pushes", "acceptPush", proveAcceptPush},
		{"pushes", "rejectPush", proveRejectPush},

		{"registrant-changes", "listRegistrantChanges", proveListChanges},
		{"registrant-changes", "createRegistrantChange", proveCreateChange},
		{"registrant-changes", "checkRegistrantChange", proveCheckChange},
		{"registrant-changes", "getRegistrantChange", proveGetChange},
		{"registrant-changes", "deleteRegistrantChange", proveDeleteChange},
	}
}

// callWorld has something for each of them. Every account of it has a token of its name.
const callWorld = `
[operations]
registration_takes = "10m"
transfer_takes = "5d"
registrant_change_takes = "1h"
[limits]
checks_per_hour = 5
[[account]]
id = 1
name = "main"
email = "main@example.com"
tokens = ["main"]
[[account]]
id = 2
name = "desk"
email = "desk@example.com"
identifier = "01890000-0000-7000-8000-00000000000d"
tokens = ["desk"]
[[account]]
id = 3
name = "twin"
email = "twins@example.com"
[[account]]
id = 4
name = "other-twin"
email = "twins@example.com"
[[token]]
token = "reader"
account = "main"
scopes = ["domains:*:read", "registrar:*:read"]
[[token]]
token = "slow"
account = "main"
requests_per_hour = 1
[[token]]
token = "billing"
account = "main"
scopes = ["billing:*:read"]
[[contact]]
id = 11
account = "main"
first_name = "Jo"
last_name = "Doe"
email = "jo@example.com"
[[contact]]
id = 12
account = "main"
label = "the same person"
first_name = "Jo"
last_name = "Doe"
email = "Jo@example.com"
[[contact]]
id = 13
account = "main"
first_name = "Al"
last_name = "Doe"
email = "al@example.com"
[[contact]]
id = 22
account = "desk"
[[tld]]
name = "fi"
type = 2
renewal = "20.00"
privacy = "5.00"
trustee = "30.00"
[[tld.extended_attribute]]
name = "x-id-number"
title = "Number"
description = "The number of the registrant"
required = true
number = true
[[tld.extended_attribute]]
name = "x-kind"
title = "Kind"
description = "Who the registrant is"
options = [{ title = "Person", value = "p", description = "A person" }]
[[tld]]
name = "closed"
renewal = "20.00"
registration_enabled = false
transfer_enabled = false
[[domain]]
id = 100
account = "main"
name = "alpha.com"
expires = "+30d"
[[domain]]
id = 101
account = "main"
name = "hosted.com"
[[domain]]
id = 102
account = "desk"
name = "desks.com"
expires = "+60d"
[[domain]]
id = 103
account = "main"
name = "premium.io"
expires = "+20d"
premium = true
prices = { registration = "400.00", renewal = "480.00", transfer = "450.00", restore = "600.00" }
[[domain]]
id = 104
account = "main"
name = "redemption.com"
expires = "-40d"
restore = { takes = "1h" }
[[domain]]
id = 105
account = "main"
name = "slow.com"
expires = "+30d"
renewal = { takes = "10m" }
[[domain]]
id = 106
account = "main"
name = "leaving.com"
expires = "+30d"
transfer_out = { takes = "5d" }
[[domain]]
id = 107
account = "main"
name = "kept.com"
expires = "+30d"
auto_renew = true
transfer_out = { takes = "5d", leaves = "hosted" }
[[domain]]
id = 108
account = "main"
name = "quick.com"
expires = "+30d"
registrant_change = { takes = "0s" }
[[domain]]
id = 109
account = "main"
name = "stubborn.com"
expires = "+30d"
registrant_change = { outcome = "cancelled" }
[[domain]]
id = 110
account = "main"
name = "alpha.fi"
expires = "+30d"
[[domain]]
id = 111
account = "main"
name = "late.com"
expires = "-10d"
[[domain]]
id = 112
account = "main"
name = "hosted-elsewhere.com"
[[name]]
name = "hosted-elsewhere.com"
elsewhere = true
auth_code = "right"
[[name]]
name = "elsewhere.com"
elsewhere = true
auth_code = "right"
expires = "+100d"
[[name]]
name = "renewed.com"
elsewhere = true
auth_code = "right"
expires = "-5d"
[[name]]
name = "long.com"
elsewhere = true
auth_code = "right"
expires = "+10y"
[[name]]
name = "locked.com"
elsewhere = true
auth_code = "right"
locked = true
[[name]]
name = "refused.com"
elsewhere = true
auth_code = "right"
transfer = { outcome = "cancelled", status = "Objected to by the registrant" }
[[name]]
name = "fast.com"
elsewhere = true
auth_code = "right"
verify_ownership = true
transfer = { takes = "0s" }
[[name]]
name = "brits.co.uk"
elsewhere = true
[[name]]
name = "dropping.com"
elsewhere = true
auth_code = "right"
free = "+2d"
taken = "+3d"
[[name]]
name = "fancy.io"
premium = true
prices = { registration = "350.00", renewal = "340.00", transfer = "330.00" }
[[name]]
name = "fancy-elsewhere.io"
elsewhere = true
auth_code = "right"
premium = true
prices = { transfer = "330.00" }
[[name]]
name = "at-once.com"
registration = { takes = "0s" }
[[name]]
name = "never.com"
registration = { outcome = "failed" }
[[push]]
id = 7
domain = "desks.com"
to = "main"
created = "-1h"
[[registrant_change]]
id = 101
domain = "redemption.com"
contact = 13
created = "-1h"
cancel_takes = "5m"
[[registrant_change]]
id = 102
domain = "late.com"
contact = 13
state = "completed"
created = "-2h"
irt_lock_lifted_by = "+50d"
`

func TestCall(t *testing.T) {
	tests := callTests()
	equal(t, len(tests), 26)
	pages(t, tests, func(t *testing.T, tc callTest) {
		t.Helper()
		tc.prove(simulate(t, callWorld))
	})
}

// pages runs the tests as page/call.
func pages(t *testing.T, tests []callTest, run func(*testing.T, callTest)) {
	t.Helper()
	for _, page := range []string{"domains", "registrar", "pushes", "registrant-changes"} {
		t.Run(page, func(t *testing.T) {
			for _, tc := range tests {
				if tc.page == page {
					t.Run(tc.call, func(t *testing.T) { run(t, tc) })
				}
			}
		})
	}
}

// guarded sends a call as those whom it is not for. What is sent must do nothing for them, so that the state stays as it was.
func (s *sim) guarded(request, scope string, body ...string) {
	s.t.Helper()
	before := s.do("", "GET /_sandbox/state").Body.String()
	s.do("", request, body...).is(401, `{"message":"Authentication failed"}`)
	s.do("wrong", request, body...).must(401)
	s.do("billing", request, body...).is(403, `{"message":"Permission Denied. Required Scope: `+scope+`"}`)
	s.do("desk", request, body...).is(404, "{\"message\":\"Account `1` not found\"}")
	s.do("slow", "GET /v2/whoami")
	s.do("slow", request, body...).is(429, `{"message":"quota exceeded"}`)
	equal(s.t, s.do("", "GET /_sandbox/state").Body.String(), before)
	equal(s.t, len(s.Charges()), 0)
}

// purchase is guarded, and refused while the account cannot pay.
func (s *sim) purchase(request string, body ...string) {
	s.t.Helper()
	s.guarded(request, "registrar:*:write", body...)
	s.do("reader", request, body...).must(403)
	for billing, want := range map[string]int{"arrears": 402, "declined": 400} {
		s.do("", "POST /_sandbox/accounts/1", `{"billing":"`+billing+`"}`).must(200)
		s.do("main", request, body...).must(want)
	}
	s.do("", "POST /_sandbox/accounts/1", `{"billing":"active"}`).must(200)
	equal(s.t, len(s.Charges()), 0)
}

// field reads one field of the data of a GET.
func (s *sim) field(path, name string) any {
	s.t.Helper()
	return s.do("main", "GET "+path).must(200).at("data", name)
}

// latest is the last charge, by its kind, its items and its sum.
func (s *sim) latest() (kind string, items []string, cents int64) {
	s.t.Helper()
	all := s.Charges()
	if len(all) == 0 {
		s.t.Fatal("nothing was charged")
	}
	c := all[len(all)-1]
	for _, i := range c.Items {
		items = append(items, i.Description)
	}
	return c.Kind, items, c.Cents
}
