package facts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// Write writes facts: an object whose lists have one entry on each line.
func Write(w io.Writer, f *Facts) error {
	b := bufio.NewWriter(w)
	out := writer{w: b}
	out.field("format", f.Format)
	out.field("at", f.At)
	out.field("version", f.Version)
	out.field("policy", f.Policy)
	list(&out, "accounts", f.Accounts)
	list(&out, "domains", f.Domains)
	list(&out, "pushes", f.Pushes)
	list(&out, "registrant_changes", f.Changes)
	list(&out, "names", f.Names)
	list(&out, "prices", f.Prices)
	list(&out, "tlds", f.TLDs)
	list(&out, "spent", f.Spent)
	list(&out, "pauses", f.Pauses)
	list(&out, "approvals", f.Approvals)
	list(&out, "operations", f.Operations)
	list(&out, "problems", f.Problems)
	out.text("\n}\n")
	if out.err == nil {
		out.err = b.Flush()
	}
	if out.err != nil {
		return fmt.Errorf("write the facts: %w", out.err)
	}
	return nil
}

// writer writes the fields of an object, until something fails.
type writer struct {
	w   *bufio.Writer
	n   int
	err error
}

func (w *writer) text(s string) {
	if w.err == nil {
		_, w.err = w.w.WriteString(s)
	}
}

func (w *writer) key(name string) {
	before := ",\n  "
	if w.n == 0 {
		before = "{\n  "
	}
	w.n++
	w.text(before + `"` + name + `": `)
}

func (w *writer) value(v any) {
	if w.err != nil {
		return
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if w.err = e.Encode(v); w.err == nil {
		_, w.err = w.w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	}
}

func (w *writer) field(name string, v any) {
	w.key(name)
	w.value(v)
}

func list[T any](w *writer, name string, items []T) {
	w.key(name)
	before := "[\n    "
	for i := range items {
		w.text(before)
		w.value(items[i])
		before = ",\n    "
	}
	if len(items) == 0 {
		w.text("[]")
		return
	}
	w.text("\n  ]")
}
