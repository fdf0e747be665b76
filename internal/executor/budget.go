package executor

import "domaind/internal/portfolio"

// budget is what a plan sets aside as it goes along, by account and for all (0).
// What is only tried out counts against what is tried out after it, and never
// against what will be bought. What a person is asked for counts against nothing: money
// is set aside for it once somebody approves. A nil budget is empty, and stays so.
type budget struct {
	acts, trials map[int64]portfolio.Tally
	prices       purpose // of what is read with it
}

// newBudget is that of a plan: prices are shown.
func newBudget() *budget {
	return &budget{acts: make(map[int64]portfolio.Tally), trials: make(map[int64]portfolio.Tally), prices: showing}
}

// with adds the budget to what is reserved, as a purchase of the verdict sees it.
func (b *budget) with(s portfolio.Spent, v portfolio.Verdict) portfolio.Spent {
	if b == nil {
		return s
	}
	reserved := s.Reserved
	s.Reserved = func(account int64) portfolio.Tally {
		t := reserved(account).Add(b.acts[account])
		if v == portfolio.VerdictWouldAct {
			t = t.Add(b.trials[account])
		}
		return t
	}
	return s
}

// add sets the price of a purchase aside.
func (b *budget) add(account int64, v portfolio.Verdict, price portfolio.Money) {
	if b == nil || v == portfolio.VerdictAsk {
		return
	}
	tallies := b.trials
	if v == portfolio.VerdictAct {
		tallies = b.acts
	}
	one := portfolio.Tally{Amount: price, Purchases: 1}
	tallies[0], tallies[account] = tallies[0].Add(one), tallies[account].Add(one)
}
