package sandbox

import (
	"maps"
	"strings"
	"time"
)

// phase is where in its life a domain stands.
type phase int

const (
	hosted phase = iota // no registration here: only DNS
	registered
	grace
	redemption
	pendingDelete
	gone
)

func (p phase) String() string {
	return [...]string{"hosted", "registered", "grace", "redemption", "pending-delete", "gone"}[p]
}

// state is what the API says of a domain in this phase.
func (p phase) state() string {
	switch p {
	case hosted, registered:
		return p.String()
	default:
		return "expired"
	}
}

// TLD types of the API.
const (
	gTLD   = 1
	ccTLD  = 2
	newTLD = 3
)

// tld is a suffix under which names can be had, with the list prices of a year and the phases after expiration.
type tld struct {
	name            string
	kind            int
	prices          prices
	trustee         cents
	privacy         cents // WHOIS privacy, with a registration or transfer
	grace           length
	redemption      length
	pendingDelete   length
	autoRenewal     length // how long before expiration DNSimple renews by itself
	minimum         int    // years; also what a renewal without a period and a restore buy
	autoRenewOnly   bool
	noRegistrations bool
	noRenewals      bool
	noTransfers     bool
	noPrivacy       bool
	noIDN           bool
	noCode          bool // a transfer needs no authorization code
	attributes      []attribute
}

// prices are for one year, but for restore, which is the fee beside the renewal.
type prices struct {
	registration, renewal, transfer, restore cents
}

// phaseAt is the phase at a moment, and when the next one begins.
func (t *tld) phaseAt(expires, now time.Time) (phase, time.Time) {
	lapse := t.grace.after(expires)
	final := t.redemption.after(lapse)
	end := t.pendingDelete.after(final)
	switch {
	case now.Before(expires):
		return registered, expires
	case now.Before(lapse):
		return grace, lapse
	case now.Before(final):
		return redemption, final
	case now.Before(end):
		return pendingDelete, end
	default:
		return gone, time.Time{}
	}
}

// end is when the registry deletes a name that nobody renews.
func (t *tld) end(expires time.Time) time.Time {
	return t.pendingDelete.after(t.redemption.after(t.grace.after(expires)))
}

// tldOf finds the suffix of a name: all after its first label.
func tldOf(tlds map[string]*tld, name string) *tld {
	_, suffix, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	return tlds[suffix]
}

// cloneTLDs copies a table, so that a portfolio can change it.
func cloneTLDs(table map[string]*tld) map[string]*tld {
	out := maps.Clone(table)
	for name, t := range out {
		c := *t
		out[name] = &c
	}
	return out
}

// builtinTLDs are the suffixes that need no [[tld]] in a portfolio. The phases are those that the registries publish, the
// prices are plausible.
func builtinTLDs() map[string]*tld {
	gtld := func(name string, kind int, registration, renewal, transfer, restore cents) *tld {
		return &tld{
			name: name, kind: kind, prices: prices{registration, renewal, transfer, restore},
			grace: days(29), redemption: days(30), pendingDelete: days(5), autoRenewal: days(7), minimum: 1,
		}
	}
	table := []*tld{
		gtld("com", gTLD, 1500, 1500, 1500, 8000),
		gtld("net", gTLD, 1700, 1700, 1700, 8000),
		gtld("org", gTLD, 1600, 1600, 1600, 8000),
		gtld("info", gTLD, 2200, 2200, 2200, 8000),
		gtld("app", newTLD, 1800, 1800, 1800, 8000),
		gtld("dev", newTLD, 1600, 1600, 1600, 8000),
		gtld("shop", newTLD, 3600, 3600, 3600, 10000),
		gtld("pizza", newTLD, 6000, 6000, 6000, 8000),
		{
			name: "io", kind: ccTLD, prices: prices{6000, 6000, 6000, 12000},
			grace: days(30), redemption: days(30), pendingDelete: days(5), autoRenewal: days(7), minimum: 1, noPrivacy: true,
		},
		{
			name: "ai", kind: ccTLD, prices: prices{9000, 9000, 9000, 20000},
			grace: days(30), redemption: days(30), pendingDelete: days(5), autoRenewal: days(7), minimum: 2, noPrivacy: true,
		},
		{ // no redemption: what is not renewed in the 90 days is cancelled
			name: "co.uk", kind: ccTLD, prices: prices{1200, 1200, 0, 0},
			grace: days(90), pendingDelete: days(2), autoRenewal: days(7), minimum: 1, noPrivacy: true, noIDN: true, noCode: true,
		},
		{ // no grace: a name that expires is in redemption at once
			name: "de", kind: ccTLD, prices: prices{1000, 1000, 1000, 5000},
			redemption: days(30), autoRenewal: days(14), minimum: 1, noPrivacy: true,
		},
		{ // auto-renew only, and no grace
			name: "ch", kind: ccTLD, prices: prices{1400, 1400, 1400, 4500},
			redemption: days(40), autoRenewal: days(14), minimum: 1, autoRenewOnly: true, noPrivacy: true,
		},
	}
	out := make(map[string]*tld, len(table))
	for _, t := range table {
		out[t.name] = t
	}
	out["app"].attributes, out["dev"].attributes = secure(), secure()
	return out
}
