package events

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"domaind/internal/portfolio"
)

func TestEncode(t *testing.T) {
	m, err := Encode("main", uuid, portfolio.Event{
		Number: 42, At: time.Date(2026, 5, 4, 3, 2, 1, 500, time.FixedZone("east", 3600)),
		Level: portfolio.LevelAlert, AccountID: 1010, About: portfolio.AboutDomain, What: "uncovered",
		Subject: "xn--bcher-kva.example", Text: `<b>"Bücher" & more`,
		Data: map[string]any{"price": portfolio.Money(1450), "id": int64(1) << 60, "text": "a thief of keys"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Message{
		Subject: "domaind.main.alert.1010.domain.uncovered",
		ID:      uuid + "-42",
		Body: []byte(`{"specversion":"1.0","id":"` + uuid + `-42","source":"/domaind/main","type":"domaind.domain.uncovered",` +
			`"subject":"xn--bcher-kva.example","time":"2026-05-04T02:02:01.0000005Z","datacontenttype":"application/json",` +
			`"data":{"account":1010,"id":1152921504606846976,"level":"alert","price":"14.50","text":"<b>\"Bücher\" & more"}}`),
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Error(diff)
	}
}

func TestEncodeOmitsTheSubject(t *testing.T) {
	m, err := Encode("main", uuid, portfolio.Event{Number: 1, At: start, Level: portfolio.LevelInfo, About: "scan", What: "completed"})
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]any
	if err := json.Unmarshal(m.Body, &keys); err != nil {
		t.Fatal(err)
	}
	if _, ok := keys["subject"]; ok {
		t.Errorf("an empty subject is no CloudEvent: %s", m.Body)
	}
	if m.Subject != "domaind.main.info._.scan.completed" {
		t.Errorf("subject %s", m.Subject)
	}
}

func TestEncodeRefuses(t *testing.T) {
	good := portfolio.Event{Number: 1, At: start, Level: portfolio.LevelInfo, About: "scan", What: "completed"}
	for name, change := range map[string]func(*portfolio.Event){
		"level":   func(e *portfolio.Event) { e.Level = "loud" },
		"account": func(e *portfolio.Event) { e.AccountID = -1 },
		"year":    func(e *portfolio.Event) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"data":    func(e *portfolio.Event) { e.Data = map[string]any{"nan": math.NaN()} },
	} {
		e := good
		change(&e)
		if _, err := Encode("main", uuid, e); !errors.Is(err, ErrEncode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Encode("main.>", uuid, good); !errors.Is(err, ErrEncode) {
		t.Errorf("instance: %v", err)
	}
}

// Whatever an event holds, its subject has six tokens of the allowed characters,
// the same event has the same bytes, and the bytes are read back as what was
// written.
func TestEncodeDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := portfolio.Event{
			Number:    rapid.Uint64Min(1).Draw(t, "number"),
			At:        time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999999999).Draw(t, "nanoseconds")).UTC(),
			Level:     rapid.SampledFrom([]portfolio.Level{portfolio.LevelInfo, portfolio.LevelNotice, portfolio.LevelAlert}).Draw(t, "level"),
			AccountID: rapid.Int64Min(0).Draw(t, "account"),
			About:     rapid.String().Draw(t, "about"),
			What:      rapid.String().Draw(t, "what"),
			Subject:   rapid.StringOf(rapid.Rune()).Draw(t, "subject"),
			Text:      string(rapid.SliceOf(rapid.Byte()).Draw(t, "text")),
			Data:      map[string]any{rapid.StringMatching("x[a-z]*").Draw(t, "key"): rapid.String().Draw(t, "value")},
		}
		m, err := Encode("main", uuid, e)
		if err != nil {
			t.Fatal(err)
		}
		tokens := strings.Split(m.Subject, ".")
		if len(tokens) != 6 {
			t.Fatalf("subject %q", m.Subject)
		}
		for _, tok := range tokens {
			if tok == "" || strings.Trim(tok, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
				t.Fatalf("subject %q", m.Subject)
			}
		}
		if !covers(Subjects("main"), m.Subject) {
			t.Fatalf("subject %q is not the instance's", m.Subject)
		}
		again, err := Encode("main", uuid, e)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m, again); diff != "" {
			t.Fatal(diff)
		}
		if markIn(m.Body) != markOf(e) {
			t.Fatalf("the mark of %s is not the event's", m.Body)
		}
		r, err := Decode(m.Subject, m.Body)
		if err != nil {
			t.Fatal(err)
		}
		want := Received{
			Subject: m.Subject, ID: m.ID, Time: e.At, Level: e.Level, AccountID: e.AccountID, About: token(e.About), What: token(e.What),
			Name: valid(e.Subject), Text: valid(e.Text), Data: e.Data, Raw: m.Body,
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestMarksDiffer(t *testing.T) {
	a := event(1)
	for name, change := range map[string]func(*portfolio.Event){
		"time":    func(e *portfolio.Event) { e.At = e.At.Add(1) },
		"text":    func(e *portfolio.Event) { e.Text += "." },
		"subject": func(e *portfolio.Event) { e.Subject = "other.example" },
		"what":    func(e *portfolio.Event) { e.What = "failed" },
	} {
		b := a
		change(&b)
		if markOf(a) == markOf(b) {
			t.Errorf("%s makes no difference", name)
		}
		if otherID(uuid, a) == otherID(uuid, b) {
			t.Errorf("%s makes no difference to the id", name)
		}
	}
}

func TestParseID(t *testing.T) {
	for id, want := range map[string]struct {
		number    uint64
		plain, ok bool
	}{
		uuid + "-7":                    {7, true, true},
		otherID(uuid, event(1)):        {0, false, false}, // number 0 is nobody's
		uuid + "-7-0a1b2c3d":           {7, false, true},
		uuid + "-07":                   {},
		uuid + "-+7":                   {},
		uuid + "-":                     {},
		uuid:                           {},
		"":                             {},
		"other-7":                      {},
		uuid + "-99999999999999999999": {},
		uuid + "-18446744073709551615": {math.MaxUint64, true, true},
	} {
		number, plain, ok := parseID(uuid, id)
		if number != want.number && want.ok || ok != want.ok || ok && plain != want.plain {
			t.Errorf("%q: %d %v %v", id, number, plain, ok)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	const subject = "domaind.main.alert.1010.domain.lapsed"
	good := `{"specversion":"1.0","id":"x-1","source":"/domaind/main","type":"domaind.domain.lapsed","time":"2026-01-02T03:04:05Z",` +
		`"data":{"level":"alert","account":1010,"text":"gone","n":12345678901234567890}}`
	r, err := Decode(subject, []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if r.Text != "gone" || r.Data["n"] != json.Number("12345678901234567890") {
		t.Errorf("read %+v", r)
	}
	for name, body := range map[string]string{
		"empty":          "",
		"text":           "hello",
		"null":           "null",
		"list":           "[]",
		"two":            good + good,
		"version":        strings.Replace(good, `"1.0"`, `"0.3"`, 1),
		"type":           strings.Replace(good, "domain.lapsed", "domain.renewed", 1),
		"foreign type":   strings.Replace(good, "domaind.domain", "com.domain", 1),
		"time":           strings.Replace(good, "2026-01-02", "yesterday", 1),
		"level":          strings.Replace(good, `"level":"alert"`, `"level":"info"`, 1),
		"no text":        strings.Replace(good, `"text":"gone"`, `"text":7`, 1),
		"account":        strings.Replace(good, "1010", "2020", 1),
		"broken account": strings.Replace(good, "1010", `"1010"`, 1),
		"float account":  strings.Replace(good, "1010", "1010.5", 1),
		"no account":     strings.Replace(good, `"account":1010,`, "", 1),
	} {
		if r, err := Decode(subject, []byte(body)); !errors.Is(err, ErrMalformed) || string(r.Raw) != body {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, subject := range []string{"", "domaind", "other.main.alert.1010.domain.lapsed", subject + ".more", "domaind.main.alert._.domain.lapsed"} {
		if _, err := Decode(subject, []byte(good)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", subject, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	m, err := Encode("main", uuid, event(1))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m.Subject, m.Body)
	f.Add("domaind.main.info._.scan.failed", []byte(`{"specversion":"1.0","type":"domaind.scan.failed","time":"2026-01-02T03:04:05Z","data":{"level":"info","account":0,"text":""}}`))
	f.Add("", []byte("null"))
	f.Fuzz(func(t *testing.T, subject string, body []byte) {
		r, err := Decode(subject, body)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Errorf("error %v", err)
			}
			return
		}
		if strings.Count(r.Subject, ".") != 5 || r.AccountID < 0 || r.Time.Location() != time.UTC {
			t.Errorf("read %+v", r)
		}
	})
}

func TestValidInstance(t *testing.T) {
	for s, want := range map[string]bool{
		"main": true, "a": true, "eu-1": true, "0": true, strings.Repeat("a", 32): true,
		"": false, "-a": false, "Main": false, "a.b": false, "a b": false, "*": false, ">": false, "a_b": false, "ü": false,
		"unknown": true, strings.Repeat("a", 33): false, "a\n": false,
	} {
		if ValidInstance(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		pattern, other string
		want           bool
	}{
		{"domaind.main.>", "domaind.main.>", true},
		{"domaind.>", "domaind.main.>", true},
		{">", "domaind.main.>", true},
		{"*.main.>", "domaind.main.>", true},
		{"domaind.*.>", "domaind.main.>", true},
		{"domaind.main.*", "domaind.main.>", false},
		{"domaind.main.*.>", "domaind.main.>", false},
		{"domaind.main.alert.>", "domaind.main.>", false},
		{"domaind.other.>", "domaind.main.>", false},
		{"domaind.main", "domaind.main.>", false},
		{"domaind.main.>", "domaind.main.a.b", true},
		{"domaind.main.>", "domaind.main", false},
		{"", "domaind.main.>", false},
	} {
		if got := covers(tt.pattern, tt.other); got != tt.want {
			t.Errorf("%q covers %q: %v", tt.pattern, tt.other, got)
		}
	}
}

func TestCatalogue(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range Catalogue() {
		key := e.About + "." + e.What
		if seen[key] {
			t.Errorf("%s is there twice", key)
		}
		seen[key] = true
		if token(e.About) != e.About || token(e.What) != e.What || !strings.HasSuffix(e.Text, ".") || !Known(e.About, e.What) {
			t.Errorf("%+v", e)
		}
		if _, err := Encode("main", uuid, portfolio.Event{Number: 1, At: start, Level: e.Level, About: e.About, What: e.What}); err != nil {
			t.Errorf("%s: %v", key, err)
		}
	}
	if Known("domain", "exploded") || Known("", "") {
		t.Error("what nobody wrote down is known")
	}
}
