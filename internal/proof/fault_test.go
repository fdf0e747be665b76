package proof

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// Calls says which requests a fault hits.
type calls string

const (
	allCalls   calls = "all"
	reads      calls = "reads"
	changes    calls = "changes"
	purchases  calls = "purchases"
	listCalls  calls = "list"
	lookCalls  calls = "looks"
	priceCalls calls = "prices"
	moneyCalls calls = "charges"
	clockCalls calls = "clock"
)

// pattern gives the method and the path in the sandbox's words.
func (c calls) pattern() (method, path string) {
	switch c {
	case reads:
		return http.MethodGet, ""
	case changes:
		return http.MethodPost, ""
	case purchases:
		return http.MethodPost, "*/re*s"
	case listCalls:
		return http.MethodGet, "/1010/domains"
	case lookCalls:
		return http.MethodGet, "*/domains/*"
	case priceCalls:
		return http.MethodGet, "*/prices"
	case moneyCalls:
		return http.MethodGet, "*/billing/charges"
	case clockCalls:
		return http.MethodGet, "/whoami"
	}
	if made, ok := c.kind(); ok {
		return made.method, made.path
	}
	return "", ""
}

// hit says whether a request is one of them.
func (c calls) hit(req *http.Request) bool {
	path := req.URL.Path
	switch c {
	case reads:
		return req.Method == http.MethodGet
	case changes:
		return req.Method != http.MethodGet
	case purchases:
		return purchaseOf(req) != ""
	case listCalls:
		return strings.HasSuffix(path, "/1010/domains")
	case lookCalls:
		return req.Method == http.MethodGet && strings.Contains(path, "/domains/")
	case priceCalls:
		return strings.HasSuffix(path, "/prices")
	case moneyCalls:
		return strings.HasSuffix(path, "/billing/charges")
	case clockCalls:
		return strings.HasSuffix(path, "/whoami")
	}
	if made, ok := c.kind(); ok {
		is, _ := requestOf(req)
		return is == made.kind
	}
	return true
}

// callsOf are the requests that carry out operations of a kind.
func callsOf(kind portfolio.OperationKind) calls { return calls("to " + kind) }

// made is the request that carries out operations of a kind, in the sandbox's words.
type made struct {
	kind         portfolio.OperationKind
	method, path string
}

// kind gives the request of the one kind of operation that these calls are; ok is false
// where they are others.
func (c calls) kind() (_ made, ok bool) {
	for _, m := range []made{
		{portfolio.OpRegister, http.MethodPost, "*/registrations"},
		{portfolio.OpTransfer, http.MethodPost, "*/transfers"},
		{portfolio.OpCancelTransfer, http.MethodDelete, "*/transfers/*"},
		{portfolio.OpTransferOut, http.MethodPost, "*/authorize_transfer_out"},
		{portfolio.OpPush, http.MethodPost, "*/domains/*/pushes"},
		{portfolio.OpChangeRegistrant, http.MethodPost, "*/registrant_changes"},
		{portfolio.OpCancelChange, http.MethodDelete, "*/registrant_changes/*"},
		{portfolio.OpAdd, http.MethodPost, "/1010/domains"},
		{portfolio.OpDelete, http.MethodDelete, "/1010/domains/*"},
	} {
		if c == callsOf(m.kind) {
			return m, true
		}
	}
	return made{}, false
}

// wireFault is what goes wrong between the client and DNSimple.
type wireFault string

const (
	wireRefused       wireFault = "refused"        // nobody listens
	wireDNS           wireFault = "dns"            // the name is not found
	wireTLS           wireFault = "tls"            // no handshake
	wireResetBefore   wireFault = "reset-before"   // the connection dies, and nothing happened
	wireResetAfter    wireFault = "reset-after"    // the connection dies, and it happened
	wireTimeoutBefore wireFault = "timeout-before" // no answer within every timeout, and nothing happened
	wireTimeoutAfter  wireFault = "timeout-after"  // no answer within every timeout, and it happened
	wireLate          wireFault = "late"           // no answer, and it happens ten minutes after that
)

