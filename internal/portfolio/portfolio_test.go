package portfolio_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

func TestParseMoney(t *testing.T) {
	for in, want := range map[string]portfolio.Money{
		"0": 0, "100": 10000, "14.5": 1450, "14.50": 1450, "0.07": 7, "100000000": 100_000_000_00, "007": 700,
	} {
		if got, err := portfolio.ParseMoney(in); err != nil || got != want {
			t.Errorf("%q: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", ".", "1.", ".5", "-1", "+1", "1.234", "1,000", "$5", "1e3", " 1", "1 ", "100000001", "9999999999", "٣", "0x10"} {
		if got, err := portfolio.ParseMoney(in); !errors.Is(err, portfolio.ErrMoney) {
			t.Errorf("%q is taken for %d (%v)", in, got, err)
		}
	}
}

func TestMoneyFromFloat(t *testing.T) {
	for in, want := range map[float64]portfolio.Money{0: 0, 20: 2000, 14.5: 1450, 0.1 + 0.2: 30, 1.005: 100, 19.99: 1999, 1e8: 1e10} {
		if got, err := portfolio.MoneyFromFloat(in); err != nil || got != want {
			t.Errorf("%v: got %d, %v; want %d", in, got, err, want)
		}
	}
	for _, in := range []float64{-0.01, math.NaN(), math.Inf(1), math.Inf(-1), 1e9} {
		if got, err := portfolio.MoneyFromFloat(in); !errors.Is(err, portfolio.ErrMoney) {
			t.Errorf("%v is taken for %d", in, got)
		}
	}
}

func TestMoneyRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := portfolio.Money(rapid.Int64Range(-1e10, 1e10).Draw(t, "cents"))
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		var back portfolio.Money
		if err := json.Unmarshal(b, &back); err != nil || back != m {
			t.Fatalf("%d became %s became %d (%v)", m, b, back, err)
		}
		if m >= 0 {
			if parsed, err := portfolio.ParseMoney(m.String()); err != nil || parsed != m {
				t.Fatalf("%s is parsed as %d (%v)", m, parsed, err)
			}
		}
	})
}

func TestStrictest(t *testing.T) {
	for _, tt := range []struct {
		modes []portfolio.Mode
		want  portfolio.Mode
	}{
		{nil, portfolio.ModeAct},
		{[]portfolio.Mode{"act", "", "act"}, portfolio.ModeAct},
		{[]portfolio.Mode{"act", "ask"}, portfolio.ModeAsk},
		{[]portfolio.Mode{"ask", "dry-run", "act"}, portfolio.ModeDryRun},
		{[]portfolio.Mode{"act", "yolo"}, "yolo"}, // unknown: nothing that acts compares equal to it
	} {
		if got := portfolio.Strictest(tt.modes...); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.modes, got, tt.want)
		}
	}
}

func TestTLD(t *testing.T) {
	for name, want := range map[string]string{"example.com": "com", "example.co.uk": "co.uk", "com": "", "": "", "a.b.c.d": "b.c.d"} {
		if got := portfolio.TLD(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestOperationKeyIsDerived(t *testing.T) {
	expires := time.Date(2027, 1, 31, 23, 30, 0, 0, time.FixedZone("", -3600))
	got := portfolio.OperationKey(1010, portfolio.OpRenew, 7, portfolio.OccasionOf(expires), 2)
	if want := "1010|renew|7|2027-02-01|2"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	a, b := portfolio.Operation{Key: got}, portfolio.Operation{Key: got + "0"}
	if a.ShortID() == b.ShortID() || len(a.ShortID()) != 8 {
		t.Errorf("short ids %s and %s", a.ShortID(), b.ShortID())
	}
}

func TestSpends(t *testing.T) {
	charge := portfolio.Money(1400)
	more := portfolio.Money(2000)
	for _, tt := range []struct {
		name   string
		op     portfolio.Operation
		amount portfolio.Money
		day    string
		ok     bool
	}{
		{"reserved", portfolio.Operation{Kind: portfolio.OpRenew, Reserved: 1500}, 1500, "", true},
		{"armed", portfolio.Operation{Kind: portfolio.OpRenew, Reserved: 1500, SpendDay: "2026-11-21"}, 1500, "2026-11-21", true},
		{"released", portfolio.Operation{Kind: portfolio.OpRenew}, 0, "", false},
		{"charged less: what was armed counts for good", portfolio.Operation{Kind: portfolio.OpRenew, Reserved: 1500, SpendDay: "2026-11-21", Charge: &charge}, 1500, "2026-11-21", true},
		{"charged more", portfolio.Operation{Kind: portfolio.OpRenew, Reserved: 1500, SpendDay: "2026-11-21", Charge: &more}, 2000, "2026-11-21", true},
		{"a wish", portfolio.Operation{Kind: portfolio.OpAccept, Reserved: 1500}, 0, "", false},
	} {
		if amount, day, ok := tt.op.Spends(); amount != tt.amount || day != tt.day || ok != tt.ok {
			t.Errorf("%s: got %s on %q, %v", tt.name, amount, day, ok)
		}
	}
}

func TestProgressOfUnknownStates(t *testing.T) {
	for _, s := range []portfolio.PurchaseState{"", "frozen", "RENEWED", "renewed "} {
		if got := s.Progress(); got != portfolio.ProgressUnknown {
			t.Errorf("%q means %d", s, got)
		}
	}
}

func TestCallErrorSaysWhatHappened(t *testing.T) {
	err := &portfolio.CallError{
		Call: "renew example.com (account 1010)", Outcome: portfolio.OutcomeRejected, Status: 400, Message: "Validation failed",
		Attributes: map[string][]string{"period": {"is odd", "is long"}, "base": {"no"}}, RequestID: "abc", Err: errors.ErrUnsupported,
	}
	want := "renew example.com (account 1010): 400: Validation failed; base no; period is odd, is long (request abc)"
	if err.Error() != want || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("got %q", err)
	}
}
