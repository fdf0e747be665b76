package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// judgeStart is when the world of the judge begins.
func judgeStart() time.Time { return time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC) }

// judgedDomain is a domain of that world, as its portfolio has it. The judge looks at
// nothing else.
type judgedDomain struct {
	id            int64
	account       string
	name          string // as an A-label
	expires       time.Time
	auto, private bool
	registrant    int64
	premium       bool
	renewal       int64 // cents a year, and what a restore costs beside it
	restore       int64
	slow          bool // its renewal takes longer than a pass waits
}

// A family is domains that differ in their expirations alone, as a portfolio writes them.
// Their names have %d in the place of a number.
type family struct {
	names, account, with string
	expires              string // "-" is a hosted domain
}

// judgedFamilies has, for each condition of the policy, what lies on both sides of its edge.
func judgedFamilies() []family {
	return []family{
		{"crown-%02d.com", "main", "", "-62d -59d1h -58d -35d -29d1h -28d -1h 1h 3d 13d 20d 59d 60d 60d1h 61d 89d 90d 90d1h 100d -"},
		{"crown-a%d.com", "main", "auto", "-5d 2d 13d23h 14d 14d1h 20d"},
		{"crown-s%d.com", "main", "slow", "4d"},
		{"crown-%02d.net", "main", "", "40d 59d"},
		{"crown-%03d.net", "main", "", "40d 59d"},
		{"crown-%d.io", "main", "", "30d -3d"},
		{"crown-p%d.io", "main", "premium renewal=70.00", "31d"},
		{"crown-%d.cloud", "main", "", "16d"},
		{"crown-%d.host", "main", "", "16d"},
		{"crown-l%d.com", "labs", "", "5d 60d 60d1h -3d -35d"},
		{"crown-d%d.com", "shop", "", "6d 61d"},

		{"io-%d.io", "main", "", "44d 45d 45d1h 46d -5d -12d -35d 18d"},
		{"io-r%d.io", "main", "premium renewal=70.00", "22d"},
		{"io-d%d.io", "main", "premium renewal=70.01", "22d"},
		{"io-p%d.io", "main", "premium renewal=480.00 restore=600.00", "23d -4d"},
		{"io-l%d.io", "labs", "", "9d 30d 50d"},

		{"tea-%d.co.uk", "main", "", "41d 42d 42d1h -5d -9d23h -10d1h -20d -80d 7d"},
		{"tea-a%d.co.uk", "main", "auto", "30d 41d 5d"},
		{"tea-p%d.co.uk", "main", "auto private", "18d"},

		{"alp-%d.ch", "main", "", "29d 30d 30d1h -5d 12d"},
		{"alp-a%d.ch", "main", "auto", "20d 10d"},
		{"alp-l%d.ch", "labs", "", "21d"},
		{"disputed-%d.ch", "main", "", "8d"},
		{"disputed-%d.com", "main", "auto", "8d 300d -3d"},

		{"jus-%d.net", "main", "reg=2716", "11d 2mo 2mo1h 59d 62d -4d"},
		{"jus-%d.org", "main", "reg=2716", "12d 50d"},
		{"jus-%d.info", "main", "reg=2716 private", "12d 50d"},
		{"jus-%d.com", "main", "reg=2716 private", "50d 2mo 2mo1h 14d"},
		{"jus-%d.pizza", "labs", "reg=3816", "13d"},
		{"jus-x%d.pizza", "labs", "reg=2716", "13d 33d"},
		{"jus-y%d.pizza", "labs", "reg=99", "33d"},
		{"jus-z%d.org", "shop", "reg=4716", "33d 15d"},

		{"exomple-%d.com", "main", "", "29d 30d 30d1h 45d"},
		{"exarnple-%d.shop", "main", "", "19d"},
		{"exarnple-%d.org", "main", "", "19d 31d"},
		{"exarnple-%d.info", "main", "", "19d"},
		{"exzmple-typo.org", "main", "", "30d"},

		{"xn--bcher-kva.com", "main", "", "45d"},
		{"xn--mnchen-3ya.com", "main", "", "45d1h"},
		{"xn--bro-hoa.net", "main", "", "17d"},
		{"xn--strae-oqa.org", "main", "", "-15d"},
		{"xn--proze-pqa.com", "main", "", "5d"},

		{"lost-%02d.com", "main", "", "-1h -9d -9d23h -10d -28d -30d -39d23h -40d -41d -62d"},
		{"lost-%d.dev", "main", "", "-5d -25d"},
		{"lost-%d.co.uk", "main", "", "-5d -39d -45d"},
		{"lost-%d.de", "main", "", "-5d"},
		{"lost-e%d.com", "main", "premium renewal=100.00", "-6d"},
		{"lost-f%d.com", "main", "premium renewal=100.01", "-6d"},
		{"lost-p%d.com", "main", "premium renewal=15.00 restore=85.01", "-36d"},
		{"lost-l%d.com", "labs", "", "-6d -36d"},
		{"lost-d%d.com", "shop", "", "-6d -36d"},
		{"fallen-%d.shop", "labs", "", "-9d -9d23h -10d1h -50d -61d"},
		{"fallen-%d.pizza", "main", "", "-9d -10d -33d"},
		{"fallen-%d.com", "shop", "", "-9d -40d"},

		{"seen-%d.info", "main", "", "29d 30d 30d1h 59d 60d1h 90d 91d"},
		{"seen-p%d.info", "main", "private", "15d"},

		{"app-%d.app", "main", "", "364d 1y 1y1h 370d 100d"},
		{"app-%d.dev", "main", "auto", "13d 200d"},
		{"app-p%d.app", "main", "premium renewal=20.01", "240d"},
		{"app-l%d.app", "labs", "", "150d"},

		{"com-%02d.com", "main", "", "1d 2d 5d 7d 9d 10d 15d 21d 24d 26d 29d 30d 30d1h 31d -8d -20d"},
		{"com-a%d.com", "main", "auto", "12d 25d"},
		{"com-e%d.com", "main", "premium renewal=25.00", "27d"},
		{"com-f%d.com", "main", "premium renewal=25.01", "27d"},
		{"com-g%d.com", "main", "premium renewal=250.00", "28d"},
		{"parked-%d.com", "main", "", "28d 70d -3d"},
		{"parked-%d.net", "main", "private", "18d"},

		{"net-%02d.net", "main", "", "6d 8d 44d 45d 45d1h 46d -5d -33d"},
		{"net-%d.org", "labs", "", "8d 44d 45d1h"},
		{"net-g%d.net", "main", "premium renewal=131.00", "33d"},
		{"net-a%d.net", "main", "premium renewal=101.00", "34d"},
		{"net-b%d.net", "main", "premium renewal=100.00", "35d"},

		{"quiet-%d.pizza", "main", "private", "19d 20d 20d1h -12d"},
		{"quiet-%d.com", "labs", "private", "19d"},
		{"shop-%02d.com", "shop", "", "1d 4d 11d 14d 16d 17d 19d 22d 24d 24d 25d 25d1h 40d -40d"},
		{"shop-%d.shop", "shop", "", "10d 23d"},
		{"shop-%d.ai", "shop", "", "20d"},
		{"shop-a%d.com", "shop", "auto", "13d 15d"},
		{"late-%d.com", "labs", "", "9d 10d 10d1h 30d"},
		{"late-a%d.com", "labs", "auto", "9d"},
		{"moved.com", "labs", "", "200d"},

		{"summer-2025-%d.com", "main", "", "9d 30d 200d -4d"},
		{"summer-2026-%d.com", "main", "", "9d"},
		{"summer-2025-l%d.com", "labs", "", "9d"},
		{"winter-%d.org", "main", "auto", "9d 40d"},
		{"sold-%d.com", "main", "", "18d 80d"},
		{"today-%d.com", "main", "", "18d"},
		{"thawed-%d.com", "main", "", "18d 40d"},

		{"alone-%d.ai", "main", "", "10d 59d 60d 60d1h"},
		{"alone-%d.de", "main", "", "14d -10d"},
		{"alone-%d.pizza", "main", "", "40d -50d -60d1h"},
		{"alone-a%d.pizza", "main", "auto", "6d"},

		{"disputed-h%d.com", "main", "", "-"},
		{"web-%d.example", "main", "", "- -"},
		{"web-%d.example.org", "labs", "", "-"},
		{"web-%d.com", "shop", "", "-"},
		{"far-%02d.com", "main", "", "400d 410d 420d 430d 440d 450d 460d 470d 480d 490d"},
		{"far-%02d.net", "labs", "", "401d 411d 421d 431d 441d 451d 461d 471d"},
		{"far-%02d.org", "shop", "reg=4716", "402d 412d 422d 432d 442d 452d 462d 472d"},
	}
}

