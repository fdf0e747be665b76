package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// TestOthersState: what root would put into the state's folder, the daemon's own user
// could not open any more.
func TestOthersState(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "config.toml")
	text := "mode = \"dry-run\"\nstate_dir = \"state\"\n[[account]]\nname = \"main\"\nid = 1010\ntoken = { env = \"T\" }\n[[rule]]\nname = \"r\"\non = \"domain\"\nmatch = { expires_within = \"30d\" }\ndo = \"renew\"\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	state := filepath.Join(dir, "state")
	if err := os.Mkdir(state, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(state, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"pause"}, exitFailed, "belongs to the user uid 12345: do this as that user"},
		{[]string{"status"}, exitDone, "no daemon is running here"},
		{[]string{"ledger"}, exitDone, "nothing was done yet"},
	} {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(test.args, "--config", config), std{in: strings.NewReader(""), out: &out, err: &errs})
		if code != test.code || !strings.Contains(out.String()+errs.String(), test.says) {
			t.Errorf("%s: %d\n%s%s", test.args, code, &out, &errs)
		}
	}
	if left, err := os.ReadDir(state); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v: %v", left, err)
	}
}

func TestParseMoment(t *testing.T) {
	now := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"": "0001-01-01T00:00:00Z", "2026-02-01": "2026-02-01T00:00:00Z", "2026-02-01T10:00:00+02:00": "2026-02-01T08:00:00Z",
		"2026-02-01 10:00:00": "2026-02-01T10:00:00Z", "36h": "2026-02-28T00:00:00Z", "7d": "2026-02-22T12:00:00Z", "2w": "2026-02-15T12:00:00Z", "0s": "2026-03-01T12:00:00Z",
	} {
		got, err := parseMoment(text, now)
		if err != nil || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%q is %s: %v", text, got, err)
		}
	}
	for _, text := range []string{"d", "-1d", "-5h", "yesterday", "999999999d", "2026-13-01", "1.5d", "٣d"} {
		if got, err := parseMoment(text, now); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// TestPrintStatus shows all that a status may have on one screen, and nothing that
// could move a terminal's cursor.
func TestPrintStatus(t *testing.T) {
	at := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	began := at.Add(-50 * time.Hour)
	limit, narrower := portfolio.Money(50000), portfolio.Money(20000)
	s := control.Status{
		At: at, Running: true, Since: &began, Version: "1.2.3", Mode: "act", Policy: "0123456789ab", Socket: "/run/domaind/domaind.sock", State: "/var/lib/domaind/state.db",
		StateBytes: 3 << 20,
		Accounts:   []control.AccountStatus{{ID: 1010, Name: "main", Requests: &control.Requests{Left: 7, Limit: 2400, Reset: &at}}},
		Jobs:       []control.JobStatus{{Name: "domains", Last: &began, Running: true}, {Name: "pushes", Next: &at}},
		Money: control.Money{Day: "2026-03-01", Month: "2026-03", All: control.Spending{MaxPerDay: &limit, MaxPerPurchase: &narrower, MaxPriceIncrease: new(portfolio.Percent(30)), AskAbove: &limit, Vendor: control.VendorSpending{Known: true}}, Accounts: []control.Spending{
			{Account: 1010, Name: "main", MaxPerDay: &narrower, MaxPurchasesPerDay: 3, MaxPriceIncrease: new(portfolio.Percent(25)), AskAbove: new(portfolio.Money(6000))},
		}},
		Outbox: control.Outbox{Waiting: 2, Oldest: &began, Bus: &control.BusStatus{Where: "NATS on x", Error: "refused\x1b[2J"}},
	}
	s.Operations.Unknown = control.Group{Count: 17, Items: []control.Standing{{
		Op: "k3j5x7aq", Kind: "renew", Name: "evil\x1b[2J.com", State: "unknown", Price: 1500, Since: began, Attention: true, Note: "no answer\r\n",
	}}}
	pause := control.Pause{Name: "main"}
	pause.AccountID, pause.Scope, pause.By, pause.Reason, pause.Since, pause.ProbeAt = 1010, "breaker", "daemon", "two unknowns", began, at.Add(time.Minute)
	s.Accounts[0].Pauses = []control.Pause{pause}
	other := control.Pause{}
	other.AccountID, other.Scope, other.By, other.Reason, other.Since = 77, "renew", "daemon", "refused", began
	s.Pauses = []control.Pause{other}
	var out strings.Builder
	if err := printStatus(&out, style{}, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"domaind 1.2.3 runs since 2026-02-27 10:00:00 (2d2h): mode act, policy 0123456789ab\n", "socket /run/domaind/domaind.sock\n", "state.db, 3.0 MiB\n",
		"main (1010)  7 of 2400 until 12:00  purchases, by daemon since 2026-02-27 10:00:00: two unknowns; tried again at 12:01\n",
		"account 77 (not configured): every renew, by daemon since", "domains  2026-02-27 10:00:00 (2d2h ago)  it runs now\n", "pushes   never                           2026-03-01 12:00:00\n",
		"unknown !     2d2h  k3j5x7aq  renew  evil", "and 16 more", "17 unknown, 0 pending, 0 waiting\n", "main (1010)      0.00    0.00 of 200.00     0 of 3           0.00  0.00 (0)\n",
		"\nmain (1010): no purchase above 200.00; no year at more than 25% above what was paid last; above 60.00 a person is asked first\n",
		"2 events not told yet, the oldest for 2d2h; NATS on x does not take them: refused",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &out)
		}
	}
	if strings.ContainsAny(out.String(), "\x1b\r") {
		t.Error("somebody else's characters come through")
	}
}

func TestAgo(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 0: "0s", 59 * time.Second: "59s", time.Minute: "1m", 90 * time.Second: "1m30s", time.Hour: "1h0m", 26 * time.Hour: "1d2h", 2400 * time.Hour: "100d",
	} {
		if got := ago(d); got != want {
			t.Errorf("%s is %s, want %s", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1024: "1.0 KiB", 5 << 30: "5.0 GiB", 5 << 40: "5120.0 GiB"} {
		if got := sizeText(n); got != want {
			t.Errorf("%d is %s", n, got)
		}
	}
}
