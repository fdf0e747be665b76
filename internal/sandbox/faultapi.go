package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// parseFault reads a fault from JSON. Unlike encoding/json it takes a key only as it is written in [Fault], once, and not
// with null, since a fault that is not the one that was meant proves nothing.
func parseFault(text []byte) (Fault, error) {
	var f Fault
	fields := f.fields()
	dec := json.NewDecoder(bytes.NewReader(text))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return f, errors.New("a fault is a JSON object, like {\"method\": \"POST\", \"path\": \"*/renewals\", \"count\": 1, \"status\": 502, \"body\": \"html\"}")
	}
	for given := map[string]bool{}; dec.More(); {
		token, err := dec.Token()
		name, isName := token.(string)
		if err != nil || !isName {
			return f, fmt.Errorf("not JSON at byte %d", dec.InputOffset())
		}
		field, known := fields[name]
		if !known {
			return f, fmt.Errorf("%q is no field of a fault: there are %s", name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
		}
		if given[name] {
			return f, fmt.Errorf("%s is there twice", name)
		}
		given[name] = true
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return f, fmt.Errorf("%s: not JSON at byte %d", name, dec.InputOffset())
		}
		if err := json.Unmarshal(raw, field.into); err != nil || string(raw) == "null" {
			return f, fmt.Errorf("%s is %.100s: it is %s", name, raw, field.want)
		}
	}
	if _, err := dec.Token(); err != nil {
		return f, errors.New("the JSON object does not end")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return f, errors.New("something follows the JSON object: send one fault at a time")
	}
	return f, nil
}

// faultField is a key in JSON.
type faultField struct {
	into any    // a pointer
	want string // what a value is
}

func (f *Fault) fields() map[string]faultField {
	text := func(p *string) faultField { return faultField{p, "a string"} }
	number := func(p any) faultField { return faultField{p, "an integer"} }
	return map[string]faultField{
		"method": text(&f.Method), "path": text(&f.Path), "skip": number(&f.Skip), "count": number(&f.Count),
		"delay": text(&f.Delay), "delay_at": text(&f.DelayAt), "drop": text(&f.Drop), "status": number(&f.Status),
		"effect": {&f.Effect, "true or false"}, "body": text(&f.Body), "message": text(&f.Message), "raw": text(&f.Raw),
		"rate_limit": text(&f.RateLimit), "redirect": text(&f.Redirect), "truncate": number(&f.Truncate), "date": text(&f.Date),
	}
}

// postFault answers POST /_sandbox/faults.
func (s *Server) postFault(body []byte) reply {
	f, err := parseFault(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "%s", err)
	}
	a, err := s.inject(f)
	if err != nil {
		return refuse(http.StatusBadRequest, "%s", err)
	}
	return reply{status: http.StatusCreated, body: a.status()}
}

// deleteFault answers DELETE /_sandbox/faults/:id.
func (s *Server) deleteFault(id string) reply {
	n, err := strconv.Atoi(id)
	if err != nil || !s.remove(func(a *armed) bool { return a.id == n }) {
		return notFound("Fault", id)
	}
	return noContent()
}