// judgedPrices are what a year and a restore cost in the simulated DNSimple, in cents.
func judgedPrices(tld string) (renewal, restore int64) {
	prices := map[string][2]int64{
		"com": {1500, 8000}, "net": {1700, 8000}, "org": {1600, 8000}, "info": {2200, 8000}, "app": {1800, 8000}, "dev": {2000, 8000},
		"shop": {3600, 10000}, "pizza": {6000, 8000}, "io": {6000, 12000}, "ai": {9000, 20000}, "co.uk": {1200, 0}, "de": {1000, 5000}, "ch": {1400, 4500}, "cloud": {6250, 8000}, "host": {6251, 8000},
	}
	return prices[tld][0], prices[tld][1]
}

// judgedWorld makes the domains, and the portfolio that has them.
func judgedWorld() (domains []judgedDomain, portfolio string) {
	var b strings.Builder
	id := int64(1000)
	for _, f := range judgedFamilies() {
		for i, expires := range strings.Fields(f.expires) {
			d := judgedDomain{account: f.account, name: f.names, registrant: map[string]int64{"main": 2715, "labs": 3815, "shop": 4715}[f.account]}
			id++
			d.id = id
			if strings.Contains(f.names, "%") {
				d.name = fmt.Sprintf(f.names, i+1)
			}
			fmt.Fprintf(&b, "[[domain]]\nid = %d\naccount = %q\nname = %q\n", d.id, d.account, d.name)
			if expires != "-" {
				d.expires = spelled(expires)
				fmt.Fprintf(&b, "expires = %q\n", strings.Replace("+"+expires, "+-", "-", 1))
			}
			d.renewal, d.restore = judgedPrices(suffix(d.name))
			var prices []string
			for word := range strings.FieldsSeq(f.with) {
				key, value, _ := strings.Cut(word, "=")
				switch key {
				case "auto":
					d.auto = true
				case "private":
					d.private = true
				case "slow":
					d.slow = true
					b.WriteString("renewal = { takes = \"1h\" }\n")
				case "premium":
					d.premium = true
					b.WriteString("premium = true\n")
				case "reg":
					d.registrant = int64(number(value))
				case "renewal":
					d.renewal = centsOf(value)
					prices = append(prices, fmt.Sprintf("renewal = %q", value))
				case "restore":
					d.restore = centsOf(value)
					prices = append(prices, fmt.Sprintf("restore = %q", value))
				}
			}
			if len(prices) > 0 {
				fmt.Fprintf(&b, "prices = { %s }\n", strings.Join(prices, ", "))
			}
			fmt.Fprintf(&b, "auto_renew = %t\nprivate_whois = %t\nregistrant = %d\n\n", d.auto, d.private, d.registrant)
			domains = append(domains, d)
		}
	}
	return domains, b.String()
}

