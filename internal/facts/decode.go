package facts

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Error is what is wrong with facts.
type Error struct {
	Line int    // from 1
	Path string // "domains[3].name"; "" for the whole
	What string
}

// Error names line and path.
func (e *Error) Error() string {
	if e.Path == "" {
		return fmt.Sprintf("line %d: %s", e.Line, e.What)
	}
	return fmt.Sprintf("line %d: %s: %s", e.Line, e.Path, e.What)
}

// decoder reads JSON into a value, strictly: every key must be known and stand there once,
// and nothing but a pointer may be null. encoding/json does not say where a text that it
// handed on was wrong, nor that a key stands there twice.
type decoder struct {
	text []byte
	json *json.Decoder
	path []step
	// seek, where it is not "", is a path whose place is wanted: found.
	seek  string
	found int64
}

// step is a part of a path: a key, or where that is "", an index.
type step struct {
	key   string
	index int
}

func newDecoder(text []byte) *decoder {
	return &decoder{text: text, json: json.NewDecoder(bytes.NewReader(text))}
}

// document reads all of the text into a value.
func (d *decoder) document(into any) error {
	if err := d.value(reflect.ValueOf(into).Elem()); err != nil {
		return err
	}
	at := d.place()
	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		return d.at(at, "something follows the facts")
	}
	return nil
}

// place is the offset of what comes next.
func (d *decoder) place() int64 {
	at := d.json.InputOffset()
	for at < int64(len(d.text)) && strings.IndexByte(" \t\r\n,:", d.text[at]) >= 0 {
		at++
	}
	return at
}

func (d *decoder) at(offset int64, format string, args ...any) *Error {
	offset = min(max(offset, 0), int64(len(d.text)))
	return &Error{Line: 1 + bytes.Count(d.text[:offset], []byte("\n")), Path: render(d.path), What: fmt.Sprintf(format, args...)}
}

func render(path []step) string {
	var b strings.Builder
	for _, s := range path {
		switch {
		case s.key == "":
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	return b.String()
}

// whole says whether a type reads itself, or is read at one go.
func whole(t reflect.Type) bool {
	if p := reflect.PointerTo(t); p.Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) || p.Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Slice, reflect.Map, reflect.Pointer:
		return false
	}
	return true
}

func (d *decoder) value(v reflect.Value) error {
	at := d.place()
	if d.seek != "" && d.found == 0 && render(d.path) == d.seek {
		d.found = at
	}
	t := v.Type()
	if whole(t) {
		return d.one(v, at)
	}
	if t.Kind() == reflect.Pointer {
		if bytes.HasPrefix(d.text[at:], []byte("null")) {
			_, err := d.json.Token()
			return d.broken(err, at)
		}
		v.Set(reflect.New(t.Elem()))
		return d.value(v.Elem())
	}
	token, err := d.json.Token()
	if err != nil {
		return d.broken(err, at)
	}
	switch {
	case t.Kind() == reflect.Slice && token == json.Delim('['):
		return d.list(v)
	case t.Kind() == reflect.Map && token == json.Delim('{'):
		v.Set(reflect.MakeMap(t))
		return d.object(func(key string) error {
			if v.MapIndex(reflect.ValueOf(key)).IsValid() {
				return errTwice
			}
			item := reflect.New(t.Elem()).Elem()
			if err := d.value(item); err != nil {
				return err
			}
			v.SetMapIndex(reflect.ValueOf(key), item)
			return nil
		})
	case t.Kind() == reflect.Struct && token == json.Delim('{'):
		return d.fields(v)
	case t.Kind() == reflect.Slice:
		return d.at(at, "a list is wanted here")
	}
	return d.at(at, "an object is wanted here")
}

// one reads a value at one go.
func (d *decoder) one(v reflect.Value, at int64) error {
	if bytes.HasPrefix(d.text[at:], []byte("null")) {
		return d.at(at, "null stands for nothing here: %s is wanted", wanted(v.Type()))
	}
	err := d.json.Decode(v.Addr().Interface())
	if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return d.at(at, "%s is wanted here", wanted(v.Type()))
	}
	if err != nil && !torn(err) && v.Type() == reflect.TypeFor[time.Time]() {
		return d.at(at, "this is no time; write it like \"2027-01-31T12:00:00Z\"")
	}
	return d.broken(err, at)
}

// torn says whether an error is that the text is no JSON.
func torn(err error) bool {
	_, odd := errors.AsType[*json.SyntaxError](err)
	return odd || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// wanted names a type for people.
func wanted(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return "a time"
	case reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return "an amount of money, as a string like \"14.50\","
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	}
	return "a whole number"
}

func (d *decoder) list(v reflect.Value) error {
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	zero := reflect.Zero(v.Type().Elem())
	for i := 0; d.json.More(); i++ {
		d.path = append(d.path, step{index: i})
		v.Set(reflect.Append(v, zero))
		if err := d.value(v.Index(i)); err != nil {
			return err
		}
		d.path = d.path[:len(d.path)-1]
	}
	at := d.place()
	_, err := d.json.Token()
	return d.broken(err, at)
}

var (
	errTwice   = errors.New("it stands here twice")
	errUnknown = errors.New("nobody knows this; was it written by a newer domaind?")
)

// object reads the keys of an object, whose brace was read.
func (d *decoder) object(each func(key string) error) error {
	for d.json.More() {
		at := d.place()
		token, err := d.json.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return d.broken(err, at)
		}
		d.path = append(d.path, step{key: key})
		err = each(key)
		if errors.Is(err, errTwice) || errors.Is(err, errUnknown) {
			d.path[len(d.path)-1].key = printable(key)
			return d.at(at, "%s", err)
		}
		if err != nil {
			return err
		}
		d.path = d.path[:len(d.path)-1]
	}
	at := d.place()
	_, err := d.json.Token()
	return d.broken(err, at)
}

// fields reads the fields of a struct, each once.
func (d *decoder) fields(v reflect.Value) error {
	var seen []int
	return d.object(func(key string) error {
		i := fieldNamed(v.Type(), key)
		switch {
		case i < 0:
			return errUnknown
		case slices.Contains(seen, i):
			return errTwice
		}
		seen = append(seen, i)
		return d.value(v.Field(i))
	})
}

// fieldNamed is the field that a key means; -1: none.
func fieldNamed(t reflect.Type, key string) int {
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == key && name != "" && name != "-" {
			return i
		}
	}
	return -1
}

// broken is an error of what is no JSON, or none that reads itself.
func (d *decoder) broken(err error, at int64) error {
	if err == nil {
		return nil
	}
	if odd, ok := errors.AsType[*json.SyntaxError](err); ok {
		return d.at(odd.Offset-1, "this is no JSON: %s", odd)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return d.at(int64(len(d.text)), "the file ends in the middle")
	}
	return d.at(at, "%s", printable(strings.TrimPrefix(err.Error(), "json: ")))
}

// printable is a text of somebody's as it may stand in a sentence.
func printable(text string) string {
	const longest = 80
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, text), "")
}
