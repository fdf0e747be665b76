package sandbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever two accounts do with a few names, and however much time goes by between: what is bought is paid once, what is not is not, a
// name is in one place, and what is under way belongs to who has it.
func TestTheWorldHoldsTogether(t *testing.T) {
	const portfolio = `
[operations]
registration_takes = "10m"
transfer_takes = "5d"
cancel_transfer_takes = "1h"
registrant_change_takes = "2h"
renewal_takes = "1h"
restore_takes = "1d"
cancel_takes = "10m"
` + base + `
[[contact]]
id = 12
account = "main"
first_name = "Other"
[[domain]]
account = "main"
name = "a.com"
expires = "+20d"
transfer_out = { takes = "5d" }
[[domain]]
account = "desk"
name = "b.de"
expires = "+5d"
transfer_out = { takes = "1d", leaves = "hosted" }
[[name]]
name = "c.com"
elsewhere = true
auth_code = "right"
[[name]]
name = "d.io"
elsewhere = true
auth_code = "right"
free = "+10d"
taken = "+60d"
[[name]]
name = "e.net"
registration = { outcome = "failed" }
[limits]
requests_per_hour = 1000000
checks_per_hour = 0
`
	p, err := ParsePortfolio([]byte(portfolio), "test.toml")
	check(t, err)
	rapid.Check(t, func(rt *rapid.T) {
		s := &sim{t: t, now: start()}
		s.Server, err = New(Options{Portfolio: p, Now: s.clock})
		check(t, err)
		for range rapid.IntRange(1, 200).Draw(rt, "steps") {
			token := rapid.SampledFrom([]string{"main", "desk"}).Draw(rt, "who")
			id := map[string]int{"main": 1, "desk": 2}[token]
			name := rapid.SampledFrom([]string{"a.com", "b.de", "c.com", "d.io", "e.net", "f.com"}).Draw(rt, "name")
			n := rapid.IntRange(1, 3).Draw(rt, "n")
			registrar := fmt.Sprintf("/v2/%d/registrar/domains/%s", id, name)
			step := rapid.SampledFrom([][2]string{
				{"POST " + registrar + "/registrations", fmt.Sprintf(`{"registrant_id":%d,"auto_renew":true}`, 11*id)},
				{"POST " + registrar + "/transfers", fmt.Sprintf(`{"registrant_id":%d,"auth_code":"right"}`, 11*id)},
				{"POST " + registrar + "/transfers", fmt.Sprintf(`{"registrant_id":%d,"auth_code":"wrong"}`, 11*id)},
				{fmt.Sprintf("DELETE %s/transfers/%d", registrar, n), ""},
				{"POST " + registrar + "/renewals", fmt.Sprintf(`{"period":%d}`, n)},
				{"POST " + registrar + "/restores", ""},
				{"POST " + registrar + "/authorize_transfer_out", ""},
				{"PUT " + registrar + "/auto_renewal", ""},
				{fmt.Sprintf("POST /v2/%d/domains", id), fmt.Sprintf(`{"name":%q}`, name)},
				{fmt.Sprintf("DELETE /v2/%d/domains/%s", id, name), ""},
				{fmt.Sprintf("POST /v2/%d/domains/%s/pushes", id, name), fmt.Sprintf(`{"new_account_email":"account-%d@example.com"}`, 3-id)},
				{fmt.Sprintf("POST /v2/%d/pushes/%d", id, n), fmt.Sprintf(`{"contact_id":%d}`, 11*id)},
				{fmt.Sprintf("DELETE /v2/%d/pushes/%d", id, n), ""},
				{fmt.Sprintf("POST /v2/%d/registrar/registrant_changes", id), fmt.Sprintf(`{"domain_id":%q,"contact_id":%d}`, name, 10+n%3)},
				{fmt.Sprintf("DELETE /v2/%d/registrar/registrant_changes/%d", id, n), ""},
				{"", ""},
			}).Draw(rt, "step")
			if step[0] != "" {
				if a := s.do(token, step[0], step[1]); a.Code >= 500 || a.Code == 405 {
					rt.Fatalf("%s %s: %d %s", step[0], step[1], a.Code, a.Body)
				}
			}
			s.pass(time.Duration(rapid.Int64Range(0, int64(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, time.Hour, 3 * day, 30 * day}).Draw(rt, "most"))).Draw(rt, "pass")))
			s.do(token, "GET /v2/whoami").must(200)
			s.holdsTogether(rt)
			if rapid.Bool().Draw(rt, "lists") {
				s.listsInOrder(rt, id, rapid.SampledFrom([]string{"", "expiration:asc", "expiration:desc,name:desc", "id:asc"}).Draw(rt, "sort"))
			}
		}
	})
}

func (s *sim) holdsTogether(t *rapid.T) {
	w := s.w
	paid := map[int64]int{}
	for _, c := range w.charges {
		paid[c.Operation]++
		sum := int64(0)
		for _, i := range c.Items {
			sum += i.Cents
		}
		if sum != c.Cents || sum <= 0 {
			t.Fatalf("charge %+v", c)
		}
	}
	for _, op := range w.operations {
		want := 0
		if slices.Contains([]string{stateRegistered, stateTransferred, stateRenewed, stateRestored}, op.state) {
			want = 1
		}
		if paid[op.id] != want || op.complete != (op.state != stateNew && op.state != op.running()) {
			t.Fatalf("%s %d of %s is %s and paid %d times", op.kind, op.id, op.domain.name, op.state, paid[op.id])
		}
	}
	for _, op := range w.operations {
		if !op.complete && (op.domain.busy != op || w.domains[op.domain.id] != op.domain && op.domain.phase != gone) {
			t.Fatalf("%s %d of %s is %s, and its domain knows nothing of it", op.kind, op.id, op.domain.name, op.state)
		}
	}
	if len(w.names) != len(w.domains) {
		t.Fatalf("%d names of %d domains", len(w.names), len(w.domains))
	}
	for id, d := range w.domains {
		switch {
		case w.names[d.name] != d || d.id != id:
			t.Fatalf("%s is not where it is", d.name)
		case d.busy != nil && (d.busy.complete || d.busy.domain != d):
			t.Fatalf("%s is busy with what is over", d.name)
		case d.expires.IsZero() != (d.phase == hosted):
			t.Fatalf("%s is %s, and expires %s", d.name, d.phase, d.expires)
		case d.expires.IsZero():
			continue
		}
		if now, _ := d.tld.phaseAt(d.expires, w.now); now != d.phase || w.outside[d.name].held(w.now) {
			t.Fatalf("%s is %s, should be %s, held elsewhere: %v", d.name, d.phase, now, w.outside[d.name].held(w.now))
		}
		if c := w.contacts[d.registrant]; c == nil || c.account != d.account {
			t.Fatalf("%s in account %d has the registrant %d", d.name, d.account, d.registrant)
		}
	}
	pushed, changing := map[*domain]bool{}, map[*domain]bool{}
	for _, p := range w.pushes {
		if pushed[p.domain] || p.target == p.domain.account || w.domains[p.domain.id] != p.domain {
			t.Fatalf("push %d of %s", p.id, p.domain.name)
		}
		pushed[p.domain] = true
	}
	for _, x := range w.changes {
		if !x.open() {
			continue
		}
		if changing[x.domain] || x.account != x.domain.account || w.domains[x.domain.id] != x.domain {
			t.Fatalf("registrant change %d of %s is %s", x.id, x.domain.name, x.state)
		}
		changing[x.domain] = true
	}
}
