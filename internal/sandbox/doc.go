// Package sandbox is a simulated DNSimple: version 2 of the API as it is documented, and a registry
// behind it in which names expire, lapse, are bought and are lost. It stands on the other side of the
// wire and shares no code with the rest of the program, so that a mistake made there is not made here too.
//
// # The world
//
// A [Portfolio] (a TOML file; see [Sample] for one with every key explained) describes accounts, tokens,
// contacts, domains, names at other registrars, pushes and registrant changes, with all times relative to the start. [New] brings it to
// life at Options.Now. A [Server] has no goroutine and no timer: each request first carries the world forward to
// the present, event by event in the order of their times, and is then answered. The same requests at the
// same instants give the same answers, byte for byte. The clock comes from outside, and may be moved
// ahead, never back, under /_sandbox/clock; Date, created_at, updated_at and X-RateLimit-Reset follow it.
//
// # The registry
//
// The phase of a domain is a function of its expiration, its TLD and the time:
//
//	registered ─▶ grace ─▶ redemption ─▶ pending delete ─▶ gone
//	     ▲          │           │
//	     └─ renewal ┴─ restore ─┘
//
// The API says "expired" for grace, redemption and pending delete alike, as the real one does; a name that is
// gone is no longer found. A renewal is possible while registered and in grace, a restore in redemption, nothing in
// pending delete. Both add whole years to the old expiration. The price is that of the moment of the order; it is
// held, and charged only when the operation completes as "renewed" or "restored". The documents leave open whether the
// restore fee holds the renewal that comes with it: here both are charged, as two items of one charge.
//
// DNSimple's own auto-renewal looks at a domain that has auto_renew on when the last days before its expiration begin (7 unless
// told otherwise), or an hour later where auto_renew was switched on in those days. It never touches a lapsed name.
// Where the account cannot pay, it buys nothing and switches auto_renew off.
//
// A name that no account has is free, unless the portfolio says that it is held elsewhere. A registration or transfer puts a domain
// into the account at once, hosted and with its registrant; it is registered when the operation completes, and stays hosted when it
// does not, as recorded. A registration buys the shortest period of its suffix, a transfer adds a year. Who deletes a registered
// domain loses it: it stays at the registry until it has run out, nothing is refunded, and no code gets it back.
//
// # Where the documents are silent
//
// What is assumed, because no document or recording says it: per_page above 100 and unknown sort fields are
// a 400; a premium_price for a name that is not premium is ignored; a renewal's period of 0 is refused like any other
// beyond 1 to 9; an account that a token may not see is a 404; an empty list has one page; among domains
// that sort alike, the lower id comes first; auto-renewal cannot be switched off under a suffix that knows nothing else; required
// scopes other than that of billing carry names of our own. And of the calls that move names:
//
//   - A wrong authorization code, or a lock, lets the transfer fail; the call itself succeeds. The registration of a name that
//     somebody else gets first fails too. A transfer that is cancelled twice is answered twice.
//   - Checks are limited to 60 an hour and token. An account without research is told so with 403.
//   - WHOIS privacy and trustee are items of the same charge. A premium price is confirmed per year, like the list prices.
//   - A domain has one push and one registrant change at a time. It cannot be deleted or pushed while an operation is under way. A push
//     that is accepted ends the registrant changes. An e-mail that several accounts have is nobody's.
//   - Another name, organization or e-mail means another owner. Then a domain is locked against transfers for 60 days, whether by a
//     registrant change or a push, but not under a ccTLD.
//
// # Under /_sandbox/
//
// No token is needed, nothing is counted against a limit, and errors are {"message"}:
//
//	GET  /_sandbox/charges   everything ever charged, oldest first
//	GET  /_sandbox/state     the clock, and every domain with its phase
//	GET  /_sandbox/requests  the latest API requests (at most 10,000), oldest first, with the number ever made, and how
//	                         many of each kind: the pages of a list count together
//	GET  /_sandbox/accounts  the accounts, with their identifiers
//	POST /_sandbox/accounts/ID  {"billing": "arrears"} puts an account into arrears; "active", "declined"
//	GET  /_sandbox/clock     the time
//	POST /_sandbox/clock     {"advance": "36h"} moves it ahead; units as in a portfolio: s m h d w mo y
//
//	GET    /_sandbox/faults     the faults that were not removed, with their ids, and how often they were seen and hit
//	POST   /_sandbox/faults     a [Fault]: something goes wrong from now on; answered with 201 and its id
//	DELETE /_sandbox/faults     removes them all
//	DELETE /_sandbox/faults/ID  removes one, and lets the requests go that it delays
//
// # Faults
//
// A [Fault] says which requests it hits (method, path, how many pass first, how many are hit) and what they meet. Each of
// these is one, over HTTP or, with the same fields, by [Server.Inject]:
//
//	{"method": "POST", "path": "*/renewals", "count": 1, "status": 502, "body": "html"}  refused by a gateway; nothing happened
//	{"method": "POST", "path": "*/renewals", "status": 500, "effect": true}              renewed, and called an error
//	{"method": "POST", "path": "*/renewals", "drop": "after"}                            renewed, and the connection closed
//	{"method": "POST", "path": "*/renewals", "drop": "before"}                           not renewed, and the connection closed
//	{"method": "POST", "path": "*/renewals", "delay": "5m"}                              renewed, and answered five minutes later
//	{"method": "POST", "path": "*/renewals", "delay": "5m", "delay_at": "before"}        renewed in five minutes, if one still waits then
//	{"method": "POST", "path": "*/renewals", "body": "empty"}                            a success without a body
//	{"method": "POST", "path": "*/renewals", "raw": "{\"data\":null}"}                   a success with a body of one's own
//	{"path": "/1010/domains", "skip": 1, "count": 1, "truncate": 100}                    the second answer ends after 100 bytes
//	{"date": "-10m"}                                                                     a wrong clock; "missing": no Date at all
//	{"count": 3, "rate_limit": "1h"}                                                     429 with a reset; "-1h": one in the past; "none": none
//	{"redirect": "/v2/elsewhere"}                                                        307
//
// Of several faults that are due, the oldest hits. The journal of requests has the status that was answered (0 where the connection was
// closed without an answer), the fault, and the status that the call itself came to. A path under /_sandbox/ is never hit.
package sandbox
