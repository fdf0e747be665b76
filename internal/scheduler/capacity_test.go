package scheduler

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/robfig/cron/v3"
)

// TestTooOften: what the last runs needed, in the busiest hour of each schedule, beside
// the quota.
func TestTooOften(t *testing.T) {
	night, err := cron.ParseStandard("CRON_TZ=UTC */10 3 * * *")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		domains cron.Schedule
		needed  map[string]int
		quota   int
		want    string
	}{
		"within":      {cron.Every(time.Hour), map[string]int{JobDomains: 50, JobPushes: 1}, 110, ""},
		"above":       {cron.Every(time.Hour), map[string]int{JobDomains: 51, JobPushes: 1}, 110, "about 111 requests in an hour, and the quota gives 110: jobs wait for it; most of them, 60, are for pushes"},
		"at night":    {night, map[string]int{JobDomains: 52}, 300, "about 312 requests in an hour, and the quota gives 300: jobs wait for it; most of them, 312, are for domains"},
		"not known":   {cron.Every(time.Second), nil, 10, ""},
		"no quota":    {cron.Every(time.Second), map[string]int{JobDomains: 52}, 0, ""},
		"each second": {cron.Every(time.Second), map[string]int{JobDomains: 1}, 100, "about 3600 requests"},
	} {
		s := setup{schedules: Schedules{Domains: tt.domains, Pushes: cron.Every(time.Minute)}, now: func() time.Time { return now }}.make()
		s.Capacity.RequestsPerHour = tt.quota
		maps.Copy(s.needed, tt.needed)
		jobs, err := s.Jobs()
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(jobs[0].Warnings, "|")
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) || jobs[0].Requests != tt.needed[JobDomains] {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestTooLong: a sweep may need as many requests as there are for it until the next one.
func TestTooLong(t *testing.T) {
	for needed, want := range map[int]string{0: "", 24_000: "", 24_001: "needs about 24001 requests, and its share of the quota gives 24000 until the next one"} {
		s := setup{schedules: Schedules{Portfolio: cron.Every(24 * time.Hour)}, now: func() time.Time { return now }}.make()
		s.Capacity = Capacity{RequestsPerHour: 1800, BackgroundPerHour: 1000}
		s.needed[JobPortfolio] = needed
		jobs, err := s.Jobs()
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range jobs {
			got := strings.Join(j.Warnings, "|")
			if j.Name != JobPortfolio {
				want := "" // a sweep is not held against the quota of an hour
				if got != want {
					t.Errorf("%s: %q", j.Name, got)
				}
			} else if want == "" && got != "" || !strings.Contains(got, want) || j.Requests != needed {
				t.Errorf("%d: %q of %d requests, want %q", needed, got, j.Requests, want)
			}
		}
	}
}

// TestSweepBehindOthers: what other jobs make is not there for the sweep, and that it has
// nothing is said though no sweep ever came to its end.
func TestSweepBehindOthers(t *testing.T) {
	for name, tt := range map[string]struct {
		pushes, needed int
		want           string
	}{
		"enough is left":  {10, 9_600, ""},
		"not enough":      {10, 9_601, "needs about 9601 requests, and its share of the quota gives 9600 until the next one"},
		"a little":        {16, 0, ""},
		"nothing is left": {17, 0, "the other jobs make about 1020 requests in an hour, and a sweep of the portfolio goes only while they make fewer than 1000: it stands still"},
	} {
		s := setup{schedules: Schedules{Portfolio: cron.Every(24 * time.Hour), Pushes: cron.Every(time.Minute)}, now: func() time.Time { return now }}.make()
		s.Capacity = Capacity{RequestsPerHour: 1800, BackgroundPerHour: 1000}
		s.needed[JobPushes], s.needed[JobPortfolio] = tt.pushes, tt.needed
		if got := s.tooLong(now); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestTooMany: as many are bought on each day on which the domains are read.
func TestTooMany(t *testing.T) {
	daily, weekly := cron.Every(24*time.Hour), cron.Every(7*24*time.Hour)
	in := func(days ...int) (due []time.Time) {
		for _, d := range days {
			due = append(due, now.AddDate(0, 0, d))
		}
		return due
	}
	for name, tt := range map[string]struct {
		domains cron.Schedule
		most    int
		due     []time.Time
		want    string
	}{
		"in time":       {daily, 2, in(1, 1, 1, 2, 2, 3), ""},
		"too many soon": {daily, 2, in(1, 1, 1, 1, 1, 30), "5 domains that rules renew expire until 2026-03-02, and max_purchases_per_day and the schedule let 4 be bought"},
		"lapsed":        {daily, 2, in(-3, -2, -1), "3 domains that rules renew expire until 2026-02-28"},
		"read weekly":   {weekly, 2, in(5, 5, 5), "let 2 be bought"},
		"weekly, later": {weekly, 2, in(8, 8, 8), ""},
		"no ceiling":    {daily, 0, in(1, 1, 1, 1, 1), ""},
	} {
		s := setup{schedules: Schedules{Domains: tt.domains}, now: func() time.Time { return now }}.make()
		s.PurchasesPerDay, s.due = func() int { return tt.most }, tt.due
		slices.Reverse(s.due)
		if got := s.tooMany(now); tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
