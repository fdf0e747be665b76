package sandbox

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	recordingName = regexp.MustCompile(`[\w/-]+\.http`)
	pageName      = regexp.MustCompile(`^([a-z]+) page, ([^:]+): (\d+)`)
)

// TestDeparturesAreShown looks each departure up where it says that it comes from: the recording has that status, and that field as it is
// said to be; the page has that status under that heading. None is invented.
func TestDeparturesAreShown(t *testing.T) {
	d := vendorsDocument(t)
	if _, err := os.Stat(filepath.Join(d.folder, "fixtures", "api")); err != nil {
		t.Skip("the vendor's recordings do not lie beside its document: nothing is looked up in them")
	}
	for _, x := range d.departures {
		recordings := recordingName.FindAllString(x.source, -1)
		page := pageName.FindStringSubmatch(x.source)
		switch {
		case len(recordings) > 0:
			for _, name := range recordings {
				if wrong := x.recordedIn(filepath.Join(d.folder, "fixtures", "api", filepath.FromSlash(name))); wrong != "" {
					t.Errorf("%s %d %s: %s: %s", x.call, x.status, x.pointer, name, wrong)
				}
			}
		case page != nil:
			if page[3] != strconv.Itoa(x.status) {
				t.Errorf("%s %d: the source is about %s", x.call, x.status, page[3])
			}
			if !strings.Contains(x.source, " in its later edition: ") && !onPage(t, d.folder, page[1], page[2], x.status) {
				t.Errorf("%s %d: there is no such status on the page: %s", x.call, x.status, x.source)
			}
		case x.status == 401 || x.status == 402:
			for name := range strings.FieldsSeq(map[int]string{401: "domains registrar pushes registrant-changes", 402: "domains registrar"}[x.status]) {
				if !onPage(t, d.folder, name, "", x.status) {
					t.Errorf("%d is not on the page %s", x.status, name)
				}
			}
		case x.status == 429:
			if d.api.Components.Responses["429"] == nil {
				t.Error("the document has no answer 429 of its own")
			}
		default:
			t.Errorf("%s %d %s names neither a recording nor a page: %s", x.call, x.status, x.pointer, x.source)
		}
	}
}

// recordedIn says what a recording has otherwise than the departure, or nothing.
func (x *departure) recordedIn(file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	head, body, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
	status := strings.Fields(head)[1]
	if x.pointer == "" {
		if status != strconv.Itoa(x.status) {
			return "it is a " + status
		}
		return ""
	}
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return err.Error()
	}
	switch field := x.pointer[strings.LastIndex(x.pointer, "/")+1:]; {
	case field == "*": // what stands in errors is no object of the document's
		if errors, ok := v["errors"].(map[string]any); !ok || len(errors) == 0 {
			return "it complains about no field"
		}
	case field == "errors" || field == "message":
		if _, there := v[field]; there {
			return "it has " + field
		}
	case strings.HasSuffix(x.source, ": null"):
		return otherwise(v["data"], field, func(v any) bool { return v == nil })
	case strings.HasSuffix(x.source, ": a string"):
		return otherwise(v["data"], field, func(v any) bool { _, ok := v.(string); return ok })
	default:
		return "nobody knows what it should show"
	}
	return ""
}

// otherwise says that no entry has a field as it should be, or nothing where one has.
func otherwise(data any, field string, as func(any) bool) string {
	entries, ok := data.([]any)
	if !ok {
		entries = []any{data}
	}
	for _, entry := range entries {
		if object, ok := entry.(map[string]any); ok {
			if value, there := object[field]; there && as(value) {
				return ""
			}
		}
	}
	return field + " is not so in it"
}

// onPage says whether one of the four pages names a status, under a heading where there is one: up to the call after that.
func onPage(t *testing.T, folder, page, heading string, status int) bool {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "seeds", page+".*"))
	if err != nil || len(found) == 0 {
		t.Fatalf("there is no page %s (%v)", page, err)
	}
	raw, err := os.ReadFile(found[0])
	check(t, err)
	text := "\n" + string(raw)
	if heading != "" {
		_, after, there := strings.Cut(text, "\n"+heading+"\n")
		if !there {
			return false
		}
		lines := strings.Split(after, "\n")
		text = ""
		calls := 0
		for _, line := range lines {
			if regexp.MustCompile(`^(GET|POST|PUT|DELETE) /`).MatchString(strings.TrimSpace(line)) {
				calls++
			}
			if calls > 1 {
				break
			}
			text += line + "\n"
		}
	}
	return strings.Contains(text, "HTTP "+strconv.Itoa(status))
}
