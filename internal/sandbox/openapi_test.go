package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// TestAnswersAreAsDocumented runs every call again, and holds every answer against the vendor's OpenAPI document: the status, and
// the body with every field that the document knows. What departs from it stands in the table of departures, each with the
// recording or the page that says so, and no departure stands there for nothing.
func TestAnswersAreAsDocumented(t *testing.T) {
	d := vendorsDocument(t)
	run := func(t *testing.T, tc callTest) {
		t.Helper()
		s := simulate(t, callWorld)
		s.document = d
		tc.prove(s)
	}
	pages(t, callTests(), run)
	t.Run("beside", func(t *testing.T) {
		for _, tc := range besideTests() {
			t.Run(tc.call, func(t *testing.T) { run(t, tc) })
		}
	})
	for _, x := range d.departures {
		if !x.seen && !t.Failed() {
			t.Errorf("no answer departs as this says: %+v", *x)
		}
	}
	if !t.Failed() {
		d.complete(t)
	}
}

// complete holds what was answered against what the document says can be: each status of each call was seen.
func (d *document) complete(t *testing.T) {
	t.Helper()
	for call, seen := range d.answered {
		method, path, _ := strings.Cut(call, " ")
		item := d.api.Paths.Value(path)
		if item == nil || item.GetOperation(method) == nil {
			continue
		}
		for status := range item.GetOperation(method).Responses.Map() {
			if status != "default" && !seen[status] && neverAnswered()[call+" "+status] == "" {
				t.Errorf("%s never answered %s", call, status)
			}
		}
	}
}

// document is the vendor's, and what is known to be otherwise.
type document struct {
	api        *openapi3.T
	folder     string // where it lies, with the recordings and the pages beside it
	departures []*departure
	answered   map[string]map[string]bool // calls, and the statuses that they answered with
}

// vendorsDocument reads the document where it is, or skips the test: it is the vendor's, and no part of this project. It is looked for in
// $DNSIMPLE_OPENAPI, and as */reference/dnsimple/openapi.yml beside the project.
func vendorsDocument(t *testing.T) *document {
	t.Helper()
	path := os.Getenv("DNSIMPLE_OPENAPI")
	for up := ".."; path == "" && len(up) < len("../../../../.."); up += "/.." {
		if found, _ := filepath.Glob(up + "/*/reference/dnsimple/openapi.yml"); len(found) > 0 {
			path = found[0]
		}
	}
	if path == "" {
		t.Skip("the vendor's OpenAPI document is not here: it is its owner's; point DNSIMPLE_OPENAPI at a copy to hold the answers against it")
	}
	api, err := openapi3.NewLoader().LoadFromFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return &document{api: api, folder: filepath.Dir(path), departures: departures(), answered: map[string]map[string]bool{}}
}

// departure is where an answer is not as the document has it.
type departure struct {
	call    string // "METHOD /path" of the document; empty: any
	status  int
	pointer string // into the body, with * for numbers and names; empty: the status itself, or the path
	source  string // the recording or page that says so
	seen    bool
}

// departs says whether a departure is known, and notes that it was seen.
func (d *document) departs(call string, status int, pointer string) bool {
	for _, x := range d.departures {
		if (x.call == "" || x.call == call) && x.status == status && matches(x.pointer, pointer) {
			x.seen = true
			return true
		}
	}
	return false
}

func matches(pattern, pointer string) bool {
	want, have := strings.Split(pattern, "/"), strings.Split(pointer, "/")
	if len(want) != len(have) {
		return false
	}
	for i := range want {
		if want[i] != "*" && want[i] != have[i] {
			return false
		}
	}
	return true
}

