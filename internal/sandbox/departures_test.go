package sandbox

// departures are where the answers are not as the vendor's OpenAPI document has them, because a recording of the vendor's or a
// page of its documentation says otherwise. Recordings are named as in the vendor's own test fixtures.
func departures() []*departure {
	const (
		domains   = "/{account}/domains"
		registrar = "/{account}/registrar/domains/{domain}"
		changes   = "/{account}/registrar/registrant_changes"
	)
	return []*departure{
		// Bodies.
		{status: 400, pointer: "/errors", source: "getDomainPrices/failure.http: 400 with a message alone"},
		{status: 400, pointer: "/errors/*", source: "validation-error.http, registerDomain/error-extended-attributes.http: complaints, or one, for each field"},
		{call: "GET /tlds/{tld}", status: 200, pointer: "/data/name_server_min", source: "getTld/success.http: a string"},
		{call: "GET /tlds/{tld}", status: 200, pointer: "/data/name_server_max", source: "getTld/success.http: a string"},
		{call: "GET /tlds", status: 200, pointer: "/data/*/name_server_min", source: "listTlds/success.http: a string"},
		{call: "GET /tlds", status: 200, pointer: "/data/*/name_server_max", source: "listTlds/success.http: a string"},
		{call: "GET " + domains, status: 200, pointer: "/data/*/expires_on", source: "listDomains/success.http: null"},
		{call: "POST " + domains, status: 201, pointer: "/data/expires_on", source: "createDomain/created.http: null"},
		{call: "GET " + domains + "/{domain}", status: 200, pointer: "/data/expires_on", source: "listDomains/success.http: null"},
		{call: "POST " + domains + "/{domain}/pushes", status: 201, pointer: "/data/contact_id", source: "initiatePush/success.http: null"},
		{call: "GET /{account}/pushes", status: 200, pointer: "/data/*/contact_id", source: "listPushes/success.http: null"},
		{call: "GET " + changes, status: 200, pointer: "/data/*/irt_lock_lifted_by", source: "listRegistrantChanges/success.http: null"},
		{call: "POST " + changes, status: 201, pointer: "/data/irt_lock_lifted_by", source: "createRegistrantChange/success.http: null"},
		{call: "POST " + changes, status: 202, pointer: "/data/irt_lock_lifted_by", source: "createRegistrantChange/success.http: null"},
		{call: "GET " + changes + "/{registrantchange}", status: 200, pointer: "/data/irt_lock_lifted_by", source: "getRegistrantChange/success.http: null"},
		{call: "DELETE " + changes + "/{registrantchange}", status: 202, pointer: "/data/irt_lock_lifted_by", source: "deleteRegistrantChange/success_async.http: null"},
		{call: "POST " + registrar + "/transfers", status: 202, pointer: "/data/status_description", source: "cancelDomainTransfer/success.http: null"},
		{call: "POST " + registrar + "/transfers", status: 201, pointer: "/data/status_description", source: "cancelDomainTransfer/success.http: null"},
		{call: "GET " + registrar + "/transfers/{domaintransfer}", status: 200, pointer: "/data/status_description", source: "cancelDomainTransfer/success.http: null"},
		{call: "DELETE " + registrar + "/transfers/{domaintransfer}", status: 202, pointer: "/data/status_description", source: "cancelDomainTransfer/success.http: null"},
		{call: "GET " + domains + "/research/status", status: 400, pointer: "/message", source: "getDomainsResearchStatus/error-validation.http: data, and no message"},

		// Paths and statuses that the document leaves out.
		{call: "GET /premium_price", status: 200, source: "registrar page, Check domain premium price: 200; deprecated, and gone from the document"},
		{call: "GET /premium_price", status: 400, source: "registrar page, Check domain premium price: 400 if the domain isn't premium"},
		{call: "POST " + registrar + "/registrations", status: 202, source: "registrar page, Register a domain: 202 when pending"},
		{call: "POST " + registrar + "/transfers", status: 202, source: "registrar page, Transfer a domain: 202 when pending"},
		{call: "POST " + registrar + "/renewals", status: 202, source: "registrar page, Renew a domain: 202 when pending"},
		{call: "POST " + registrar + "/restores", status: 202, source: "registrar page, Restore a domain: 202 when pending"},
		{call: "GET " + registrar + "/check", status: 400, source: "registrar page, Check domain: 400 if availability cannot be checked"},
		{call: "DELETE " + registrar + "/transfers/{domaintransfer}", status: 400, source: "registrar page, Cancel a Domain Transfer: 400 if it cannot be canceled"},
		{call: "GET /{account}/billing/charges", status: 400, source: "listCharges/fail-400-bad-filter.http"},
		{call: "GET " + domains, status: 400, source: "listCharges/fail-400-bad-filter.http: a filter that cannot be understood"},
		{call: "POST " + domains, status: 406, source: "domains page, Create a domain: 406 in its later edition: ownership must be verified first"},
		{status: 401, source: "every page: 401 in case of authentication issues"},
		{status: 402, source: "registrar and domains pages: 402 if the account has outstanding payments"},
		{status: 403, source: "listCharges/fail-403.http: a token without the scope"},
		{status: 404, source: "notfound-domain.http, checkRegistrantChange/error-contactnotfound.http: what is not there, whatever is asked"},
		{status: 405, source: "method-not-allowed.http"},
		{status: 429, source: "the document's own answer 429: quota exceeded, whatever is asked"},
	}
}

// neverAnswered are statuses that the document has, and that nothing here leads to, each with the reason.
func neverAnswered() map[string]string {
	return map[string]string{
		"GET /{account}/domains/{domain} 400": "domains page, Retrieve a domain: 401 alone; whatever stands there is looked up, and is there or is not",
		"DELETE /{account}/pushes/{push} 400": "pushes page, Reject a push: 401 alone; a push that waits can always be rejected",
	}
}
