package state

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

// model is what the store should be, told plainly: rows in order of creation, and
// everything else computed from them.
type model struct {
	t    *rapid.T
	path string
	s    *Store

	rows    []portfolio.Operation
	told    []portfolio.Event // all that were numbered
	first   int               // of told, the first that waits
	marks   map[string]time.Time
	pauses  map[pauseIn]portfolio.Pause
	watches map[int64]portfolio.Watch
	armed   uint64 // how many commits armed something
	now     time.Time
}

var errCeiling = errors.New("over the ceiling")

const ceiling = 2000

func (m *model) find(key string) int {
	return slices.IndexFunc(m.rows, func(o portfolio.Operation) bool { return o.Key == key })
}

// tally adds up rows, without the one of the given key.
func (m *model) tally(account int64, without string, counts func(day string) bool) portfolio.Tally {
	var sum portfolio.Tally
	for _, o := range m.rows {
		if amount, day, ok := o.Spends(); ok && o.Key != without && counts(day) && (account == 0 || account == o.AccountID) {
			sum = sum.Add(portfolio.Tally{Amount: amount, Purchases: 1})
		}
	}
	return sum
}

func on(day string) func(string) bool { return func(d string) bool { return d == day } }

func in(month string) func(string) bool {
	return func(d string) bool { return d != "" && d[:7] == month }
}

// keeps says whether an operation keeps its domain: it is open, and does not only wait.
func keeps(o portfolio.Operation) bool {
	return o.State.Open() && (o.Kind != portfolio.OpPush || o.State != portfolio.StatePending && o.State != portfolio.StateUnknown)
}

// refuses says why the store should refuse a change; nil where it should not.
func (m *model) refuses(op portfolio.Operation, was portfolio.OperationState) error {
	i := m.find(op.Key)
	switch {
	case i < 0 && was != "", i >= 0 && m.rows[i].State != was:
		return portfolio.ErrStale
	case i >= 0 && !m.rows[i].State.Open() && (op.State != was || op.DomainID != m.rows[i].DomainID || !op.EndedAt.Equal(m.rows[i].EndedAt)):
		return ErrRow
	}
	for _, o := range m.rows {
		if i < 0 && base(o) == base(op) && (o.State != portfolio.StateFailed || o.Attempt >= op.Attempt) {
			return ErrRow
		}
	}
	for _, o := range m.rows {
		same := o.DomainID == op.DomainID && op.DomainID != 0 || o.Kind.Claims() && op.Kind.Claims() && o.Name == op.Name && op.Name != ""
		if o.Key != op.Key && keeps(o) && keeps(op) && same {
			return portfolio.ErrDomainBusy
		}
	}
	if amount, day, ok := op.Spends(); ok && m.tally(0, op.Key, on(day)).Amount+amount > ceiling {
		return errCeiling
	}
	return nil
}

func (m *model) event(once bool) portfolio.Event {
	e := portfolio.Event{
		At: m.now, About: portfolio.AboutDomain, What: fmt.Sprintf("event-%d", len(m.told)),
		Level: rapid.SampledFrom([]portfolio.Level{portfolio.LevelInfo, portfolio.LevelAlert}).Draw(m.t, "level"),
	}
	if once {
		e.Once = rapid.SampledFrom([]string{"", "a", "b"}).Draw(m.t, "once")
		e.Repeat = rapid.SampledFrom([]time.Duration{0, time.Hour}).Draw(m.t, "repeat")
	}
	return e
}

// tell does to the model what storing an event does to the store.
func (m *model) tell(e portfolio.Event) {
	if e.Once != "" {
		if last, ok := m.marks[e.Once]; ok && (e.Repeat == 0 || e.At.Sub(last) < e.Repeat) {
			return
		}
		m.marks[e.Once] = e.At
	}
	e.Number, e.Once, e.Repeat = uint64(len(m.told)+1), "", 0
	m.told = append(m.told, e)
}

func modelKinds() []portfolio.OperationKind {
	return []portfolio.OperationKind{portfolio.OpRenew, portfolio.OpRestore, portfolio.OpAccept, portfolio.OpPush, portfolio.OpRegister}
}

