package control

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
	"domaind/internal/scheduler"
)

// Summary is what a plan comes to. Lists are never null.
type Summary struct {
	Accounts []AccountSum `json:"accounts"` // by id
	// Months are those in which the domains expire for which something is bought or asked
	// for, in the policy's time zone; the month "" is of what has no expiration.
	Months   []MonthSum                    `json:"months"`
	Verdicts map[portfolio.Verdict]Verdict `json:"verdicts"`
	// Overlaps are rules that match, and lose to another one.
	Overlaps   []Overlap   `json:"overlaps"`
	IdleGroups []IdleGroup `json:"idle_groups"` // groups of which no name was seen
	// Vendor are the domains that DNSimple's own auto-renewal will buy although the policy
	// holds them, or lets them go.
	Vendor []VendorBuys `json:"vendor"`
	// Whole says that whole portfolios were looked at for idle groups, as sweeps saw them;
	// else what lies inside the horizon, and what a sweep that goes on has seen.
	Whole bool `json:"whole"`
}

// Sum is what some items come to.
type Sum struct {
	Items     int             `json:"items"`
	Purchases int             `json:"purchases"` // of verdicts act and would-act
	Price     portfolio.Money `json:"price"`     // of those
	Asked     portfolio.Money `json:"asked"`     // of verdict ask
}

// AccountSum is what the items of an account come to.
type AccountSum struct {
	Account     int64  `json:"account"`
	AccountName string `json:"account_name"`
	Sum
}

// MonthSum is what is spent for domains that expire in a month.
type MonthSum struct {
	Month string `json:"month"` // YYYY-MM
	Sum
}

// Verdict is how many items have a verdict, and what those cost that have a price.
type Verdict struct {
	Items int             `json:"items"`
	Price portfolio.Money `json:"price"`
}

// Overlap is how many resources of a kind one rule wins against another that matches,
// too.
type Overlap struct {
	On     portfolio.ResourceKind `json:"on"`
	Winner string                 `json:"winner"`
	Loser  string                 `json:"loser"`
	Items  int                    `json:"items"`
}

// IdleGroup is a group of which no name was seen, and the rules that name it.
type IdleGroup struct {
	Group string   `json:"group"`
	Rules []string `json:"rules"`
}

// VendorBuys is a domain that DNSimple itself will renew, by the day of its expiration.
type VendorBuys struct {
	Account     int64             `json:"account"`
	AccountName string            `json:"account_name"`
	ID          int64             `json:"id"`
	Name        string            `json:"name"`
	Unicode     string            `json:"unicode_name,omitempty"`
	ExpiresAt   *time.Time        `json:"expires_at"`
	Verdict     portfolio.Verdict `json:"verdict"` // hold or let-lapse
	Rule        string            `json:"rule"`
}

// Verdicts are all that there are, in the order in which people read them.
func Verdicts() []portfolio.Verdict {
	return []portfolio.Verdict{
		portfolio.VerdictAct, portfolio.VerdictWouldAct, portfolio.VerdictAsk, portfolio.VerdictWait, portfolio.VerdictBlocked,
		portfolio.VerdictUncovered, portfolio.VerdictHold, portfolio.VerdictLetLapse, portfolio.VerdictNone,
	}
}

func (s *Sum) add(it *Item) {
	s.Items++
	if !priced(it) {
		return
	}
	switch it.Verdict {
	case portfolio.VerdictAct, portfolio.VerdictWouldAct:
		s.Purchases++
		s.Price += *it.Price
	case portfolio.VerdictAsk:
		s.Asked += *it.Price
	}
}

// priced says whether an item has a price that counts: auto-renewal that is only switched on
// costs nothing before DNSimple renews, and that no ceiling holds.
func priced(it *Item) bool { return it.Price != nil && it.Do != portfolio.ActionAutoRenewal }

func totalsOf(items []Item) Totals {
	var s Sum
	for i := range items {
		s.add(&items[i])
	}
	return Totals{Price: s.Price, Asked: s.Asked}
}

