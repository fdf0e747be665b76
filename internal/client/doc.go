// Package client speaks to DNSimple, through its official SDK. One Client serves
// one account with one token.
//
// The SDK builds the requests: their paths, their queries and their bodies. What
// an answer means is decided here, because the SDK forgets status, headers and
// body as soon as anything is wrong, takes an empty 2xx for success, and follows
// redirects. A round tripper of our own therefore keeps every exchange whole (see
// exchange), and the kept exchange is what is read: strictly where we only ask,
// and so that no id is ever lost where money was spent.
//
// Every failure is a [*portfolio.CallError], and its outcome is the important
// part. Calls that change the world travel on a connection of their own, so that
// "not sent" is a fact: no connection was ever made. They are refused only where
// DNSimple itself says so, with a status of 4xx and a message in JSON. All else,
// whether a timeout, a reset, a 5xx, a page of HTML, an empty 2xx or a redirect,
// is unknown: it may have happened. Such a call is sent once and never again by
// this package; reads are tried three times.
//
// Requests are throttled per Client (see throttle): never more in an hour than
// the options allow, never past what the server says is left, and the last tenth
// is kept for calls that change the world and for the reads that belong to them
// (see [Urgent]).
package client
