package rules_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/rules"
)

func TestWarning(t *testing.T) {
	at := func(s string) time.Time {
		t.Helper()
		moment, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	usual := []rules.Distance{days(30), days(14), days(7), days(3), days(1)}
	month := []rules.Distance{{Months: 1}, days(30)}
	const expires = "2026-03-15T12:00:00Z" // thirty days before is the 13th of February, a month before the 15th
	for _, tt := range []struct {
		name      string
		distances []rules.Distance
		expires   string
		now       time.Time
		want      string
	}{
		{"far ahead", usual, expires, at("2026-01-01T00:00:00Z"), ""},
		{"a second before the first", usual, expires, at("2026-02-13T11:59:59Z"), ""},
		{"the first", usual, expires, at("2026-02-13T12:00:00Z"), "30d"},
		{"a second before the second", usual, expires, at("2026-03-01T11:59:59Z"), "30d"},
		{"the second", usual, expires, at("2026-03-01T12:00:00Z"), "14d"},
		{"first seen on the last day", usual, expires, at("2026-03-15T03:00:00Z"), "1d"},
		{"the last second", usual, expires, at("2026-03-15T11:59:59Z"), "1d"},
		{"expired", usual, expires, at(expires), ""},
		{"expired long ago", usual, expires, at("2026-05-01T00:00:00Z"), ""},
		{"no distances", nil, expires, at("2026-03-15T03:00:00Z"), ""},
		{"in any order", []rules.Distance{days(3), days(30), days(7)}, expires, at("2026-03-10T00:00:00Z"), "7d"},
		{"a month that is shorter than thirty days, not yet", month, expires, at("2026-02-14T12:00:00Z"), "30d"},
		{"a month that is shorter than thirty days", month, expires, at("2026-02-15T12:00:00Z"), "1mo"},
		{"a month that is longer", month, "2026-08-15T12:00:00Z", at("2026-08-01T00:00:00Z"), "30d"},
		{"a month and thirty days at once", month, "2026-07-15T12:00:00Z", at("2026-07-01T00:00:00Z"), "30d"},
		// In Berlin the clocks are set forward on the 29th: seven days are an hour less there.
		{"days are those of UTC", usual, "2026-03-31T12:00:00Z", at("2026-03-24T11:30:00Z").In(berlin), "14d"},
		{"days are those of UTC, reached", usual, "2026-03-31T12:00:00Z", at("2026-03-24T12:00:00Z").In(berlin), "7d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := policy()
			p.BeforeExpiry = tt.distances
			expires := at(tt.expires)
			for _, e := range []time.Time{expires, expires.In(berlin)} {
				got, ok := p.Warning(e, tt.now)
				if ok != (tt.want != "") || ok && got.String() != tt.want {
					t.Errorf("expiring at %s: %s, %v; want %q", e, got, ok, tt.want)
				}
			}
		})
	}
	p := policy()
	p.BeforeExpiry = usual
	if d, ok := p.Warning(time.Time{}, now); ok {
		t.Errorf("no expiration: %s", d)
	}
	if d, ok := p.Warning(time.Time{}, time.Time{}.AddDate(0, 0, -1)); ok {
		t.Errorf("no expiration, and a clock before all times: %s", d)
	}
}

// genDistance is a distance as a policy may name it before an expiration.
var genDistance = rapid.Custom(func(t *rapid.T) rules.Distance {
	switch rapid.IntRange(0, 3).Draw(t, "unit") {
	case 0:
		return rules.Distance{Months: rapid.IntRange(1, 24).Draw(t, "months")}
	case 1:
		return rules.Distance{Years: rapid.IntRange(1, 2).Draw(t, "years")}
	default:
		return days(rapid.IntRange(1, 732).Draw(t, "days"))
	}
})

// TestPropertiesOfWarning: as time goes on a warning only comes nearer; each
// distance has one stretch of time at most; the last that is reached is the one
// that begins last; and the domain scan sees every domain of which it warns.
func TestPropertiesOfWarning(t *testing.T) {
	zones := []*time.Location{time.UTC, time.FixedZone("east", 14*3600), time.FixedZone("west", -12*3600)}
	for _, name := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, zone)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := policy()
		p.WarnWithin = days(rapid.IntRange(0, 60).Draw(t, "warn within"))
		p.BeforeExpiry = rapid.SliceOfNDistinct(genDistance, 1, 6, rapid.ID[rules.Distance]).Draw(t, "distances")
		expires := time.Date(2024, 1, 1, 0, 0, rapid.IntRange(0, 8*366*86400).Draw(t, "expires"), 0, time.UTC)
		at := expires.AddDate(-2, -1, 0)
		zone := rapid.SampledFrom(zones).Draw(t, "zone")

		// Every moment at which anything can change, and some between.
		var moments []time.Time
		for _, d := range p.BeforeExpiry {
			from := d.Before(expires)
			moments = append(moments, from.Add(-1), from, from.Add(1))
		}
		moments = append(moments, expires.Add(-1), expires, expires.Add(1))
		for range 20 {
			moments = append(moments, at.Add(time.Duration(rapid.IntRange(0, 800*86400).Draw(t, "after"))*time.Second))
		}
		slices.SortFunc(moments, time.Time.Compare)

		var before rules.Distance
		warned := false
		left := map[rules.Distance]bool{}
		for _, m := range moments {
			got, ok := p.Warning(expires.In(zone), m.In(zone))
			if !ok {
				if warned && m.Before(expires) {
					t.Fatalf("at %s it warns no more", m)
				}
				continue
			}
			if !m.Before(expires) {
				t.Fatalf("at %s, and it expired at %s: %s", m, expires, got)
			}
			if since := got.Before(expires); since.After(m) {
				t.Fatalf("at %s %s is not reached before %s", m, got, since)
			}
			for _, d := range p.BeforeExpiry {
				if from := d.Before(expires); !from.After(m) && from.After(got.Before(expires)) {
					t.Fatalf("at %s %s is nearer than %s", m, d, got)
				}
			}
			if warned && got != before {
				if got.Before(expires).Before(before.Before(expires)) {
					t.Fatalf("at %s it grows from %s to %s", m, before, got)
				}
				if left[before] = true; left[got] {
					t.Fatalf("at %s it is %s again", m, got)
				}
			}
			before, warned = got, true
			if horizon := p.Horizon(m.In(zone)); expires.After(horizon) {
				t.Fatalf("at %s %s warns of a domain behind the horizon %s", m, got, horizon)
			}
		}
		if !warned {
			t.Fatal("it never warns")
		}
	})
}
