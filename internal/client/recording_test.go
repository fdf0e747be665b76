package client

import (
	"encoding/json"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"domaind/internal/portfolio"
)

// recording is an answer that DNSimple once gave.
type recording struct {
	status int
	header http.Header
	body   string
	data   any // of the body; nil where it has none
}

// recordings finds the folder of recorded answers, as the vendor publishes them with
// its SDKs: reference/dnsimple/fixtures in a folder beside the module's. They are
// not ours to keep, so that most checkouts have none.
func recordings(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(root) == root {
			t.Fatal("no go.mod above the package")
		}
		root = filepath.Dir(root)
	}
	found, err := filepath.Glob(filepath.Join(filepath.Dir(root), "*", "reference", "dnsimple", "fixtures", "api"))
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skip("no recorded answers of DNSimple lie beside the module (reference/dnsimple/fixtures), so that nothing is compared with them")
	}
	return found[0]
}

// load reads a recording: a status line, headers, an empty line, a body.
func load(t *testing.T, file string) recording {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n\n")
	lines := strings.Split(head, "\n")
	r := recording{header: http.Header{}, body: body}
	if words := strings.Fields(lines[0]); len(words) >= 2 {
		r.status, err = strconv.Atoi(words[1])
	}
	if err != nil || r.status == 0 {
		t.Fatalf("%s begins with %q", file, lines[0])
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		r.header.Add(name, strings.TrimSpace(value))
	}
	var e struct{ Data any }
	if json.Unmarshal([]byte(body), &e) == nil {
		r.data = e.Data
	}
	return r
}

// play answers with the recordings, one after the other.
func play(recorded ...recording) roundTripper {
	n := 0
	return func(*http.Request) (*http.Response, error) {
		r := recorded[min(n, len(recorded)-1)]
		n++
		return &http.Response{StatusCode: r.status, Header: r.header.Clone(), Body: io.NopCloser(strings.NewReader(r.body))}, nil
	}
}

// objects are the data of a recording, one or a list.
func (r recording) objects(t *testing.T) []map[string]any {
	t.Helper()
	list, ok := r.data.([]any)
	if !ok {
		list = []any{r.data}
	}
	var objects []map[string]any
	for _, entry := range list {
		object, ok := entry.(map[string]any)
		if !ok {
			t.Fatalf("an entry is %v", entry)
		}
		objects = append(objects, object)
	}
	return objects
}

// number is a number of the first object.
func (r recording) number(key string) int64 {
	data := r.data
	if list, ok := data.([]any); ok && len(list) > 0 {
		data = list[0]
	}
	object, _ := data.(map[string]any)
	n, _ := object[key].(float64)
	return int64(n)
}

// word is a string of the only object.
func (r recording) word(key string) string {
	object, _ := r.data.(map[string]any)
	s, _ := object[key].(string)
	return s
}

// account is whose token the recording was made with.
func (r recording) account() int64 {
	if id := r.number("account_id"); id != 0 {
		return id
	}
	return 1010
}

// arrived holds what was recorded against what the vocabulary has of it, under the
// API's names: each recorded field arrives unchanged, or is among those that the
// vocabulary does not know, and nothing is there that was not recorded.
func arrived(t *testing.T, recorded, told map[string]any, unknown ...string) {
	t.Helper()
	dropped := make(map[string]bool)
	for _, key := range unknown {
		dropped[key] = true
	}
	for key, want := range recorded {
		got, ok := told[key]
		if !ok {
			if !dropped[key] {
				t.Errorf("nobody knows %q, which is %v", key, want)
			}
			continue
		}
		if !alike(want, got) {
			t.Errorf("%s: %v became %v", key, want, got)
		}
	}
	for key, got := range told {
		if _, ok := recorded[key]; !ok && !alike(nil, got) {
			t.Errorf("%s: %v was not recorded", key, got)
		}
	}
}

// alike says whether a value as JSON has it is one of ours. Null is our zero.
func alike(recorded, told any) bool {
	switch told := told.(type) {
	case string:
		s, _ := recorded.(string)
		return s == told
	case bool:
		b, _ := recorded.(bool)
		return b == told
	case int:
		n, _ := recorded.(float64)
		return n == float64(told)
	case int64:
		n, _ := recorded.(float64)
		return n == float64(told)
	case time.Time:
		s, _ := recorded.(string)
		at, err := time.Parse(time.RFC3339, s)
		return err == nil && at.Equal(told) && told.Location() == time.UTC || recorded == nil && told.IsZero()
	case portfolio.Money:
		n, ok := recorded.(float64)
		if s, isText := recorded.(string); isText {
			n, _ = strconv.ParseFloat(s, 64)
			ok = true
		}
		return math.Round(n*100) == float64(told) && (ok || recorded == nil)
	case []string:
		list, _ := recorded.([]any)
		for i, entry := range list {
			if i >= len(told) || !alike(entry, told[i]) {
				return false
			}
		}
		return len(list) == len(told)
	case map[string]string:
		object, _ := recorded.(map[string]any)
		for key, value := range object {
			if !alike(value, told[key]) {
				return false
			}
		}
		return len(object) == len(told)
	}
	return false
}
