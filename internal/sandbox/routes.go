package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// route is a call of the API. A segment of the pattern that begins with a colon holds a value; :account
// is a number and names an account that the token may see.
type route struct {
	method  string
	pattern string
	scope   string // what a token with limited scopes needs; empty: nothing
	handle  func(*call) reply
}

// routes is the API. The first pattern that fits a path wins.
func routes() []route {
	return []route{
		{http.MethodGet, "/v2/whoami", "", whoami},
		{http.MethodGet, "/v2/accounts", "", listAccounts},

		{http.MethodGet, "/v2/tlds", "", listTLDs},
		{http.MethodGet, "/v2/tlds/:tld", "", getTLD},
		{http.MethodGet, "/v2/tlds/:tld/extended_attributes", "", getAttributes},

		{http.MethodGet, "/v2/:account/domains", "domains:*:read", listDomains},
		{http.MethodPost, "/v2/:account/domains", "domains:*:write", createDomain},
		{http.MethodGet, "/v2/:account/domains/research/status", "domains:*:read", research},
		{http.MethodGet, "/v2/:account/domains/:domain", "domains:*:read", getDomain},
		{http.MethodDelete, "/v2/:account/domains/:domain", "domains:*:write", deleteDomain},
		{http.MethodPost, "/v2/:account/domains/:domain/pushes", "domains:*:write", initiatePush},

		{http.MethodGet, "/v2/:account/registrar/domains/:domain/check", "registrar:*:read", checkDomain},
		{http.MethodGet, "/v2/:account/registrar/domains/:domain/premium_price", "registrar:*:read", getPremiumPrice},
		{http.MethodGet, "/v2/:account/registrar/domains/:domain/prices", "registrar:*:read", getPrices},
		{http.MethodPost, "/v2/:account/registrar/domains/:domain/registrations", "registrar:*:write", createRegistration},
		{http.MethodGet, "/v2/:account/registrar/domains/:domain/registrations/:id", "registrar:*:read", getRegistration},
		{http.MethodPost, "/v2/:account/registrar/domains/:domain/transfers", "registrar:*:write", createTransfer},
		{http.MethodGet, "/v2/:account/registrar/domains/:domain/transfers/:id", "registrar:*:read", getTransfer},
		{http.MethodDelete, "/v2/:account/registrar/domains/:domain/transfers/:id", "registrar:*:write", cancelTransfer},
		{http.MethodPost, "/v2/:account/registrar/domains/:domain/renewals", "registrar:*:write", createRenewal},
		{http.MethodGet, "/v2/:account/registrar/domains/:domain/renewals/:id", "registrar:*:read", getRenewal},
		{http.MethodPost, "/v2/:account/registrar/domains/:domain/restores", "registrar:*:write", createRestore},
		{http.MethodGet, "/v2/:account/registrar/domains/:domain/restores/:id", "registrar:*:read", getRestore},
		{http.MethodPost, "/v2/:account/registrar/domains/:domain/authorize_transfer_out", "registrar:*:write", authorizeTransferOut},
		{http.MethodPut, "/v2/:account/registrar/domains/:domain/auto_renewal", "registrar:*:write", enableAutoRenewal},
		{http.MethodDelete, "/v2/:account/registrar/domains/:domain/auto_renewal", "registrar:*:write", disableAutoRenewal},

		{http.MethodGet, "/v2/:account/registrar/registrant_changes", "registrar:*:read", listChanges},
		{http.MethodPost, "/v2/:account/registrar/registrant_changes", "registrar:*:write", createChange},
		{http.MethodPost, "/v2/:account/registrar/registrant_changes/check", "registrar:*:read", checkChange},
		{http.MethodGet, "/v2/:account/registrar/registrant_changes/:id", "registrar:*:read", getChange},
		{http.MethodDelete, "/v2/:account/registrar/registrant_changes/:id", "registrar:*:write", cancelChange},

		{http.MethodGet, "/v2/:account/pushes", "domains:*:read", listPushes},
		{http.MethodPost, "/v2/:account/pushes/:id", "domains:*:write", acceptPush},
		{http.MethodDelete, "/v2/:account/pushes/:id", "domains:*:write", rejectPush},

		{http.MethodGet, "/v2/:account/contacts", "contacts:*:read", listContacts},
		{http.MethodGet, "/v2/:account/contacts/:id", "contacts:*:read", getContact},

		{http.MethodGet, "/v2/:account/billing/charges", "billing:*:read", listCharges},
	}
}

// call is a request that has found its route.
type call struct {
	w       *world
	params  map[string]string
	query   url.Values
	body    []byte
	token   *token
	account *account // where the route has :account
}