// draw makes up an operation: a new one, or one that is there in another state.
func (m *model) draw() portfolio.Operation {
	t := m.t
	if len(m.rows) > 0 && rapid.IntRange(0, 3).Draw(t, "change a row") > 0 {
		op := rapid.SampledFrom(m.rows).Draw(t, "row")
		op.State = m.state()
		if op.State == portfolio.StateArmed {
			op.SpendDay = rapid.SampledFrom([]string{"2026-03-01", "2026-03-31", "2026-04-01"}).Draw(t, "day")
		}
		if !op.State.Open() && op.EndedAt.IsZero() {
			op.EndedAt = m.now
		}
		switch rapid.IntRange(0, 4).Draw(t, "money") {
		case 0:
			op.Reserved = 0
		case 1:
			charge := portfolio.Money(rapid.IntRange(0, 1500).Draw(t, "charge"))
			op.Charge = &charge
		case 2:
			op.ChargeRefs = []string{op.Key + "#0"}
		}
		if op.State == portfolio.StateUnknown {
			op.UnknownAt = m.now
		}
		op.NextAt = rapid.SampledFrom([]time.Time{{}, op.NextAt, m.now.Add(30 * time.Minute)}).Draw(t, "next")
		return op
	}
	op := portfolio.Operation{
		AccountID: rapid.SampledFrom([]int64{1010, 2020}).Draw(t, "account"),
		Kind:      rapid.SampledFrom(modelKinds()).Draw(t, "kind"),
		SubjectID: int64(rapid.IntRange(1, 6).Draw(t, "subject")),
		Occasion:  rapid.SampledFrom([]string{"2026-04-01", "2027-04-01"}).Draw(t, "occasion"),
		State:     m.state(),
		Reserved:  portfolio.Money(rapid.IntRange(0, 1500).Draw(t, "reserved")),
		CreatedAt: m.now,
	}
	if op.Kind.Purchase() || rapid.Bool().Draw(t, "known") {
		op.DomainID, op.Name = op.SubjectID, fmt.Sprintf("d%d.example", op.SubjectID%3)
	}
	if !op.State.Open() {
		op.EndedAt = m.now
	}
	return attempt(op, rapid.IntRange(1, 3).Draw(t, "attempt"))
}

func (m *model) state() portfolio.OperationState {
	return rapid.SampledFrom([]portfolio.OperationState{
		portfolio.StateReserved, portfolio.StateArmed, portfolio.StatePending, portfolio.StateUnknown, portfolio.StateDone, portfolio.StateFailed,
	}).Draw(m.t, "state")
}

func (m *model) commit(t *rapid.T) {
	m.t = t
	op := m.draw()
	was := portfolio.OperationState("")
	if i := m.find(op.Key); i >= 0 && rapid.IntRange(0, 9).Draw(t, "stale") > 0 {
		was = m.rows[i].State
	}
	events := []portfolio.Event{m.event(true), m.event(true)}
	err := m.s.Commit(portfolio.Change{Operation: &op, Was: was, Events: events, Allow: func(p portfolio.Spent) error {
		amount, day, ok := op.Spends()
		if !ok {
			return nil
		}
		for _, account := range []int64{0, op.AccountID} {
			m.same(p.On(account, "2026-03-01"), m.tally(account, op.Key, on("2026-03-01")))
			m.same(p.In(account, "2026-03"), m.tally(account, op.Key, in("2026-03")))
			m.same(p.Reserved(account), m.tally(account, op.Key, on("")))
		}
		spent := p.Reserved(0)
		if day != "" {
			spent = p.On(0, day)
		}
		if spent.Amount+amount > ceiling {
			return errCeiling
		}
		return nil
	}})
	want := m.refuses(op, was)
	if !errors.Is(err, want) || want == nil && err != nil {
		t.Fatalf("commit %s (%s → %s): %v, want %v", op.Key, was, op.State, err, want)
	}
	if err != nil {
		return
	}
	if op.State == portfolio.StateArmed && was != portfolio.StateArmed {
		m.armed++
	}
	if i := m.find(op.Key); i >= 0 {
		m.rows[i] = op
	} else {
		m.rows = append(m.rows, op)
	}
	for _, e := range events {
		m.tell(e)
	}
}

