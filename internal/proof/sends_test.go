package proof

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"domaind/internal/portfolio"
)

// leaves holds what must hold of each request that leaves: it changes nothing but the
// account that may be acted on, and a row for it is armed and durable.
func (k *watch) leaves(req *http.Request) {
	kind, subject := requestOf(req)
	if kind == "" {
		return
	}
	if !strings.HasPrefix(req.URL.Path, "/v2/1010/") {
		k.broken("%s %s changes something in another account", req.Method, req.URL.Path)
		return
	}
	switch kind {
	case portfolio.OpAutoRenewal: // the safety net switches it, too
		k.switches(subject, req.Method == http.MethodPut)
		return
	case portfolio.OpAccept:
		if k.strangers[toID(subject)] {
			k.broken("push %s is accepted, and nobody knows its source", subject)
		}
	}
	row := k.armed(kind, subject)
	if row == nil {
		k.broken("%s %s is sent, and no row for it is armed", kind, subject)
		return
	}
	k.sent[row.Key]++
	k.approved(row)
	k.usedOnce(row)
	if kind.Once() {
		k.once(row)
	}
	switch kind {
	case portfolio.OpRenew, portfolio.OpRestore:
		k.buys(row)
	case portfolio.OpTransfer:
		k.knows(row, req)
	}
}

// switches holds what must hold of each change of a domain's auto-renewal: it is a
// wish's, or the safety net's, which was written down before, and is only taken down
// where we put it up, after the purchase is done.
func (k *watch) switches(name string, on bool) {
	for _, op := range k.rows {
		switch {
		case op.Name != name:
		case op.Kind == portfolio.OpAutoRenewal && op.State == portfolio.StateArmed && on == (op.Terms == nil || op.Terms.On):
			return
		case op.Net == nil:
		case on && op.State == portfolio.StateUnknown, !on && op.State == portfolio.StateDone && !op.Net.Was:
			return
		}
	}
	k.broken("the auto-renewal of %s is switched (on: %t), and no row says why", name, on)
}

// once holds what must hold of each request that must not be repeated: nothing has left
// for its row before, and the clock was compared.
func (k *watch) once(row *portfolio.Operation) {
	if k.posts[row.Key]++; k.posts[row.Key] > 1 {
		k.broken("%s is sent for the second time", row)
	}
	if off := k.clockOff; off.Abs() > 5*time.Minute {
		k.broken("%s is sent, and the clock was %s off when it was compared last", row, off)
	}
}

// early is how much before its time a renewal may be bought: the clocks differ, and a
// registry may correct a date.
const early = 5 * day

// buys holds what must hold of each purchase for a domain that we have: its time has come.
func (k *watch) buys(row *portfolio.Operation) {
	if k.w.held && !row.Manual {
		k.broken("%s is sent, although the policy holds it now", row)
	}
	if off := k.w.now().Sub(k.date); k.date.IsZero() || off.Abs() > 5*time.Minute {
		k.broken("%s is sent, and the Date of the last look at a domain was %s, by our clock %s ago", row, k.date, off)
	}
	d := k.w.truths()[row.Name]
	if d.ExpiresAt != nil && row.Kind == portfolio.OpRenew && d.ExpiresAt.Sub(k.w.clock.Now()) > horizon+early {
		k.broken("%s is bought although it expires on %s", row, d.ExpiresAt.Format(time.DateOnly))
	}
}

// horizon is how far ahead the rules of every scene renew.
const horizon = 45 * day

// knows holds that a transfer that needs a code is never sent without it: where it was
// forgotten, somebody is asked again.
func (k *watch) knows(row *portfolio.Operation, req *http.Request) {
	text, err := io.ReadAll(req.Body)
	if err != nil {
		k.broken("%s: %v", row, err)
	}
	req.Body = io.NopCloser(bytes.NewReader(text))
	if row.Terms.WithCode && !bytes.Contains(text, []byte(secretCode)) {
		k.broken("%s is sent without its authorization code", row)
	}
}

// armed is the row that a request carries out: one operation of an account goes at a time.
func (k *watch) armed(kind portfolio.OperationKind, subject string) *portfolio.Operation {
	for _, row := range k.rows {
		if row.State != portfolio.StateArmed || row.Kind != kind {
			continue
		}
		if subject == "" || subject == row.Name || toID(subject) != 0 && (toID(subject) == row.SubjectID || toID(subject) == row.DomainID) {
			return &row
		}
	}
	return nil
}

// answered remembers the server's clock as it came with the last look at a domain, and how
// far ours was off when it was asked for, and takes back what certainly was not obeyed: a
// request beyond the limit.
func (k *watch) answered(req *http.Request, status int, date string) {
	switch {
	case lookCalls.hit(req) && strings.HasPrefix(req.URL.Path, "/v2/1010/domains/"):
		k.date, _ = http.ParseTime(date)
		k.clockOff = k.w.now().Sub(k.date)
	case clockCalls.hit(req):
		at, _ := http.ParseTime(date)
		k.clockOff = k.w.now().Sub(at)
	}
	kind, subject := requestOf(req)
	if !kind.Once() || status != http.StatusTooManyRequests {
		return
	}
	if row := k.armed(kind, subject); row != nil {
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
