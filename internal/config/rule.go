package config

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// maxYears is the longest renewal.
const maxYears = 9

// rule reads one [[rule]].
func (l *loader) rule(t *node) rules.Rule {
	l.checkKeys(t, "rule")
	line, _ := t.src.position(t.at)
	r := rules.Rule{
		Name:   l.ruleName(t),
		At:     filepath.Base(t.src.path) + ":" + strconv.Itoa(line),
		Mode:   l.mode(t),
		Labels: l.labels(l.table(t, "labels")),
	}
	if !l.ruleOn(t, &r) {
		return r
	}
	for _, key := range []string{"match", "except"} {
		if c := l.table(t, key); c != nil {
			l.checkKeys(c, "conditions "+string(r.On))
		}
	}
	r.Match = l.conditions(tableOf(t, "match"), r.On)
	r.Except = l.conditions(tableOf(t, "except"), r.On)
	l.ruleDo(t, &r)
	l.checkConditions(t, &r)
	if r.On == portfolio.KindName {
		l.watched(t, &r)
	}
	return r
}

// tableOf is the table of a key that was checked before.
func tableOf(t *node, key string) *node {
	if n := t.get(key); n != nil && n.kind == kindTable {
		return n
	}
	return nil
}

// ruleName reads the name of a rule, which no other rule has.
func (l *loader) ruleName(t *node) string {
	name, n := l.str(t, "name", "renew-core")
	if n == nil {
		if t.get("name") == nil {
			l.missing(t, "rule", "name", `name = "…", by which plans and events call the rule`)
		}
		return ""
	}
	if !wellFormed(name, ".", maxName) {
		l.fail(n, "the rule's name %s may have letters, digits, - _ and . only, and at most %d of them", quote(name), maxName)
	}
	if before := l.rules[name]; before != nil {
		l.fail(n, "two rules are named %s; the other one is at %s", quote(name), place(before)).
			hint("give one of them another name: plans, events and the ledger call rules by it")
		return name
	}
	l.rules[name] = n
	return name
}

// ruleOn reads what a rule is about, and says whether that is known.
func (l *loader) ruleOn(t *node, r *rules.Rule) bool {
	if t.get("on") == nil {
		l.missing(t, "rule", "on", "on = "+orList(kinds()))
		return false
	}
	text, _ := l.choice(t, "on", kinds())
	r.On = portfolio.ResourceKind(text)
	return text != ""
}

// ruleDo reads what a rule does, and the keys that belong to that.
func (l *loader) ruleDo(t *node, r *rules.Rule) {
	known := actions(string(r.On))
	n := t.get("do")
	if n == nil {
		l.missing(t, "rule", "do", "do = "+orList(known))
		return
	}
	do, n := l.str(t, "do", known[0])
	if n == nil {
		return
	}
	if !slices.Contains(known, do) {
		f := l.fail(n, "a rule on %s cannot %s", r.On, quote(do))
		f.Hint = "it may do " + orList(known)
		if n := nearest(do, known); n != "" && !elsewhere(do) {
			f.Hint = "did you mean " + quote(n) + "?"
		}
		return
	}
	r.Do = portfolio.Action(do)
	l.strayKeys(t, do)
	l.asking(t, r)
	switch r.Do {
	case portfolio.ActionRenew:
		l.renew(t, r)
	case portfolio.ActionRestore:
		l.restore(t, r)
	case portfolio.ActionAccept:
		l.accept(t, r)
	case portfolio.ActionRegister:
		l.register(t, r)
	case portfolio.ActionHold, portfolio.ActionLetLapse:
		l.hold(t, r)
	case portfolio.ActionAlert:
		l.alert(t, r)
	}
}

// elsewhere says whether rules on some kind of resource know an action.
func elsewhere(do string) bool {
	return slices.ContainsFunc(kinds(), func(on string) bool { return slices.Contains(actions(on), do) })
}

// asking reads what belongs to a rule that may ask a person first, and to its money.
func (l *loader) asking(t *node, r *rules.Rule) {
	known := keysOfAction(string(r.Do))
	if slices.Contains(known, "ask_above") {
		r.AskAbove = l.money(t, "ask_above")
	}
	if slices.Contains(known, "max_price_increase") {
		r.MaxIncrease = l.percent(t, "max_price_increase")
	}
	if !slices.Contains(known, "answer_within") {
		return
	}
	r.AnswerWithin = l.duration(t, "answer_within")
	text, n := l.choice(t, "on_timeout", firsts(silenceWords()))
	r.Silence = portfolio.Silence(text)
	switch {
	case n == nil:
	case r.Silence == portfolio.SilenceAct && r.Do != portfolio.ActionRenew:
		l.fail(n, `on_timeout = "act" is for "renew" only: nobody's silence lets domaind %s`, r.Do).hint(`write "keep-asking" or "deny"`)
	case r.Silence != portfolio.SilenceKeepAsking && t.get("answer_within") == nil && !misspelt(t, "rule", "answer_within"):
		l.fail(n, `"on_timeout" needs "answer_within": when is it too late?`).hint(`write answer_within = "3d"`)
	}
}

