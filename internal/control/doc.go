// Package control answers everything that an operator may ask: one http.Handler
// ([New]), and the client that asks it. The daemon serves the handler on a Unix socket
// ([Listen], [Serve]) and a command reaches it there ([Dial]). A command that finds no
// daemon builds the handler over the opened state and calls it in process
// ([InProcess]); there is no second code path.
//
//	GET  /v1/status          where everything stands: [Status]
//	GET  /v1/plan            what the policy would do now: [Plan]; ?all=1 with what lies beyond the horizon
//	GET  /v1/explain         why something is done about a resource, or is not: [Explanation]; ?name= (with ?on=domain or
//	                         name), ?push= or ?change=, ?account=, ?at= a day or a moment to come
//	GET  /v1/ledger          what was done: a list of [Row], newest first; ?attention=1, ?state=, ?name=,
//	                         ?since= (RFC 3339) and ?op= leave out the rest
//	POST /v1/scan            [ScanRequest]: look now, and do what the policy says: [Scan]
//	POST /v1/resolve         [ResolveRequest]: what became of an unknown operation: [Row]
//	POST /v1/pause           [PauseRequest]: nothing is changed any more: [Paused]
//	POST /v1/resume          [ResumeRequest]: lift what was paused: [Resumed]
//	GET  /v1/expected        the pushes that are announced: [Announced]
//	POST /v1/expected        [ExpectRequest]: a push that is accepted when it comes: [Expectation]
//	POST /v1/revoke          [RevokeRequest]: it is not any more: [Expectation]
//	POST /v1/reload          [ReloadRequest]: read the configuration anew: [Reload]
//	GET  /v1/backup          a consistent copy of the state, as bytes
//
// What an operator does by hand is first proposed, then placed, and then watched:
//
//	POST /v1/propose         a [Command]: what it comes to, without any effect: [Proposal]
//	POST /v1/place           {"command", "agreed", "code", "confirm"}, as [PlaceRequest] has them: carry it out: [Row]
//	GET  /v1/operation       ?op=, a short id: how it stands: [Row]
//
// To look at what DNSimple has and says now:
//
//	GET  /v1/domains         ?account=, ?name_like=, ?registrant= and ?sort=: lines of [Domain]
//	GET  /v1/pushes          ?account=: lines of [Push]
//	GET  /v1/changes         ?account=, ?state=, ?domain= and ?contact=: lines of [RegistrantChange]
//	GET  /v1/available       ?name=: can it be registered: [Availability]
//	GET  /v1/prices          ?name=: what it costs: [Prices]
//
// Lines are JSON objects, {"item": …} each, told as they are read from all accounts side
// by side: a list may be longer than memory is. The last one is {"end": {"items",
// "problems"}}; without it the list is not complete.
//
// An authorization code is in the body of /v1/place and nowhere else: no answer, no
// error, no log and no state has it.
//
// Errors are JSON: {"error": "…"}, with a status of 400 where the question is
// malformed, 404 where it is about nothing that is there, 409 where it cannot be done
// now, and 5xx where the answer could not be given. JSON fields are only ever added.
//
// Who asks is known by the socket: the kernel tells the user at its other end. The
// socket has mode 0600 from its first moment, so that is root, or the daemon's own user.
package control
