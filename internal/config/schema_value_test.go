package config

import (
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestSchemaAcceptsWhatLoads draws values for every shape that is a string: what the loader
// takes, the schema must take. (What it takes besides, the loader tells.) White space is
// that of ASCII here: what else \s means differs between the readers of patterns.
func TestSchemaAcceptsWhatLoads(t *testing.T) {
	rule := func(on, do, rest string) string {
		return smallest + "[[rule]]\nname = \"r\"\non = \"" + on + "\"\ndo = \"" + do + "\"\n" + rest
	}
	for name, c := range map[string]struct{ before, after, drawn string }{
		"amount":     {smallest + "[spending]\nask_above = ", "\n", `0{0,2}[0-9]{0,10}(\.[0-9]{0,3})?`},
		"percent":    {smallest + "[spending]\nmax_price_increase = ", "\n", `0{0,2}[0-9]{1,4}%?`},
		"changed":    {smallest + "[reload]\nmax_changed = ", "\n", `0{0,2}[0-9]{1,3}%`},
		"distance":   {smallest + "[alerts]\nwarn_within = ", "\n", `0{0,2}[0-9]{0,6}(d|w|m|mo|y|h)`},
		"duration":   {rule("push", "alert", "repeat = "), "", `[+-]?([0-9]{0,4}(\.[0-9]{0,2})?(d|w|h|m|s|ms|us|µs|μs|ns)){1,3}`},
		"pattern":    {rule("domain", "alert", "match.name = "), "", ` ?[a-zA-ZäßΩ例０．。*?._:/@ -]{0,12} ?`},
		"watched":    {rule("name", "alert", "match.names = "), "", `([a-zA-Zäß例-]{1,5}[.。．][a-zA-Zä]{1,4}\.?| ?[a-zA-ZäßΩ例０．。*?._ -]{0,12} ?)`},
		"tld":        {rule("domain", "alert", "match.tld = "), "", ` ?[a-zA-ZäßΩ例０．。*._ -]{0,8} ?`},
		"cron":       {smallest + "[schedule]\ndomains = ", "\n", ` ?((CRON_)?TZ=(UTC|Asia/Tokyo) {1,2})?(@hourly|@daily|@every [1-9]h|[*0-5] {1,2}[*0-9] [*1-9] \*(/[1-6])? [*?]|[*0-5] \* \* \*)`},
		"endpoint":   {smallest + "[dnsimple]\nendpoint = ", "\n", `(https?|HTTPS|Http)://(localhost|LOCALHOST|127\.0\.0\.[0-9]|\[::1\]|[a-z]{1,3}\.example)(:[0-9]{1,5})?/{0,2}[?#]?`},
		"listen":     {smallest + "[nats]\nlisten = ", "\n", `(localhost|\[::1\]|127\.0\.0\.1|[a-z]{0,2})?:[0-9]{0,6}`},
		"nats":       {smallest + "[nats]\nurl = ", "\n", `(nats|tls|TLS|http)://[a-z\[\]:0-9]{0,6}(:[0-9]{1,5})?/{0,2}`},
		"contact":    {smallest + "contacts = { default = 1, a-1 = 2, \"1.\" = 3, 4_ = 4 }\n" + rule("domain", "alert", "match.registrant = ")[len(smallest):], "", `(default|a-1|1\.|4_|1|[a-z0-9._-]{1,3})`},
		"credential": {"mode = \"dry-run\"\n[[account]]\nname = \"a\"\nid = 1\ntoken.credential = ", "\n", `[a-zA-Z0-9._ /-]{0,4}`},
		"account":    {"mode = \"dry-run\"\n[[account]]\nid = 1\ntoken.env = \"T\"\nname = ", "\n", `[a-zA-Z0-9._ -]{0,4}`},
		"instance":   {"", "\n" + smallest, `[a-zA-Z0-9._-]{0,34}`},
		"reason":     {rule("domain", "hold", "reason = "), "", `[ \ta]{0,3}`},
		"timezone":   {"", "\n" + smallest, `(UTC|Europe/Berlin|Local|Europa|)`},
	} {
		t.Run(name, func(t *testing.T) {
			taken := 0
			drawn := rapid.StringMatching(c.drawn)
			rapid.Check(t, func(t *rapid.T) {
				before := c.before
				if before == "" {
					before = name + " = "
				}
				text := before + strconv.Quote(drawn.Draw(t, "value")) + c.after
				f := files{"dir/config.toml": text}
				if _, err := Load("dir/config.toml", f.env(nil)); err != nil {
					return
				}
				taken++
				if err := validate(t, "config", text); err != nil {
					t.Fatalf("it loads, and the schema refuses it:\n%s\n%v", text, err)
				}
			})
			if taken == 0 {
				t.Error("nothing that was drawn could be loaded")
			}
		})
	}
}