// api answers under /v2/, with the fault that hits the request, or nil.
func (s *Server) api(r *http.Request, body []byte, fault *armed) reply {
	entry := Request{At: s.w.now, Method: r.Method, Path: r.URL.RequestURI()}
	var out reply
	if fault.carriesOut() {
		out, entry.AccountID = s.dispatch(r, body)
	} else {
		entry.AccountID = s.accountOf(r)
	}
	if fault != nil {
		entry.FaultID, entry.OwnStatus = fault.id, out.status
		out = fault.spoil(out, s.limitOf(r), s.w.now)
	}
	entry.Status = out.status
	s.requests.add(entry)
	return out.with("X-Request-Id", requestID(s.requests.total))
}

// giveUp takes a request into the journal whose client went away while a fault delayed it.
func (s *Server) giveUp(r *http.Request, fault *armed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	s.requests.add(Request{
		At: s.w.now, Method: r.Method, Path: r.URL.RequestURI(), AccountID: s.accountOf(r), FaultID: fault.id,
	})
}

// limitOf is how many requests an hour the token of a request has.
func (s *Server) limitOf(r *http.Request) int {
	if t := authenticate(s.w, r); t != nil {
		return t.limit
	}
	return defaultLimit
}

// accountOf is the account in the path, or 0.
func (s *Server) accountOf(r *http.Request) int64 {
	_, params, _ := s.find(r.Method, r.URL.EscapedPath())
	id, _ := strconv.ParseInt(params[":account"], 10, 64)
	return id
}

// dispatch finds the route, authenticates, counts, and lets the route answer. The account is that of the path, or 0.
func (s *Server) dispatch(r *http.Request, body []byte) (out reply, accountID int64) {
	found, params, allowed := s.find(r.Method, r.URL.EscapedPath())
	if len(allowed) == 0 {
		return refuse(http.StatusNotFound, "Not Found"), 0
	}
	if found == nil {
		return reply{status: http.StatusMethodNotAllowed}.with("Allow", strings.Join(allowed, ", ")), 0
	}
	if id := params[":account"]; id != "" {
		accountID, _ = strconv.ParseInt(id, 10, 64)
	}
	t := authenticate(s.w, r)
	if t == nil {
		return refuse(http.StatusUnauthorized, "Authentication failed"), accountID
	}
	spent := !t.count(s.w.now)
	defer func() { out = t.label(out) }()
	if spent {
		return refuse(http.StatusTooManyRequests, "quota exceeded"), accountID
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "The query cannot be parsed"), accountID
	}
	c := &call{w: s.w, params: params, query: query, body: body, token: t}
	if id := params[":account"]; id != "" {
		if c.account = s.w.accounts[accountID]; c.account == nil || !t.sees(accountID) {
			return notFound("Account", id), accountID
		}
	}
	if !t.may(found.scope) {
		return refuse(http.StatusForbidden, "Permission Denied. Required Scope: %s", found.scope), accountID
	}
	return found.handle(c), accountID
}

// find matches a path. Allowed are the methods that the path has, sorted; none means that there is no such path.
func (s *Server) find(method, path string) (found *route, params map[string]string, allowed []string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path = strings.TrimSuffix(path, "/")
	pattern := ""
	for i := range s.routes {
		rt := &s.routes[i]
		if pattern != "" && rt.pattern != pattern {
			continue
		}
		values, ok := match(rt.pattern, path)
		if !ok {
			continue
		}
		pattern = rt.pattern
		allowed = append(allowed, rt.method)
		if rt.method == http.MethodGet {
			allowed = append(allowed, http.MethodHead)
		}
		if rt.method == method {
			found, params = rt, values
		}
	}
	slices.Sort(allowed)
	return found, params, allowed
}

// match compares an escaped path with a pattern, segment by segment.
func match(pattern, path string) (map[string]string, bool) {
	want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return nil, false
	}
	params := map[string]string{}
	for i, segment := range want {
		value, err := url.PathUnescape(have[i])
		if err != nil {
			return nil, false
		}
		switch {
		case !strings.HasPrefix(segment, ":"):
			if segment != value {
				return nil, false
			}
		case value == "" || segment == ":account" && strings.Trim(value, "0123456789") != "":
			return nil, false
		default:
			params[segment] = value
		}
	}
	return params, true
}

// requestID is the same for the same request of the same run.
func requestID(n int) string { return identifier("request " + strconv.Itoa(n)) }

// identifier looks like those of the API.
func identifier(seed string) string {
	sum := sha256.Sum256([]byte(seed))
	h := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-%s-%s-%s", h[:8], h[8:12], h[12:16], h[16:20], h[20:])
}
