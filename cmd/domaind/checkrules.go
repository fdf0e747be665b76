package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"

	"domaind/internal/config"
	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// checkRule is a rule as check prints it.
type checkRule struct {
	Number int                    `json:"number"` // from 1 on, among those on the same kind
	On     portfolio.ResourceKind `json:"on"`
	Name   string                 `json:"name"`
	At     string                 `json:"at"` // its file and line
	Do     portfolio.Action       `json:"do"`
	Terms  string                 `json:"terms,omitempty"` // of what it does, in words
	Mode   portfolio.Mode         `json:"mode"`            // the strictest of its own and the global one
	Match  string                 `json:"match"`           // in words; "all" where it matches all
	Except string                 `json:"except,omitempty"`
	Reason string                 `json:"reason,omitempty"`
	Labels map[string]string      `json:"labels,omitempty"`
}

// howLooked is said above the rules.
const howLooked = `For each domain, push, registrant change and watched name: a hold or let-lapse that
matches wins, wherever it stands, and the first of them is named; else the first of
the rules that act wins; and every alert that matches is sent. A rule in mode dry-run
is reported as what it would do, and stops no other.
`

// rulesAsLooked are the rules of each kind in the order in which they are looked at. Of
// longer lists than most, only the beginning is told; 0: all of them.
func rulesAsLooked(cfg *config.Config, most int) []checkRule {
	var out []checkRule
	for _, on := range []portfolio.ResourceKind{portfolio.KindDomain, portfolio.KindPush, portfolio.KindRegistrantChange, portfolio.KindName} {
		n := 0
		for turn := range 3 {
			for i := range cfg.Policy.Rules {
				if r := &cfg.Policy.Rules[i]; r.On == on && turnOf(r) == turn {
					n++
					out = append(out, ruleInWords(cfg, r, n, most))
				}
			}
		}
	}
	return out
}

// turnOf is when a rule has its turn: holds and let-lapses first, alerts last.
func turnOf(r *rules.Rule) int {
	switch r.Do {
	case portfolio.ActionHold, portfolio.ActionLetLapse:
		return 0
	case portfolio.ActionAlert:
		return 2
	}
	return 1
}

func ruleInWords(cfg *config.Config, r *rules.Rule, n, most int) checkRule {
	w := checkRule{
		Number: n, On: r.On, Name: r.Name, At: r.At, Do: r.Do, Terms: termsInWords(cfg, r), Mode: portfolio.Strictest(cfg.Mode, r.Mode),
		Match: strings.Join(conditionsInWords(cfg, &r.Match, most), " and "), Except: strings.Join(conditionsInWords(cfg, &r.Except, most), " or "),
		Reason: r.Reason, Labels: r.Labels,
	}
	if w.Match == "" {
		w.Match = "all"
	}
	return w
}

// termsInWords is what a rule says of what it does.
func termsInWords(cfg *config.Config, r *rules.Rule) string {
	var parts []string
	add := func(written bool, format string, args ...any) {
		if written {
			parts = append(parts, fmt.Sprintf(format, args...))
		}
	}
	add(r.Do == portfolio.ActionRenew, "%s", plural(r.Years, "year"))
	add(r.MaxPrice != nil, "up to %s", r.MaxPrice)
	add(r.MaxIncrease != nil, "at most %s more than last time", r.MaxIncrease)
	add(r.AskAbove != nil, "asks above %s", r.AskAbove)
	add(r.Do == portfolio.ActionRenew && r.IfLapsed != portfolio.ActionRenew, "if lapsed: %s", r.IfLapsed)
	if r.Contact != nil {
		add(true, "registrant %s", r.Contact.Text)
	}
	add(!r.Until.IsZero(), "until %s", r.Until.In(cfg.Location).AddDate(0, 0, -1).Format(time.DateOnly))
	add(r.Do == portfolio.ActionAlert, "%s", r.Level)
	add(r.Repeat > 0, "again every %s", inDays(r.Repeat))
	add(r.AnswerWithin > 0 && r.Silence != "" && r.Silence != portfolio.SilenceKeepAsking, "%s if nobody answers in %s", r.Silence, inDays(r.AnswerWithin))
	return strings.Join(parts, ", ")
}