// renew reads what belongs to a renewal.
func (l *loader) renew(t *node, r *rules.Rule) {
	r.Years = 1
	if years, n := l.whole(t, "years", maxYears); n != nil {
		r.Years = int(years)
	}
	r.MaxPrice = l.maxPrice(t)
	r.IfLapsed = portfolio.ActionRenew
	if text, n := l.choice(t, "if_lapsed", firsts(lapsedWords())); n != nil {
		r.IfLapsed = portfolio.Action(text)
	}
	n := t.get("match").get("expires_within")
	if n == nil {
		l.needs(t, "expires_within", `"renew" needs expires_within in its match: how long before the expiration it renews`, `expires_within = "45d"`)
		return
	}
	limit := rules.Distance{Days: r.Years*365 - 30}
	if !r.Match.Expires.IsZero() && r.Match.Expires.Compare(limit) >= 0 {
		l.fail(n, `"expires_within" is %s, as long as the term that is bought: the renewed domain would match again at once`, quote(n.text)).
			hint("with years = " + strconv.Itoa(r.Years) + " it must be shorter than " + limit.String())
	}
}

// restore reads what belongs to a restore.
func (l *loader) restore(t *node, r *rules.Rule) {
	r.MaxPrice = l.maxPrice(t)
	if t.get("match").get("lapsed_within") == nil {
		l.needs(t, "lapsed_within", `"restore" needs lapsed_within in its match: how long after the expiration it still restores`, `lapsed_within = "60d"`)
	}
}

// maxPrice reads a rule's own ceiling, and warns where another is reached first.
func (l *loader) maxPrice(t *node) *portfolio.Money {
	price, all := l.money(t, "max_price"), l.cfg.Spending.MaxPerPurchase
	if price != nil && all != nil && *price > *all {
		l.warn(t.get("max_price"), `"max_price" is more than "max_per_purchase" of [spending], which is reached first: %s against %s`, *price, *all)
	}
	return price
}

// needs notes that the match of a rule has not a key that it must have.
func (l *loader) needs(t *node, key, message, right string) {
	where := t.get("do")
	if n := t.get("match"); n != nil {
		where = n
	}
	if misspelt(where, "conditions "+t.get("on").text, key) {
		return
	}
	l.fail(where, "%s", message).hint("write match = { " + right + ", … }")
}

// hold reads what belongs to a hold or a let-lapse.
func (l *loader) hold(t *node, r *rules.Rule) {
	if text, n := l.str(t, "reason", "sold, see ticket 4711"); n != nil {
		r.Reason = text
	} else if t.get("reason") == nil {
		l.fail(t.get("do"), "%s needs a reason", quote(string(r.Do))).hint(`write reason = "…", for those who will wonder`)
	}
	n := t.get("until")
	if n == nil {
		return
	}
	if n.kind != kindDate {
		l.wrongType(n, "a date").hint("write the last day on which it holds, without quotes: until = 2027-01-31")
		return
	}
	r.Until = dayAfter(n.date, l.cfg.Location)
}

// dayAfter is the first moment of the day after a date, in a location. Midnight
// itself may not exist there.
func dayAfter(date time.Time, loc *time.Location) time.Time {
	year, month, day := date.Date()
	t := time.Date(year, month, day+1, 0, 0, 0, 0, loc)
	want := time.Date(year, month, day+1, 0, 0, 0, 0, time.UTC).Day()
	for range 24 { // clocks are set forward by quarters of an hour
		if t.Day() == want {
			break
		}
		t = t.Add(15 * time.Minute)
	}
	return t
}

// alert reads what belongs to an alert.
func (l *loader) alert(t *node, r *rules.Rule) {
	r.Level = portfolio.LevelNotice
	if text, n := l.choice(t, "level", levels()); n != nil {
		r.Level = portfolio.Level(text)
	}
	r.Repeat = l.duration(t, "repeat")
}

// labels reads the labels of a rule.
func (l *loader) labels(t *node) map[string]string {
	if t == nil {
		return nil
	}
	labels := make(map[string]string, len(t.fields))
	for _, f := range t.fields {
		switch {
		case !wellFormed(f.name, ".", maxName):
			l.failKey(f, "the label's name %s may have letters, digits, - _ and . only", quote(f.name))
		case f.kind != kindString:
			l.wrongType(f, "a string in quotes, as labels are")
		default:
			labels[f.name] = f.text
		}
	}
	return labels
}

// orList writes words as a choice: "a", "b" or "c".
func orList(words []string) string { return joined(words, " or ") }

// andList writes words as a list: "a", "b" and "c".
func andList(words []string) string { return joined(words, " and ") }

// joined writes words in quotes, with another word before the last.
func joined(words []string, last string) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			b.WriteString(last)
		default:
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(w))
	}
	return b.String()
}