func (m *model) same(got, want any) {
	m.t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		m.t.Fatalf("-want +got\n%s", d)
	}
}

func (m *model) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// compare reads everything back.
func (m *model) compare(t *rapid.T) {
	m.t = t
	m.must(m.s.Check())
	var newest []portfolio.Operation
	for op, err := range m.s.Operations() {
		m.must(err)
		newest = append(newest, op)
	}
	slices.Reverse(newest)
	m.same(newest, m.rows)

	open, err := m.s.OpenOperations()
	m.must(err)
	m.same(open, slices.DeleteFunc(slices.Clone(m.rows), func(o portfolio.Operation) bool { return !o.State.Open() }))

	claimed := map[string]bool{}
	for _, o := range m.rows {
		got, ok, err := m.s.Operation(o.Key)
		m.must(err)
		m.same(ok, true)
		m.same(got, o)
		m.compareLasts(o)
		if o.AccountID == 1010 {
			for _, ref := range o.ChargeRefs {
				claimed[ref] = true
			}
		}
	}
	got, err := m.s.ClaimedCharges(1010)
	m.must(err)
	m.same(got, claimed)

	events, err := m.s.Pending(0, 1000)
	m.must(err)
	m.same(events, m.told[m.first:])
	backlog, err := m.s.Backlog()
	m.must(err)
	m.same(backlog, len(m.told)-m.first)
	pauses, err := m.s.Pauses()
	m.must(err)
	m.same(len(pauses), len(m.pauses))
	for _, p := range pauses {
		m.same(p, m.pauses[pauseIn{p.AccountID, p.Scope}])
	}
	watches, err := m.s.Watched()
	m.must(err)
	m.same(len(watches), len(m.watches))
	for _, w := range watches {
		m.same(w, m.watches[w.AccountID])
	}
	m.compareMoments()
}

// compareMoments reads what is due, what became unknown, and what was armed.
func (m *model) compareMoments() {
	due, _, err := m.s.Due(m.now)
	m.must(err)
	var want []portfolio.Operation
	for _, o := range m.rows {
		if !o.NextAt.IsZero() && !o.NextAt.After(m.now) {
			want = append(want, o)
		}
	}
	slices.SortStableFunc(want, func(a, b portfolio.Operation) int { return a.NextAt.Compare(b.NextAt) })
	m.same(due, want)

	since, unknown := m.now.Add(-time.Hour), 0
	for _, o := range m.rows {
		if o.AccountID == 1010 && o.Kind.Purchase() && !o.UnknownAt.IsZero() && !o.UnknownAt.Before(since) {
			unknown++
		}
	}
	n, err := m.s.UnknownSince(1010, since)
	m.must(err)
	m.same(n, unknown)
	line, err := os.ReadFile(m.path + armedSuffix)
	m.must(err)
	m.same(string(line), string(armedLine(m.s.UUID(), m.armed)))
}

func (m *model) compareLasts(o portfolio.Operation) {
	last, ok, err := m.s.LastAttempt(o.AccountID, o.Kind, o.SubjectID, o.Occasion)
	m.must(err)
	m.same(ok, true)
	var bought time.Time
	for _, p := range m.rows {
		if base(p) == base(o) && p.Attempt > last.Attempt {
			m.t.Fatalf("attempt %d of %s is not the last", last.Attempt, last.Key)
		}
		same := p.DomainID == o.DomainID && o.DomainID != 0 || p.Name == o.Name && o.Name != ""
		if same && p.Kind.Purchase() && p.State == portfolio.StateDone && p.EndedAt.After(bought) {
			bought = p.EndedAt
		}
	}
	p, _, err := m.s.LastPurchase(o.DomainID, o.Name)
	m.must(err)
	m.same(p.At, bought)
	open, ok, err := m.s.OpenOn(o.DomainID)
	m.must(err)
	if keeps(o) && o.DomainID != 0 && (!ok || open.Key != o.Key) {
		m.t.Fatalf("%s is open on %d, not %s", o.Key, o.DomainID, open.Key)
	}
}