// check holds an answer against the document. Without a document it does nothing.
func (d *document) check(tb testing.TB, r *http.Request, rec *httptest.ResponseRecorder) {
	tb.Helper()
	path, under := strings.CutPrefix(r.URL.Path, "/v2")
	if d == nil || !under || r.Method == http.MethodHead {
		return
	}
	call, operation := d.find(r.Method, path)
	if d.answered[call] == nil {
		d.answered[call] = map[string]bool{}
	}
	d.answered[call][strconv.Itoa(rec.Code)] = true
	var schema *openapi3.SchemaRef
	var declared bool
	if operation != nil {
		schema, declared = bodyOf(operation.Responses.Status(rec.Code))
	}
	if !declared {
		if !d.departs(call, rec.Code, "") {
			tb.Errorf("%s answers %d, which is not documented: %s", call, rec.Code, rec.Body)
			return
		}
		// What the document says of such answers in general.
		if schema, declared = bodyOf(d.api.Components.Responses[fmt.Sprint(rec.Code)]); !declared && rec.Code/100 == 4 && rec.Body.Len() > 0 {
			schema = d.api.Components.Schemas["Error"]
		}
		if rec.Code == http.StatusAccepted && operation != nil {
			schema, _ = bodyOf(operation.Responses.Status(http.StatusCreated))
		}
	}
	if schema == nil {
		if rec.Body.Len() > 0 && rec.Code == http.StatusNoContent {
			tb.Errorf("%s answers %d with a body: %s", call, rec.Code, rec.Body)
		}
		return
	}
	var body any
	if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil {
		tb.Errorf("%s answers %d with what is not JSON: %s", call, rec.Code, rec.Body)
		return
	}
	err := schema.Value.VisitJSON(body, openapi3.MultiErrors(), openapi3.EnableFormatValidation())
	for _, complaint := range append(flatten(err), incomplete(schema.Value, body, "")...) {
		pointer, reason, _ := strings.Cut(complaint, " ")
		if !d.departs(call, rec.Code, pointer) {
			tb.Errorf("%s answers %d: at %s: %s: %s", call, rec.Code, pointer, reason, rec.Body)
		}
	}
}

// find is the operation of a request, with its place in the document: a path without parameters before one with them.
func (d *document) find(method, path string) (call string, op *openapi3.Operation) {
	path = strings.TrimSuffix(path, "/")
	best := ""
	for _, pattern := range d.api.Paths.InMatchingOrder() {
		want, have := strings.Split(pattern, "/"), strings.Split(path, "/")
		fits := len(want) == len(have)
		for i := range want {
			fits = fits && (want[i] == have[i] || strings.HasPrefix(want[i], "{"))
		}
		if fits && (best == "" || strings.Count(pattern, "{") < strings.Count(best, "{")) {
			best = pattern
		}
	}
	if best == "" {
		return method + " " + path[strings.LastIndex(path, "/"):], nil
	}
	return method + " " + best, d.api.Paths.Value(best).GetOperation(method)
}

// bodyOf is the schema of an answer, nil where it has no body, and whether there is such an answer.
func bodyOf(r *openapi3.ResponseRef) (*openapi3.SchemaRef, bool) {
	if r == nil || r.Value == nil {
		return nil, false
	}
	if media := r.Value.Content.Get("application/json"); media != nil {
		return media.Schema, true
	}
	return nil, true
}

// flatten lists complaints as "/pointer reason".
func flatten(err error) []string {
	if err == nil {
		return nil
	}
	if several, ok := errors.AsType[openapi3.MultiError](err); ok {
		var out []string
		for _, one := range several {
			out = append(out, flatten(one)...)
		}
		return out
	}
	if one, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		return []string{"/" + strings.Join(one.JSONPointer(), "/") + " " + one.Reason}
	}
	return []string{"/ " + err.Error()}
}

// incomplete lists the fields that the document knows and the body has not, whether they are required or not.
func incomplete(s *openapi3.Schema, v any, pointer string) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for name, field := range s.Properties {
			value, there := v[name]
			if !there && !slices.Contains(s.Required, name) { // what is required is missed by the validation
				out = append(out, pointer+"/"+name+" a documented field is missing")
			} else if there {
				out = append(out, incomplete(field.Value, value, pointer+"/"+name)...)
			}
		}
	case []any:
		for i, item := range v {
			if s.Items != nil {
				out = append(out, incomplete(s.Items.Value, item, fmt.Sprint(pointer, "/", i))...)
			}
		}
	}
	return out
}
