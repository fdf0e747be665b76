package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// file is the file with its tables still undecoded, so that each is decoded on its own and an error says
// which of them it is about.
type file struct {
	NullExpirations string           `toml:"null_expirations"`
	Limits          toml.Primitive   `toml:"limits"`
	Operations      toml.Primitive   `toml:"operations"`
	TLD             []toml.Primitive `toml:"tld"`
	Account         []toml.Primitive `toml:"account"`
	User            []toml.Primitive `toml:"user"`
	Token           []toml.Primitive `toml:"token"`
	Contact         []toml.Primitive `toml:"contact"`
	Domain          []toml.Primitive `toml:"domain"`
	Many            []toml.Primitive `toml:"many"`
	Name            []toml.Primitive `toml:"name"`
	Push            []toml.Primitive `toml:"push"`
	Change          []toml.Primitive `toml:"registrant_change"`
}

// maxFile bounds the size of a portfolio file, in bytes.
const maxFile = 16 << 20

// ParsePortfolio reads a portfolio. The filename is for errors only, which name the file, the line of the
// table or key where it is known, and the table. Unknown keys, bad times and amounts, unknown references and duplicates of
// names, ids and tokens are errors; the first one found is returned.
func ParsePortfolio(data []byte, filename string) (*Portfolio, error) {
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: a portfolio of %d bytes: at most %d are read", filename, len(data), maxFile)
	}
	var f file
	md, err := toml.Decode(string(data), &f)
	if err != nil {
		if pe, ok := errors.AsType[toml.ParseError](err); ok && pe.Position.Line > 0 {
			return nil, fmt.Errorf("%s:%d:%d: %s", filename, pe.Position.Line, pe.Position.Col, pe.Message)
		}
		return nil, fmt.Errorf("%s: %w", filename, err)
	}
	b := &builder{
		md: &md, places: locate(data), filename: filename,
		p:         &Portfolio{limit: defaultLimit, checks: defaultChecks, tlds: builtinTLDs()},
		accounts:  map[int64]string{},
		byName:    map[string]int64{},
		users:     map[int64]bool{},
		tokens:    map[string]bool{},
		contacts:  map[int64]int64{},
		domainIDs: map[int64]bool{},
		domains:   map[string]int64{},
		hosted:    map[string]bool{},
		names:     map[string]bool{},
		known:     map[string]int64{},
		ids:       map[string]map[int64]bool{"push": {}, "registrant_change": {}},
	}
	if err := b.build(&f); err != nil {
		return nil, err
	}
	if unknown := md.Undecoded(); len(unknown) > 0 {
		key := unknown[0]
		return nil, fmt.Errorf("%s: unknown key %q", b.places.find(filename, key), key.String())
	}
	return b.p, nil
}

// builder checks a file table by table.
type builder struct {
	md       *toml.MetaData
	places   places
	filename string
	p        *Portfolio

	accounts  map[int64]string
	byName    map[string]int64
	users     map[int64]bool
	tokens    map[string]bool
	contacts  map[int64]int64 // to the account
	domainIDs map[int64]bool
	domains   map[string]int64 // A-label to the account
	hosted    map[string]bool  // those of them that are only hosted
	names     map[string]bool  // of [[name]]
	known     map[string]int64 // identifiers of accounts
	ids       map[string]map[int64]bool
}

func (b *builder) build(f *file) error {
	switch f.NullExpirations {
	case "", "last":
	case "first":
		b.p.nullsFirst = true
	default:
		return fmt.Errorf("%s: null_expirations is %q: it is \"first\" or \"last\"", b.filename, f.NullExpirations)
	}
	var limits limitsSpec
	if err := b.decode(f.Limits, "limits", 0, &limits); err != nil {
		return err
	}
	if n := limits.RequestsPerHour; n != nil {
		if *n < 1 {
			return fmt.Errorf("%s: limits.requests_per_hour is %d: it must be 1 at least", b.filename, *n)
		}
		b.p.limit = *n
	}
	if n := limits.ChecksPerHour; n != nil {
		if *n < 0 {
			return fmt.Errorf("%s: limits.checks_per_hour is %d: it must be positive, or 0 for no limit of its own", b.filename, *n)
		}
		b.p.checks = *n
	}
	if n := limits.ResearchPerMonth; n != nil {
		if *n < 0 {
			return fmt.Errorf("%s: limits.research_per_month is %d: it must be positive, or 0 for any number", b.filename, *n)
		}
		b.p.researchPerMonth = *n
	}
	if err := b.decode(f.Operations, "operations", 0, &b.p.defaults); err != nil {
		return err
	}
	return firstOf(
		func() error { return each(b, "tld", f.TLD, b.tld) },
		func() error { return each(b, "account", f.Account, b.account) },
		func() error { return each(b, "user", f.User, b.user) },
		func() error { return each(b, "token", f.Token, b.token) },
		func() error { return each(b, "contact", f.Contact, b.contact) },
		func() error { return each(b, "domain", f.Domain, b.domain) },
		func() error { return each(b, "many", f.Many, b.many) },
		func() error { return each(b, "name", f.Name, b.name) },
		func() error { return each(b, "push", f.Push, b.push) },
		func() error { return each(b, "registrant_change", f.Change, b.change) },
	)
}

