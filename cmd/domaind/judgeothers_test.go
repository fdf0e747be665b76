package main

import (
	"fmt"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// judgedOthers is what must become of the pushes, registrant changes and names of
// testdata/judge/world.toml, read off the policy by hand.
func judgedOthers() map[string]judgement {
	const free = -1 // of charge
	return map[string]judgement{
		"main push 11": {verdict: "act", rule: "accept-desk", do: "accept", price: free},
		"main push 12": {verdict: "none", price: free}, // .org is not accepted, and announced
		"main push 13": {verdict: "hold", rule: "crown-pushes", do: "hold", price: free, alerts: []string{"push-waits"}},
		"labs push 14": {verdict: "ask", rule: "ask-desk", do: "accept", price: free},
		"main push 15": {verdict: "act", rule: "accept-desk", do: "accept", price: free, alerts: []string{"push-waits"}},
		"main push 16": {verdict: "act", rule: "reject-old", do: "reject", price: free, alerts: []string{"push-waits"}},
		"main push 17": {verdict: "none", price: free}, // an hour short of two weeks, and except *.info
		"main push 18": {verdict: "none", price: free, alerts: []string{"push-waits"}},
		"main push 19": {verdict: "none", price: free}, // nobody can tell whose it is
		"main push 20": {verdict: "wait", rule: "reject-old", do: "reject", price: free, alerts: []string{"push-waits"}},
		"labs push 21": {verdict: "none", price: free},
		"shop push 22": {verdict: "act", rule: "reject-old", do: "reject", price: free, alerts: []string{"push-waits"}},

		"main change 101": {verdict: "hold", rule: "legal-may", do: "hold", price: free, alerts: []string{"change-takes-long"}},
		"main change 102": {verdict: "act", rule: "cancel-strangers", do: "cancel", price: free},
		"main change 103": {verdict: "act", rule: "cancel-strangers", do: "cancel", price: free, alerts: []string{"change-takes-long"}},
		"main change 104": {verdict: "none", price: free}, // no change of the owner
		"main change 105": {verdict: "ask", rule: "ask-about-77", do: "cancel", price: free},
		"labs change 106": {verdict: "ask", rule: "cancel-strangers", do: "cancel", price: free},
		"shop change 107": {verdict: "hold", rule: "legal-may", do: "hold", price: free},
		"shop change 108": {verdict: "act", rule: "cancel-strangers", do: "cancel", price: free}, // legal is another contact there

		"main free.com":          {verdict: "act", rule: "catch", do: "register", price: 1500},
		"main xn--bcker-gra.com": {verdict: "act", rule: "catch", do: "register", price: 1500},
		"main taken.com":         {verdict: "none", price: free},
		"main dear.com":          {verdict: "blocked", rule: "catch", do: "register", price: 3500},
		"labs trial.net":         {verdict: "would-act", rule: "catch-trial", do: "register", price: 1700, trials: []string{"catch-trial"}},
		"main rival.com":         {verdict: "none", price: free, alerts: []string{"watch-rival"}},
	}
}

// judgeOthers judges them, once the domains have had their money: the names in the order of
// the policy.
func (b *books) judgeOthers() map[string]judgement {
	all := judgedOthers()
	for about, j := range all {
		account, _, _ := cut(about)
		if j.verdict == "act" || j.verdict == "ask" {
			j.verdict = b.policy.modeOf(b.policy.rule(j.rule), account)
		}
		all[about] = j
	}
	for _, about := range []string{"main free.com", "main xn--bcker-gra.com", "labs trial.net"} {
		account, _, _ := cut(about)
		j := all[about]
		switch {
		case !b.fits(account, j.price, nil), j.verdict == "would-act" && !b.fits(account, j.price, b.trials):
			j.verdict = "blocked"
		case j.verdict == "act":
			b.spend(account, j.price)
		case j.verdict == "would-act":
			b.trials.spend(account, j.price)
		}
		all[about] = j
	}
	return all
}

// cut takes what [aboutItem] made apart.
func cut(about string) (account, kind, id string) {
	_, _ = fmt.Sscan(about, &account, &kind, &id) // the last is there but for names
	return account, kind, id
}

// aboutItem is what an item is about: "main push 11", "shop change 107", "main free.com".
func aboutItem(it control.Item) string {
	switch it.On {
	case portfolio.KindPush:
		return fmt.Sprintf("%s push %d", it.AccountName, it.ID)
	case portfolio.KindRegistrantChange:
		return fmt.Sprintf("%s change %d", it.AccountName, it.ID)
	}
	return it.AccountName + " " + it.Name
}
