package executor

import (
	"strings"
	"testing"
)

// Whether a lapsed domain is in redemption nobody knows before its renewal is refused: so
// what then follows, and what it costs, is said before, and done.
func TestPlanSaysWhatFollowsARefusal(t *testing.T) {
	const lapsed = "it lapsed 40 days ago (2026-10-12) and counts as in grace: the plain renewal comes first"
	const refused = "; where DNSimple refuses the plain renewal, "
	renew := func(then string) string { return renewAll + "if_lapsed = \"" + then + "\"\n" }
	domain := strings.Replace(soon, "+10d", "-40d", 1)
	for name, tc := range map[string]struct {
		domain, policy, says, rows string
	}{
		"a restore rule":        {domain, rescueAll, refused + "rescue restores it for 95.00", "renew a.com failed; restore a.com done"},
		"a renew rule":          {domain, renew("restore"), refused + "renew-all restores it for 95.00", "renew a.com failed; restore a.com done"},
		"a later rule":          {domain, renewAll + strings.TrimPrefix(rescueAll, ample), refused + "rescue restores it for 95.00", "renew a.com failed; restore a.com done"},
		"nobody":                {domain, renewAll, "", "renew a.com failed"},
		"it asks":               {domain, rescueAll + "mode = \"ask\"", refused + "rescue asks whether to restore it for 95.00", "renew a.com asked"},
		"its price asks":        {domain, rescueAll + "ask_above = \"94.99\"", refused + "rescue asks whether to restore it for 95.00", "renew a.com failed; restore a.com asked"},
		"too dear for the rule": {domain, rescueAll + "max_price = \"94.99\"", refused + "no restore follows: it costs 95.00, and the max_price of rescue is 94.99", "renew a.com failed"},
		"too dear for a purchase": {
			domain, strings.Replace(rescueAll, "1000.00", "94.99", 1), refused + "no restore follows: it costs 95.00; max_per_purchase is 94.99", "renew a.com failed",
		},
		"tried out":              {domain, renewAll + strings.TrimPrefix(rescueAll, ample) + "mode = \"dry-run\"", refused + "rescue would restore it for 95.00", "renew a.com failed"},
		"it is registered still": {soon, renew("restore"), "", "renew a.com done"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, tc.domain, tc.policy)
			said := w.assess()["a.com"].Reason
			if tc.domain == domain {
				equal(t, "said", said, lapsed+tc.says)
			} else {
				equal(t, "said", strings.Contains(said, "refuses"), false)
			}
			w.scan()
			equal(t, "done", summary(w.rows()), tc.rows)
		})
	}
}
