package config

import (
	"strings"
	"testing"
)

// TestScheduleBesideTheQuota: what can be seen without a network is warned of, at its
// place.
func TestScheduleBesideTheQuota(t *testing.T) {
	account := func(name, id, token string) string {
		return "[[account]]\nname = \"" + name + "\"\nid = " + id + "\ntoken = { env = \"" + token + "\" }\n"
	}
	rule := "[[rule]]\nname = \"a\"\non = \"domain\"\nmatch = { lapsed_within = \"3d\" }\ndo = \"alert\"\n"
	one := account("one", "1", "A")
	for name, tt := range map[string]struct {
		text string
		line int
		want string // "": no warning
	}{
		"as it comes":         {one, 0, ""},
		"each second":         {one + "[schedule]\npushes = \"@every 1s\"\n", 7, "at least 3662 requests in an hour with one token, most of them, 3600, for pushes, and requests_per_hour leaves 2160"},
		"a small quota":       {one + "[dnsimple]\nrequests_per_hour = 100\n", 6, "at least 122 requests"},
		"two with one token":  {one + account("two", "2", "A") + "[dnsimple]\nrequests_per_hour = 200\n", 10, "at least 244 requests"},
		"two with two tokens": {one + account("two", "2", "B") + "[dnsimple]\nrequests_per_hour = 300\n", 0, ""},
		"a source":            {one + account("two", "2", "A") + "role = \"source\"\n[dnsimple]\nrequests_per_hour = 300\n", 0, ""},
		"none for the sweep":  {one + "[dnsimple]\nrequests_per_hour = 200\n", 6, "at least 2884 requests on a day with one token, beside the sweep of the portfolio, which has only what others leave of half of requests_per_hour, 2400 on a day"},
		"on Mondays":          {one + "[schedule]\nregistrant_changes = \"* 3 * * 1\"\n[dnsimple]\nrequests_per_hour = 300\n", 7, "300, for registrant_changes, and requests_per_hour leaves 270"},
		"at night":            {one + "[schedule]\nregistrant_changes = \"* 3 * * *\"\n[dnsimple]\nrequests_per_hour = 300\n", 7, "300, for registrant_changes, and requests_per_hour leaves 270"},
	} {
		cfg := load(t, files{"dir/config.toml": "mode = \"dry-run\"\n" + tt.text + rule})
		var got []string
		for _, w := range cfg.Warnings {
			if strings.Contains(w.Message, "the schedule asks") {
				got = append(got, w.Message)
				if w.Line != tt.line {
					t.Errorf("%s: at line %d, want %d", name, w.Line, tt.line)
				}
			}
		}
		if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
