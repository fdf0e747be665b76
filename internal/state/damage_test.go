package state

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// history fills a state with enough that every kind of page occurs.
func history(tb testing.TB, s *Store, rows int64) {
	tb.Helper()
	for i := range rows {
		op := renewal(i+1, 100)
		op.NextAt = start.AddDate(0, 0, 1)
		op.History = []portfolio.Step{{Note: strings.Repeat("renewed ", 20)}}
		commit(tb, s, "", op, info("reserved"), alert("uncovered"))
		op = armed(op, "2026-03-01")
		commit(tb, s, portfolio.StateReserved, op)
		if i%2 == 0 {
			op.ChargeRefs = []string{fmt.Sprintf("inv-%d#0", i)}
			commit(tb, s, portfolio.StateArmed, ended(op, portfolio.StateDone, start))
		}
	}
}

// image is a state file's bytes.
func image(tb testing.TB, rows int64) []byte {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "state.db")
	s := open1(tb, path)
	s.db.StrictMode = false
	history(tb, s, rows)
	if err := s.Close(); err != nil {
		tb.Fatal(err)
	}
	return contents(tb, path)
}

// survive opens a file that may be damaged in any way: it is refused with one of
// our errors, and left as it is, or it can be read and checked. It says which.
func survive(tb testing.TB, b []byte) (refused error) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "state.db")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		tb.Fatal(err)
	}
	s, err := Open(path, Options{NoSync: true, Now: func() time.Time { return start }})
	if err != nil {
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotState) && !errors.Is(err, ErrNewer) {
			tb.Errorf("a damaged file: %v", err)
		}
		unchanged(tb, path, b)
		return err
	}
	err = s.Check()
	if err != nil && !errors.Is(err, ErrCorrupt) {
		tb.Errorf("check of a damaged file: %v", err)
	}
	for _, readErr := range s.Operations() {
		if readErr != nil && !errors.Is(readErr, ErrCorrupt) {
			tb.Errorf("read of a damaged file: %v", readErr)
		}
	}
	if err := s.Close(); err != nil {
		tb.Error(err)
	}
	return err
}

func TestNoDamageIsFatal(t *testing.T) {
	whole := image(t, 60)
	if err := survive(t, whole); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	page := os.Getpagesize()
	found := 0
	for range 400 {
		b := bytes.Clone(whole)
		at := random.IntN(len(b)/page) * page // heads of pages are where it hurts
		if random.IntN(2) == 0 {
			at += random.IntN(256)
		}
		at = max(at, 2*page) // the first two: TestATornCommitIsTheStateBefore, TestHostileHeads
		switch random.IntN(4) {
		case 0:
			b[at] ^= 1 << random.IntN(8)
		case 1:
			copy(b[at:], bytes.Repeat([]byte{0xff}, 16))
		case 2:
			clear(b[at : at+min(page, len(b)-at)])
		default:
			from := random.IntN(len(b)/page) * page
			copy(b[at:], whole[from:from+page])
		}
		if survive(t, b) != nil {
			found++
		}
	}
	if found < 100 {
		t.Errorf("only %d of 400 damages were found", found)
	}
}

func FuzzOpen(f *testing.F) {
	whole := image(f, 20)
	f.Add(uint32(0), []byte{0}, uint32(0))
	f.Add(uint32(16), []byte("text"), uint32(100))
	f.Add(uint32(3*4096+8), []byte{1, 0, 255, 255}, uint32(0))
	f.Add(uint32(4096+16), bytes.Repeat([]byte{7}, 80), uint32(20_000))
	f.Fuzz(func(t *testing.T, at uint32, patch []byte, cut uint32) {
		b := bytes.Clone(whole)
		copy(b[int(at)%len(b):], patch)
		if cut != 0 {
			b = b[:int(cut)%len(b)]
		}
		_ = survive(t, b)
	})
}

