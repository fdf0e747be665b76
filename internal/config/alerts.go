package config

import (
	"cmp"
	"slices"

	"domaind/internal/rules"
)

// defaultBeforeExpiry is the warning distances where nothing is written.
func defaultBeforeExpiry() []rules.Distance {
	return []rules.Distance{{Days: 30}, {Days: 14}, {Days: 7}, {Days: 3}, {Days: 1}}
}

// alerts reads when people are told of domains that may be lost.
func (l *loader) alerts(t *node) {
	l.checkKeys(t, "alerts")
	l.cfg.Alerts = Alerts{WarnWithin: rules.Distance{Days: 60}, BeforeExpiry: defaultBeforeExpiry()}
	if d, n := l.distance(t, "warn_within"); n != nil {
		l.cfg.Alerts.WarnWithin = d
	}
	if n := t.get("before_expiry"); n != nil {
		l.cfg.Alerts.BeforeExpiry = l.beforeExpiry(n)
	}
}

// beforeExpiry reads the warning distances, and brings them into order: the same
// ones in another order mean the same.
func (l *loader) beforeExpiry(n *node) []rules.Distance {
	if n.kind == kindList && len(n.items) == 0 {
		l.fail(n, "%s is an empty list: a domain would be lost without a warning", quote(n.name)).
			hint(`write at least one distance, like ["30d", "7d", "1d"], or remove the key for the usual ones`)
		return nil
	}
	// The domain scan reads as far ahead as the farthest of them.
	farthest := rules.Distance{Years: 2}
	var list []rules.Distance
	for _, item := range l.list(n) {
		d, ok := l.isDistance(item)
		switch {
		case !ok:
		case months(d) > months(farthest) || months(d) == 0 && d.Compare(farthest) > 0:
			l.fail(item, "%s: %s is too far ahead to be a warning", quote(n.name), quote(item.text)).
				hint("write at most " + farthest.String())
		case slices.ContainsFunc(list, func(e rules.Distance) bool { return months(d) == months(e) && d.Days == e.Days }):
			l.fail(item, "%s names %s twice", quote(n.name), quote(item.text)).hint("remove one of them")
		default:
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(a, b rules.Distance) int {
		// A month is at most as long as 31 days.
		return cmp.Or(b.Compare(a), cmp.Compare(b.Days, a.Days))
	})
	return list
}

// months is the part of a distance that is counted in months and years.
func months(d rules.Distance) int { return 12*d.Years + d.Months }