func wireFaults() []wireFault {
	return []wireFault{wireRefused, wireDNS, wireTLS, wireResetBefore, wireResetAfter, wireTimeoutBefore, wireTimeoutAfter, wireLate}
}

// sent says whether a request may have left.
func (f wireFault) sent() bool { return f != wireRefused && f != wireDNS && f != wireTLS }

// happens says whether it has its effect, now.
func (f wireFault) happens() bool { return f == wireResetAfter || f == wireTimeoutAfter }

// err is what the client hears.
func (f wireFault) err() error {
	dial := func(err error) error { return &net.OpError{Op: "dial", Net: "tcp", Err: err} }
	switch f {
	case wireRefused:
		return dial(syscall.ECONNREFUSED)
	case wireDNS:
		return dial(&net.DNSError{Err: "no such host", Name: "api.dnsimple.com", IsNotFound: true})
	case wireTLS:
		return dial(errors.New("tls: handshake failure"))
	case wireResetBefore, wireResetAfter:
		return &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	return errTimeout
}

// errTimeout stands for a context's deadline: the virtual clock moves no timer of Go's.
var errTimeout = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("i/o timeout")}

// waits is how long the client waited before it gave up.
func (f wireFault) waits(req *http.Request) time.Duration {
	switch {
	case f != wireTimeoutBefore && f != wireTimeoutAfter && f != wireLate:
		return 0
	case req.Method == http.MethodGet:
		return 30 * time.Second
	default:
		return 5 * time.Minute
	}
}

// serverFault is one of them; a 404 is for commands alone.
func serverFault(name string) (sandbox.Fault, bool) {
	if name == "404" {
		return sandbox.Fault{Status: 404, Message: "Nothing like that was found"}, true
	}
	f, ok := serverFaults()[name]
	return f, ok
}

// serverFaults are the faults that the simulated DNSimple makes itself.
func serverFaults() map[string]sandbox.Fault {
	return map[string]sandbox.Fault{
		"500":            {Status: 500},
		"500-effect":     {Status: 500, Effect: true},
		"502-html":       {Status: 502, Body: sandbox.BodyHTML},
		"502-effect":     {Status: 502, Body: sandbox.BodyHTML, Effect: true},
		"503":            {Status: 503},
		"504-effect":     {Status: 504, Body: sandbox.BodyHTML, Effect: true},
		"empty":          {Body: sandbox.BodyEmpty},
		"null":           {Raw: `{"data":null}`},
		"id-0":           {Raw: `{"data":{"id":0,"domain_id":1,"state":"new"}}`},
		"truncated":      {Truncate: new(7)},
		"cut-short":      {Truncate: new(60)},
		"307":            {Redirect: "/v2/elsewhere"},
		"307-effect":     {Redirect: "/v2/elsewhere", Effect: true},
		"date-wrong":     {Date: "-10m"},
		"date-missing":   {Date: sandbox.DateMissing},
		"429":            {RateLimit: sandbox.ResetNone},
		"429-soon":       {RateLimit: "20m"},
		"429-past":       {RateLimit: "-1h"},
		"429-far":        {RateLimit: "30d"},
		"401":            {Status: 401, Message: "Authentication failed"},
		"402":            {Status: 402, Message: "The account has outstanding payments"},
		"403":            {Status: 403, Message: "Permission Denied. Required Scope: registrar:*:write"},
		"declined":       {Status: 400, Message: "Your card was declined"},
		"400":            {Status: 400, Message: "Validation failed"},
		"drop-before":    {Drop: sandbox.Before},
		"drop-after":     {Drop: sandbox.After},
		"state-nobody":   {Raw: `{"data":{"id":1,"domain_id":1,"period":1,"state":"levitating"}}`},
		"empty-and-late": {Body: sandbox.BodyEmpty, Date: "+7m"},
	}
}