func TestHostileHeads(t *testing.T) {
	whole := image(t, 5)
	page := os.Getpagesize()
	newest, err := readMeta(bytes.NewReader(whole), uint64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(m *boltMeta){
		"no pages":        func(m *boltMeta) { m.high = 0 },
		"endless":         func(m *boltMeta) { m.high = 1 << 60 },
		"root is a head":  func(m *boltMeta) { m.root = 0 },
		"root far away":   func(m *boltMeta) { m.root = 1 << 50 },
		"free is root":    func(m *boltMeta) { m.freelist = m.root },
		"free far away":   func(m *boltMeta) { m.freelist = 1 << 50 },
		"free not stored": func(m *boltMeta) { m.freelist = noFreelist },
		"page size 0":     func(m *boltMeta) { m.pageSize = 0 },
		"page size 1":     func(m *boltMeta) { m.pageSize = 1 },
		"huge pages":      func(m *boltMeta) { m.pageSize = 1 << 31 },
		"small pages":     func(m *boltMeta) { m.pageSize = minPageSize },
	} {
		t.Run(name, func(t *testing.T) {
			m := newest
			spoil(&m)
			b := bytes.Clone(whole)
			for at := range 2 {
				writeHead(b[at*page+headerSize:], m)
			}
			if survive(t, b) == nil {
				t.Error("it was not refused")
			}
		})
	}
}

// writeHead writes a head with a valid checksum.
func writeHead(b []byte, m boltMeta) {
	order := binary.NativeEndian
	order.PutUint32(b[8:], uint32(m.pageSize))
	order.PutUint64(b[16:], m.root)
	order.PutUint64(b[32:], m.freelist)
	order.PutUint64(b[40:], m.high)
	order.PutUint64(b[48:], m.tx)
	h := fnv.New64a()
	_, _ = h.Write(b[:56])
	order.PutUint64(b[56:], h.Sum64())
}

// dirty finds the pages, but for the two heads, in which two images differ.
func dirty(before, after []byte) []int {
	page := os.Getpagesize()
	var pages []int
	for at := 2 * page; at < len(after); at += page {
		if at >= len(before) || !bytes.Equal(before[at:at+page], after[at:at+page]) {
			pages = append(pages, at)
		}
	}
	return pages
}

// TestATornCommitIsTheStateBefore kills the machine within a commit: some of its
// pages are on the disk, its head is not, or only a half of it.
func TestATornCommitIsTheStateBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	history(t, s, 10)
	before := contents(t, path)
	op := renewal(999, 100)
	commit(t, s, "", op, alert("new"))
	after := contents(t, path)
	page := os.Getpagesize()
	pages := dirty(before, after)
	if len(pages) == 0 {
		t.Fatal("the commit changed no page")
	}
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 40 {
		b := append(bytes.Clone(before), make([]byte, max(0, len(after)-len(before)))...)
		for _, at := range pages {
			if random.IntN(2) == 0 {
				copy(b[at:at+page], after[at:at+page])
			}
		}
		head := 0
		if !bytes.Equal(before[page:2*page], after[page:2*page]) {
			head = page
		}
		copy(b[head:], after[head:head+headerSize+i]) // up to 40 of the head's 64 bytes
		torn := filepath.Join(t.TempDir(), "state.db")
		put(t, path, torn)
		write(t, torn, b)
		s := open1(t, torn)
		check(t, s)
		if _, ok, err := s.Operation(op.Key); ok || err != nil {
			t.Errorf("crash %d: the row is there: %v", i, err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryCommitSurvivesAKill copies the file after each commit and opens the
// copy.
func TestEveryCommitSurvivesAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open1(t, path)
	for i := range int64(30) {
		commit(t, s, "", renewal(i+1, 100), alert("new"))
		killed := filepath.Join(t.TempDir(), "state.db")
		if err := os.WriteFile(killed, contents(t, path), 0o600); err != nil {
			t.Fatal(err)
		}
		c := open1(t, killed)
		check(t, c)
		if n, err := c.Backlog(); err != nil || n != int(i+1) {
			t.Errorf("%d events after %d commits: %v", n, i+1, err)
		}
		if _, ok, err := c.Operation(renewal(i+1, 100).Key); !ok || err != nil {
			t.Errorf("commit %d is lost: %v", i, err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCheckFindsEveryDifference(t *testing.T) {
	set := func(name string, key, value []byte) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error { return bucket(tx, name).Put(key, value) }
	}
	drop := func(name string) func(*bbolt.Tx) error {
		return func(tx *bbolt.Tx) error {
			k, _ := bucket(tx, name).Cursor().First()
			return bucket(tx, name).Delete(bytes.Clone(k))
		}
	}
	for name, c := range map[string]struct {
		spoil func(*bbolt.Tx) error
		say   string
	}{
		"tally changed":   {set(talliesBucket, []byte(tallyKey(0, "2026-03-01")), appendInt(appendInt(nil, 5), 1)), "the spending of all accounts in 2026-03-01 is kept as 0.05"},
		"tally negative":  {set(talliesBucket, []byte(tallyKey(1010, reserved)), appendInt(appendInt(nil, -5), 1)), "what is reserved of account 1010"},
		"tally extra":     {set(talliesBucket, []byte(tallyKey(9, "2026-03")), appendInt(appendInt(nil, 5), 1)), "account 9 in 2026-03"},
		"tally garbage":   {set(talliesBucket, []byte("x"), []byte("y")), "a tally of 1 bytes"},
		"tally lost":      {drop(talliesBucket), "is not kept"},
		"attempt lost":    {drop(attemptsBucket), "the index attempts does not lead to"},
		"attempt extra":   {set(attemptsBucket, []byte("x"), appendAttempt(nil, attemptAt{1, 1})), "the index attempts has"},
		"attempt twice":   {set(attemptsBucket, []byte(base(renewal(1, 1))), appendAttempt([]attemptAt{{1, 1}}, attemptAt{2, 1})), "the index attempts has"},
		"attempt broken":  {set(attemptsBucket, []byte(base(renewal(1, 1))), []byte("x")), "attempts of 1 bytes"},
		"open lost":       {drop(openBucket), "is open, and not known as such"},
		"open extra":      {set(openBucket, number(77), present()), "the index open has"},
		"busy lost":       {drop(busyBucket), "the index busy does not lead to"},
		"busy elsewhere":  {set(busyBucket, ident(2), number(1)), "the index busy does not lead to"},
		"due lost":        {drop(dueBucket), "is due at"},
		"due extra":       {set(dueBucket, dueKey(&portfolio.Operation{NextAt: start}, 1), present()), "the index due has"},
		"charge lost":     {drop(chargesBucket), "the index charges does not lead to"},
		"charge extra":    {set(chargesBucket, chargeKey(1010, "x"), number(1)), "the index charges has"},
		"purchase lost":   {drop(purchasesBucket), "the last purchase of"},
		"purchase extra":  {set(purchasesBucket, []byte("nx"), lastPurchase{at: start}.bytes()), "the last purchase of"},
		"purchase broken": {set(purchasesBucket, []byte("nx"), []byte("x")), "a last purchase of 1 bytes"},
		"row lost":        {drop(rowsBucket), "the rows make it 3.00 in 3"},
		"row broken":      {set(rowsBucket, number(1), []byte("{")), "row 1"},
		"row malformed":   {set(rowsBucket, number(1), []byte("{}")), "it has no key"},
		"row extra":       {set(rowsBucket, number(1<<40), []byte(`{}`)), "not given out yet"},
		"event lost":      {drop(outboxBucket), "counted were"},
		"event broken":    {set(outboxBucket, number(1), []byte("![")), "event 1"},
		"event empty":     {set(outboxBucket, number(1), nil), "event 1 is empty"},
		"event kept":      {set(outboxBucket, number(1), []byte(`!{"level":"info"}`)), "event 1 is of level info"},
		"event extra":     {set(outboxBucket, number(1<<40), []byte("!{}")), "not given out yet"},
		"unknown lost":    {drop(unknownBucket), "became unknown at"},
		"unknown extra":   {set(unknownBucket, unknownKey(&portfolio.Operation{Kind: portfolio.OpRenew, UnknownAt: start}, 1), present()), "the index unknown has"},
		"armed broken":    {set(metaBucket, []byte(armedKey), []byte("1")), "the count of what was armed"},
		"armed too large": {set(metaBucket, []byte(armedKey), number(maxArmed)), "the count of what was armed"},
		"pause broken":    {set(pausesBucket, pauseKey(1010, "renew"), []byte("{")), "the pause"},
		"pause elsewhere": {set(pausesBucket, pauseKey(1010, "renew"), []byte(`{"account":1010,"scope":"restore"}`)), "stands at"},
		"watch broken":    {set(watchBucket, watchKey(1010), []byte("{")), "remembered of account 1010"},
		"watch domain":    {set(watchBucket, watchedKey(1010, 1), []byte("{}")), "of which nothing is"},
		"watch key":       {set(watchBucket, []byte("x"), []byte("{}")), "a watch has the key 78"},
		"approval broken": {set(approvalsBucket, []byte("abc"), []byte("{")), "the approval"},
		"approval astray": {set(approvalsBucket, []byte("abc"), []byte("{}")), "stands at"},
		"prices broken":   {set(pricesBucket, pricesKey(1010, "a.com"), []byte("[")), "the prices"},
		"counters broken": {set(metaBucket, []byte(countersKey), []byte("1")), "counters"},
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			history(t, s, 3)
			unknown := armed(renewal(9, 100), "2026-03-01")
			unknown.State, unknown.UnknownAt = portfolio.StateUnknown, start
			commit(t, s, "", unknown)
			check(t, s)
			s.db.StrictMode = false
			if err := s.db.Update(c.spoil); err != nil {
				t.Fatal(err)
			}
			err := s.Check()
			wantError(t, err, ErrCorrupt)
			if err != nil && !strings.Contains(err.Error(), c.say) {
				t.Errorf("%q does not say %q", err, c.say)
			}
		})
	}
}

// TestACeilingIsNotAskedOfBrokenTallies: what cannot be read is not nothing.
func TestACeilingIsNotAskedOfBrokenTallies(t *testing.T) {
	s := fresh(t)
	err := s.db.Update(func(tx *bbolt.Tx) error {
		return bucket(tx, talliesBucket).Put([]byte(tallyKey(0, "2026-03-01")), []byte("?"))
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(p portfolio.Spent) error { p.On(0, "2026-03-01"); return nil }
	op := renewal(1, 100)
	wantError(t, s.Commit(portfolio.Change{Operation: &op, Allow: ask}), ErrCorrupt)
	wantError(t, s.Spent(ask), ErrCorrupt)
}