// suffix is what follows a name's first label.
func suffix(name string) string {
	_, tld, _ := strings.Cut(name, ".")
	return tld
}

// centsOf reads an amount: "15.00".
func centsOf(amount string) int64 {
	return int64(number(strings.ReplaceAll(amount, ".", "")))
}

// number reads one that the judge wrote himself.
func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}

// dollars writes one.
func dollars(n int64) string { return fmt.Sprintf("%d.%02d", n/100, n%100) }

// spelled is the moment that a distance such as "45d", "60d1h", "-2mo" or "1y" is away from the
// start.
func spelled(distance string) time.Time {
	sign, rest, at := 1, distance, judgeStart()
	if after, ok := strings.CutPrefix(rest, "-"); ok {
		sign, rest = -1, after
	}
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return r > '9' })
		n := sign * number(rest[:end])
		rest = rest[end:]
		end = strings.IndexFunc(rest, func(r rune) bool { return r <= '9' })
		if end < 0 {
			end = len(rest)
		}
		switch rest[:end] {
		case "h":
			at = at.Add(time.Duration(n) * time.Hour)
		case "d":
			at = at.AddDate(0, 0, n)
		case "w":
			at = at.AddDate(0, 0, 7*n)
		case "mo":
			at = at.AddDate(0, n, 0)
		case "y":
			at = at.AddDate(n, 0, 0)
		}
		rest = rest[end:]
	}
	return at
}