// firstOf runs functions until one fails.
func firstOf(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// each decodes and checks the tables of one name.
func each[T any](b *builder, table string, raw []toml.Primitive, check func(*T) error) error {
	for i, r := range raw {
		var spec T
		if err := b.decode(r, table, i, &spec); err != nil {
			return err
		}
		if err := check(&spec); err != nil {
			return fmt.Errorf("%s: %w", b.places.table(b.filename, table, i), err)
		}
	}
	return nil
}

// decode reads the table number i of a name.
func (b *builder) decode(raw toml.Primitive, table string, i int, into any) error {
	if !b.md.IsDefined(table) {
		return nil
	}
	err := b.md.PrimitiveDecode(raw, into)
	if err == nil {
		return nil
	}
	message, key := err.Error(), ""
	if pe, ok := errors.AsType[toml.ParseError](err); ok {
		message, key = pe.Message, strings.TrimPrefix(pe.LastKey, table+".")
	}
	where := b.places.key(b.filename, table, i, key)
	if key != "" {
		return fmt.Errorf("%s: %s: %s", where, key, message)
	}
	return fmt.Errorf("%s: %s", where, message)
}

// places knows on which lines the tables and keys of a file stand, as far as they are written in the usual way:
// a line for a header, a line for a key.
type places []place

type place struct {
	table string
	line  int
	keys  map[string]int
}

func locate(data []byte) places {
	out := places{{keys: map[string]int{}}}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			name, _, _ = strings.Cut(strings.TrimPrefix(name, "["), "]")
			out = append(out, place{table: strings.TrimSpace(name), line: n, keys: map[string]int{}})
			continue
		}
		if key, _, ok := strings.Cut(line, "="); ok {
			key, _, _ = strings.Cut(key, ".")
			keys := out[len(out)-1].keys
			if key = strings.Trim(key, " \t\"'"); keys[key] == 0 {
				keys[key] = n
			}
		}
	}
	return out
}

// nth is the table number i of a name, or nil.
func (p places) nth(table string, i int) *place {
	for j := range p {
		if p[j].table != table {
			continue
		}
		if i == 0 {
			return &p[j]
		}
		i--
	}
	return nil
}

// table is the place of a table: "file:12: domain", or "file: domain 3".
func (p places) table(filename, table string, i int) string { return p.key(filename, table, i, "") }

func (p places) key(filename, table string, i int, key string) string {
	at := p.nth(table, i)
	if at == nil {
		return fmt.Sprintf("%s: %s %d", filename, table, i+1)
	}
	key, _, _ = strings.Cut(key, ".")
	if line := at.keys[key]; line > 0 {
		return fmt.Sprintf("%s:%d: %s", filename, line, table)
	}
	return fmt.Sprintf("%s:%d: %s", filename, at.line, table)
}

// find is the first place of a key, which may be in any table of its name.
func (p places) find(filename string, key toml.Key) string {
	table, name := "", key[0]
	if len(key) > 1 {
		table, name = key[0], key[1]
	}
	for _, at := range p {
		if at.table == table && at.keys[name] > 0 {
			return fmt.Sprintf("%s:%d", filename, at.keys[name])
		}
		if len(key) > 1 && at.table == strings.Join(key[:2], ".") {
			return fmt.Sprintf("%s:%d", filename, at.line)
		}
	}
	if i := slices.IndexFunc(p, func(at place) bool { return at.table == key[0] }); i > 0 {
		return fmt.Sprintf("%s:%d", filename, p[i].line)
	}
	return filename
}
