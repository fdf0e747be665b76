package proof

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// leaves holds what must hold of each request that leaves.
func (k *watch) leaves(req *http.Request) {
	if req.Method == http.MethodGet {
		return
	}
	parts := strings.Split(strings.TrimPrefix(req.URL.Path, "/v2/"), "/")
	if len(parts) < 3 || parts[0] != "1010" {
		k.broken("%s %s changes something in another account", req.Method, req.URL.Path)
		return
	}
	if parts[1] == "pushes" {
		if req.Method == http.MethodPost && k.strangers[toID(parts[2])] {
			k.broken("push %s is accepted, and nobody knows its source", parts[2])
		}
		return
	}
	if kind := purchaseOf(req); kind != "" {
		k.buys(kind, parts[3])
	}
	if strings.HasSuffix(req.URL.Path, "/auto_renewal") {
		k.switches(parts[3], req.Method == http.MethodPut)
	}
}

// switches holds what must hold of each change of a domain's auto-renewal: it is a
// wish's, or the safety net's, which was written down before, and is only taken down
// where we put it up, after the purchase is done.
func (k *watch) switches(name string, on bool) {
	for _, op := range k.rows {
		switch {
		case op.Name != name:
		case op.Kind == portfolio.OpAutoRenewal && op.State == portfolio.StateArmed && on:
			return
		case op.Net == nil:
		case on && op.State == portfolio.StateUnknown, !on && op.State == portfolio.StateDone && !op.Net.Was:
			return
		}
	}
	k.broken("the auto-renewal of %s is switched (on: %t), and no row says why", name, on)
}

// purchaseOf is the kind of purchase that a request makes; "" where it makes none.
func purchaseOf(req *http.Request) portfolio.OperationKind {
	switch {
	case req.Method != http.MethodPost:
	case strings.HasSuffix(req.URL.Path, "/renewals"):
		return portfolio.OpRenew
	case strings.HasSuffix(req.URL.Path, "/restores"):
		return portfolio.OpRestore
	}
	return ""
}

// early is how much before its time a renewal may be bought: the clocks differ, and a
// registry may correct a date.
const early = 5 * day

// buys holds what must hold of each purchase that leaves: there is a row for it, armed
// and durable, for which nothing has left before, and its time has come.
func (k *watch) buys(kind portfolio.OperationKind, name string) {
	row := k.armed(kind, name)
	if row == nil {
		k.broken("%s %s is sent, and no row for it is armed", kind, name)
		return
	}
	if k.posts[row.Key]++; k.posts[row.Key] > 1 {
		k.broken("%s is sent for the second time", row)
	}
	if k.w.held && !row.Manual {
		k.broken("%s is sent, although the policy holds it now", row)
	}
	if off := k.w.now().Sub(k.date); k.date.IsZero() || off.Abs() > 5*time.Minute {
		k.broken("%s is sent, and the Date of the last look at a domain was %s, by our clock %s ago", row, k.date, off)
	}
	d := k.w.truths()[name]
	if d.ExpiresAt != nil && kind == portfolio.OpRenew && d.ExpiresAt.Sub(k.w.clock.Now()) > horizon+early {
		k.broken("%s is bought although it expires on %s", row, d.ExpiresAt.Format(time.DateOnly))
	}
}

// horizon is how far ahead the rules of every scene renew.
const horizon = 45 * day

func (k *watch) armed(kind portfolio.OperationKind, name string) *portfolio.Operation {
	for _, row := range k.rows {
		if row.State == portfolio.StateArmed && row.Kind == kind && row.Name == name {
			return &row
		}
	}
	return nil
}

// answered remembers the server's clock as it came with the last look at a domain, and
// takes back what certainly was not obeyed: a request beyond the limit.
func (k *watch) answered(req *http.Request, status int, date string) {
	if lookCalls.hit(req) && strings.HasPrefix(req.URL.Path, "/v2/1010/domains/") {
		k.date, _ = http.ParseTime(date)
	}
	kind := purchaseOf(req)
	if kind == "" || status != http.StatusTooManyRequests {
		return
	}
	if row := k.armed(kind, strings.Split(req.URL.Path, "/")[5]); row != nil {
		k.posts[row.Key]--
	}
}

func toID(s string) int64 {
	var id int64
	if _, err := fmt.Sscan(s, &id); err != nil {
		return 0
	}
	return id
}
