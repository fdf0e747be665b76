package config

import (
	"time"

	"domaind/internal/portfolio"
)

// What each run of a job asks for at least in each account: a page of each list. How much
// more a scan of the domains needs depends on what expires, and a sweep on what is owned.
const (
	requestsOfDomains = 1
	requestsOfPushes  = 1
	requestsOfSweeps  = 1
	requestsOfChanges = 5 // a list for each state
)

// capacity warns of schedules that ask for more requests than a token has, by what can be
// seen here: how often they run, and for how many accounts.
func (l *loader) capacity(root *node) {
	s := l.cfg.Schedule
	accounts := make(map[Secret]int) // by the place of their token
	most := 0
	for _, a := range l.cfg.Accounts {
		if !a.Source {
			accounts[a.Token]++
			most = max(most, accounts[a.Token])
		}
	}
	asked, greedy, greediest := 0, "", 0
	daily := 0 // without the sweep
	for _, job := range []struct {
		name string
		cron Cron
		each int
	}{
		{"domains", s.Domains, requestsOfDomains},
		{"portfolio", s.Portfolio, requestsOfSweeps},
		{"pushes", s.Pushes, requestsOfPushes},
		{"registrant_changes", s.RegistrantChanges, requestsOfChanges},
	} {
		if job.cron.Schedule == nil {
			return // it could not be understood
		}
		// The day that begins as it comes first: on others it may not come at all.
		first := job.cron.Schedule.Next(time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC))
		hour, day := portfolio.Runs(job.cron.Schedule, first, first.Add(24*time.Hour))
		n := hour * job.each * most
		if job.name != "portfolio" {
			daily += day * job.each * most
		}
		if asked += n; n > greediest {
			greedy, greediest = job.name, n
		}
	}
	at := root
	for _, t := range []*node{root.get("dnsimple"), l.schedules} {
		if t != nil {
			at = t
		}
	}
	if l.schedules != nil {
		if n := l.schedules.get(greedy); n != nil {
			at = n
		}
	}
	// A tenth is kept for operations under way. The sweep goes only where all together
	// took less than half.
	given, half := portfolio.ForReads(l.cfg.DNSimple.RequestsPerHour), portfolio.ForBackground(l.cfg.DNSimple.RequestsPerHour)
	switch {
	case asked > given:
		l.warn(at, "the schedule asks for at least %d requests in an hour with one token, most of them, %d, for %s, and requests_per_hour leaves %d: jobs will come late",
			asked, greediest, greedy, given)
	case daily >= 24*half && daily > 0:
		l.warn(at, "the schedule asks for at least %d requests on a day with one token, beside the sweep of the portfolio, which has only what others leave of half of requests_per_hour, %d on a day: it will stand still",
			daily, 24*half)
	}
}
