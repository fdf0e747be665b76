package proof

import (
	"net/http"
	"strings"

	"domaind/internal/portfolio"
)

// requestOf says which operation a request carries out, and on what: a name, or the id of
// a domain, push, change or transfer; "" where the request does not say. A request that
// changes nothing has no kind.
func requestOf(req *http.Request) (kind portfolio.OperationKind, subject string) {
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	if req.Method == http.MethodGet || len(parts) < 2 {
		return "", ""
	}
	switch parts[1] {
	case "domains":
		return domainRequest(req.Method, parts[2:])
	case "pushes":
		if req.Method == http.MethodDelete {
			return portfolio.OpReject, parts[2]
		}
		return portfolio.OpAccept, parts[2]
	case "registrar":
		if parts[2] == "registrant_changes" {
			return changeRequest(req.Method, parts[3:])
		}
		return registrarRequest(req.Method, parts[3:])
	}
	return "", ""
}

func domainRequest(method string, parts []string) (kind portfolio.OperationKind, subject string) {
	switch {
	case len(parts) == 0:
		return portfolio.OpAdd, ""
	case method == http.MethodDelete:
		return portfolio.OpDelete, parts[0]
	}
	return portfolio.OpPush, parts[0]
}

func changeRequest(method string, parts []string) (kind portfolio.OperationKind, subject string) {
	switch {
	case len(parts) == 0:
		return portfolio.OpChangeRegistrant, ""
	case method == http.MethodDelete:
		return portfolio.OpCancelChange, parts[0]
	}
	return "", "" // it only asks what a change would need
}

func registrarRequest(method string, parts []string) (kind portfolio.OperationKind, subject string) {
	switch parts[1] {
	case "renewals":
		return portfolio.OpRenew, parts[0]
	case "restores":
		return portfolio.OpRestore, parts[0]
	case "registrations":
		return portfolio.OpRegister, parts[0]
	case "transfers":
		if method == http.MethodDelete {
			return portfolio.OpCancelTransfer, parts[2]
		}
		return portfolio.OpTransfer, parts[0]
	case "authorize_transfer_out":
		return portfolio.OpTransferOut, parts[0]
	}
	return portfolio.OpAutoRenewal, parts[0]
}

// purchaseOf is the kind of purchase that a request makes; "" where it makes none.
func purchaseOf(req *http.Request) portfolio.OperationKind {
	if kind, _ := requestOf(req); kind.Purchase() {
		return kind
	}
	return ""
}
