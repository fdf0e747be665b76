// Package control answers everything that an operator may ask: one http.Handler,
// and the client that asks it. A command that finds no daemon builds the handler
// over the opened state and calls it in process; there is no second code path.
//
//	GET /v1/plan            what the policy would do now: [Plan]; ?all=1 with what lies beyond the horizon
//	GET /v1/ledger          what was done: a list of [Row], newest first
//
// Errors are JSON: {"error": "…"}, with a status of 4xx where the question was
// wrong and 5xx where the answer could not be given. JSON fields are only ever added.
package control