// inDays writes a duration as policies do.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d >= day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := d.String()
	for _, nothing := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, nothing) {
			text = text[:len(text)-len("0s")]
		}
	}
	return text
}

// conditionsInWords are the keys that are written in a match or an except.
func conditionsInWords(cfg *config.Config, c *rules.Conditions, most int) []string {
	var parts []string
	list := func(key string, items []string) {
		if n := len(items); most > 0 && n > most {
			items = append(items[:most-1:most-1], fmt.Sprintf("%d more", n-most+1))
		}
		if len(items) > 0 {
			parts = append(parts, key+" "+strings.Join(items, "/"))
		}
	}
	accounts := func(ids []int64) (names []string) {
		for _, id := range ids {
			for _, a := range cfg.Accounts {
				if a.ID == id {
					names = append(names, a.Name)
				}
			}
		}
		return names
	}
	texts := func(contacts []rules.Contacts) (out []string) {
		for _, c := range contacts {
			out = append(out, c.Text)
		}
		return out
	}
	var named, groups []string
	for _, p := range c.Names {
		named = append(named, readable(p.String()))
	}
	for _, g := range c.Groups {
		groups = append(groups, g.Name)
	}
	list("name", named)
	list("group", groups)
	list("tld", c.TLDs)
	list("account", accounts(c.Accounts))
	list("source", accounts(c.Sources))
	list("state", c.States)
	list("registrant", texts(c.Registrants))
	list("contact", texts(c.Contacts))
	for _, f := range []struct {
		key string
		is  *bool
	}{{"auto_renew", c.AutoRenew}, {"whois_privacy", c.Whois}, {"owner_change", c.OwnerChange}} {
		if f.is != nil {
			parts = append(parts, fmt.Sprintf("%s %t", f.key, *f.is))
		}
	}
	if !c.Expires.IsZero() {
		parts = append(parts, "expires_within "+c.Expires.String())
	}
	if !c.Lapsed.IsZero() {
		parts = append(parts, "lapsed_within "+c.Lapsed.String())
	}
	if c.Older > 0 {
		parts = append(parts, "older_than "+inDays(c.Older))
	}
	return parts
}

// readable is a name or pattern as people write it: internationalized.
func readable(name string) string {
	text, err := idna.Punycode.ToUnicode(name)
	if err != nil {
		return name
	}
	return clean(text)
}

// printRules prints the rules, one table for each kind of resource.
func printRules(w io.Writer, s style, cfg *config.Config) error {
	var b strings.Builder
	b.WriteString(howLooked)
	for _, a := range cfg.Accounts {
		if portfolio.Strictest(cfg.Mode, a.Mode) != cfg.Mode {
			fmt.Fprintf(&b, "The account %s is in mode %s: there, no rule goes further.\n", a.Name, a.Mode)
		}
	}
	const most = 4 // items of a list
	looked := rulesAsLooked(cfg, most)
	for _, kind := range []struct {
		on    portfolio.ResourceKind
		title string
	}{
		{portfolio.KindDomain, "Domains"},
		{portfolio.KindPush, "Pushes"},
		{portfolio.KindRegistrantChange, "Registrant changes"},
		{portfolio.KindName, "Watched names"},
	} {
		var rows [][]cell
		for _, r := range looked {
			if r.On != kind.on {
				continue
			}
			what := r.Match
			if r.Except != "" {
				what += ", except " + r.Except
			}
			if r.Terms != "" {
				what += "; " + r.Terms
			}
			rows = append(rows, []cell{
				{text: strconv.Itoa(r.Number), right: true},
				{text: r.Name, colour: bold},
				{text: r.At, colour: dim},
				{text: string(r.Do)},
				{text: string(r.Mode)},
				{text: what},
			})
		}
		if len(rows) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n%s\n", s.paint(bold, kind.title))
		if err := s.table(&b, []string{"#", "RULE", "AT", "DO", "MODE", "WHAT"}, rows); err != nil {
			return err
		}
	}
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}