// summaryOf adds up items. Months are those of a time zone.
func summaryOf(items []Item, zone *time.Location) Summary {
	out := Summary{
		Accounts: []AccountSum{}, Months: []MonthSum{}, Verdicts: make(map[portfolio.Verdict]Verdict), Overlaps: []Overlap{}, IdleGroups: []IdleGroup{},
		Vendor: []VendorBuys{},
	}
	accounts, months := make(map[int64]*AccountSum), make(map[string]*MonthSum)
	for i := range items {
		it := &items[i]
		a := accounts[it.Account]
		if a == nil {
			a = &AccountSum{Account: it.Account, AccountName: it.AccountName}
			accounts[it.Account] = a
		}
		a.add(it)
		v := out.Verdicts[it.Verdict]
		v.Items++
		if priced(it) {
			v.Price += *it.Price
		}
		out.Verdicts[it.Verdict] = v
		if vendorBuys(it) {
			out.Vendor = append(out.Vendor, VendorBuys{
				Account: it.Account, AccountName: it.AccountName, ID: it.ID, Name: it.Name, Unicode: it.Unicode,
				ExpiresAt: it.ExpiresAt, Verdict: it.Verdict, Rule: it.Rule,
			})
		}
		if !priced(it) || it.Verdict != portfolio.VerdictAct && it.Verdict != portfolio.VerdictWouldAct && it.Verdict != portfolio.VerdictAsk {
			continue
		}
		month := ""
		if it.ExpiresAt != nil {
			month = monthOf(*it.ExpiresAt, zone)
		}
		m := months[month]
		if m == nil {
			m = &MonthSum{Month: month}
			months[month] = m
		}
		m.add(it)
	}
	for _, id := range slices.Sorted(maps.Keys(accounts)) {
		out.Accounts = append(out.Accounts, *accounts[id])
	}
	for _, month := range slices.Sorted(maps.Keys(months)) {
		out.Months = append(out.Months, *months[month])
	}
	return out
}

// vendorBuys says whether DNSimple's own auto-renewal renews what the policy does not.
func vendorBuys(it *Item) bool {
	return it.On == portfolio.KindDomain && it.AutoRenew && it.State == portfolio.DomainRegistered &&
		(it.Verdict == portfolio.VerdictHold || it.Verdict == portfolio.VerdictLetLapse)
}

// monthOf is the month of a moment: "2026-12".
func monthOf(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01") }

// domainKey is a domain of an account.
type domainKey struct{ account, id int64 }

// surveyor looks at all that is known, for what shows in no single decision.
type surveyor struct {
	policy     *rules.Policy
	now        time.Time
	whole      bool
	census     *rules.Census
	overlaps   map[Overlap]int // without its number
	read       map[domainKey]bool
	remembered map[domainKey]bool // that were not read
}

func newSurveyor(p *rules.Policy, now time.Time, whole bool) *surveyor {
	return &surveyor{
		policy: p, now: now, whole: whole, census: rules.NewCensus(p), overlaps: make(map[Overlap]int),
		read: make(map[domainKey]bool), remembered: make(map[domainKey]bool),
	}
}

// look looks at what was read.
func (s *surveyor) look(d portfolio.Decision) {
	account, id, name := d.Resource.Ident()
	s.census.See(name)
	if d.Resource.Kind() == portfolio.KindDomain {
		s.read[domainKey{account, id}] = true
	}
	if d.Rule == "" {
		return
	}
	all := rules.Contenders(s.policy, d.Resource, s.now)
	for i, loser := range all {
		if i > 0 {
			s.overlaps[Overlap{On: d.Resource.Kind(), Winner: all[0].Name, Loser: loser.Name}]++
		}
	}
}

// rest decides about the domains that sweeps saw beyond the horizon, and that were not
// read. What was seen inside it is there no more, or was not read for a reason that is
// told.
func (s *surveyor) rest(seen scheduler.Seen) (decisions []portfolio.Decision) {
	horizon := s.policy.Horizon(s.now)
	for _, d := range seen.Domains {
		of := domainKey{d.AccountID, d.ID}
		if s.read[of] {
			continue
		}
		s.census.See(d.Name)
		if !d.ExpiresAt.IsZero() && !d.ExpiresAt.After(horizon) {
			continue
		}
		s.remembered[of] = true
		decisions = append(decisions, rules.Decide(s.policy, portfolio.DomainFacts{Domain: d}, s.now))
	}
	return decisions
}

// sum adds what it found to a summary.
func (s *surveyor) sum(to *Summary) {
	to.Whole = s.whole
	place := make(map[string]int, len(s.policy.Rules))
	for i := range s.policy.Rules {
		place[s.policy.Rules[i].Name] = i
	}
	for o, n := range s.overlaps {
		o.Items = n
		to.Overlaps = append(to.Overlaps, o)
	}
	slices.SortFunc(to.Overlaps, func(a, b Overlap) int {
		return cmp.Or(cmp.Compare(b.Items, a.Items), cmp.Compare(place[a.Winner], place[b.Winner]), cmp.Compare(place[a.Loser], place[b.Loser]), cmp.Compare(a.On, b.On))
	})
	for _, g := range s.census.Idle() {
		to.IdleGroups = append(to.IdleGroups, IdleGroup{Group: g.Name, Rules: g.Rules})
	}
}