func (m *model) deliver(t *rapid.T) {
	upTo := rapid.IntRange(0, len(m.told)).Draw(t, "up to")
	m.t = t
	m.must(m.s.Delivered(uint64(upTo)))
	m.first = max(m.first, upTo)
}

// pauseIn names a pause of the model.
type pauseIn struct {
	account int64
	scope   portfolio.PauseScope
}

// pause begins pauses and lifts others, in one change; what does both stands.
func (m *model) pause(t *rapid.T) {
	m.t = t
	draw := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) portfolio.Pause {
		return portfolio.Pause{
			AccountID: int64(rapid.IntRange(0, 2).Draw(t, "account")),
			Scope:     rapid.SampledFrom([]portfolio.PauseScope{portfolio.PauseAccount, portfolio.PauseBreaker, "renew"}).Draw(t, "scope"),
			Reason:    rapid.SampledFrom([]string{"401", "402"}).Draw(t, "reason"), By: "daemon", Since: m.now,
		}
	}), 0, 2)
	c := portfolio.Change{Pauses: draw.Draw(t, "begin"), Lifted: draw.Draw(t, "lift"), Events: []portfolio.Event{m.event(false)}}
	m.must(m.s.Commit(c))
	for _, p := range c.Lifted {
		delete(m.pauses, pauseIn{p.AccountID, p.Scope})
	}
	for _, p := range c.Pauses {
		m.pauses[pauseIn{p.AccountID, p.Scope}] = p
	}
	m.tell(c.Events[0])
}

// watch replaces what is remembered of an account's domains.
func (m *model) watch(t *rapid.T) {
	m.t = t
	w := portfolio.Watch{AccountID: int64(rapid.IntRange(1, 2).Draw(t, "account")), SeenAt: m.now, SteadyAt: start}
	for _, id := range rapid.SliceOfNDistinct(rapid.Int64Range(1, 5), 0, 4, rapid.ID).Draw(t, "domains") {
		d := domain(w.AccountID, id)
		d.AutoRenew = rapid.Bool().Draw(t, "auto-renew")
		w.Domains = append(w.Domains, d)
	}
	m.must(m.s.Commit(portfolio.Change{Watch: []portfolio.Watch{w}}))
	slices.SortFunc(w.Domains, func(a, b portfolio.Domain) int { return int(a.ID - b.ID) })
	m.watches[w.AccountID] = w
}

// crash copies the file as it is, as a kill would leave it, and goes on with the
// copy.
func (m *model) crash(t *rapid.T) {
	m.t = t
	b, err := os.ReadFile(m.path)
	m.must(err)
	counter, err := os.ReadFile(m.path + armedSuffix)
	m.must(err)
	m.must(m.s.Close())
	m.path += "+"
	m.must(os.WriteFile(m.path, b, 0o600))
	m.must(os.WriteFile(m.path+armedSuffix, counter, 0o600))
	uuid := m.s.UUID()
	m.open()
	m.same(m.s.UUID(), uuid)
}

func (m *model) open() {
	var err error
	m.s, err = Open(m.path, Options{NoSync: true, strict: true})
	m.must(err)
}

func TestStoreIsItsModel(t *testing.T) {
	folder := t.TempDir
	rapid.Check(t, func(t *rapid.T) {
		m := &model{
			t: t, path: filepath.Join(folder(), "s"), now: start,
			marks: map[string]time.Time{}, pauses: map[pauseIn]portfolio.Pause{}, watches: map[int64]portfolio.Watch{},
		}
		m.open()
		defer func() {
			if err := m.s.Close(); err != nil {
				t.Fatal(err)
			}
		}()
		t.Repeat(map[string]func(*rapid.T){
			"commit":  m.commit,
			"again":   m.commit,
			"deliver": m.deliver,
			"pause":   m.pause,
			"watch":   m.watch,
			"crash":   m.crash,
			"wait":    func(*rapid.T) { m.now = m.now.Add(25 * time.Minute) },
			"":        m.compare,
		})
	})
}
