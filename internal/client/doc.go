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
// There are three kinds of calls. Reads ask, and may ask again; a list is an
// iterator over its pages, in an order and with a filter that are checked before
// anything is sent. What begins something (a renewal, restore, registration,
// transfer, push, change of registrant) is read so that its id is never lost: the
// API lists few of them, and knows no idempotency keys. Every other change is
// addressed by an id or a name, and its success is the status that is documented,
// and nothing else. Two reads have limits of their own, by the minute or the month
// (see [Client.CheckDomain] and [Client.ResearchStatus]): where those are used up,
// no other call waits.
//
// Where the SDK cannot say what is meant, its Request carries a type of ours: a
// restore, which the SDK sends with a period of 0; registrations and transfers, whose
// "no" it leaves out; the charges, whose pages it does not know; the premium price,
// which it has dropped.
//
// No error holds the token, and none of a transfer its authorization code, even
// where DNSimple quotes them.
//
// Requests are throttled per Client (see throttle): never more in an hour than
// the options allow, never past what the server says is left, and the last tenth
// is kept for calls that change the world and for the reads that belong to them
// (see [Urgent]).
package client
