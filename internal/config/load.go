package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// loader collects what the files say, and what is wrong with it.
type loader struct {
	env  Env
	path string
	// base is the folder of the main file.
	base     string
	sources  int // files read so far
	problems []*found
	warnings []*found
	cfg      *Config

	contacts map[string][]int64 // account ids by the contact name that they have
	// partial: an account or a file could not be understood, so a name that is not
	// known need not be wrong.
	partial bool
	groups  map[string]group
	rules   map[string]*node // by name: the node of the name
	// tablesOfRules are the [[rule]] of the policy's rules, in their order.
	tablesOfRules []*node
	// registered is what rules are to register, by the name.
	registered map[string]registered
	// schedules is [schedule]; nil where there is none.
	schedules *node
}

// Load reads the configuration at a path, and all files that it names. It reads
// no secret. Its error is a *[Problems] that holds everything that is wrong.
func Load(path string, env Env) (*Config, error) {
	l := &loader{
		env:      env.filled(),
		path:     path,
		base:     filepath.Dir(path),
		cfg:      &Config{Path: path},
		contacts: map[string][]int64{},
		groups:   map[string]group{},
		rules:    map[string]*node{},

		registered: map[string]registered{},
	}
	if root := l.openMain(); root != nil {
		l.load(root)
		if len(l.problems) == 0 {
			l.suspicious(root)
		}
	}
	if len(l.problems) > 0 {
		problems := finish(l.problems)
		return nil, &problems
	}
	l.cfg.Warnings = finish(l.warnings)
	return l.cfg, nil
}

// load reads everything, from the root of the main file on: first what others
// refer to, then what refers to it.
func (l *loader) load(root *node) {
	l.checkKeys(root, "")
	l.settings(root)
	l.accounts(root)
	l.spending(root)
	l.capacity(root)
	files := append([]*node{root}, l.policyFiles(root)...)
	for _, file := range files {
		l.readGroups(file)
	}
	l.cfg.Policy = &rules.Policy{
		Mode:         l.cfg.Mode,
		Location:     l.cfg.Location,
		WarnWithin:   l.cfg.Alerts.WarnWithin,
		BeforeExpiry: l.cfg.Alerts.BeforeExpiry,
	}
	for _, a := range l.cfg.Accounts {
		l.cfg.Policy.Accounts = append(l.cfg.Policy.Accounts, rules.Account{
			Account: a.Account, Mode: a.Mode, Source: a.Source, DefaultContact: a.Contacts["default"],
		})
	}
	for _, file := range files {
		for _, t := range l.tables(file, "rule") {
			l.cfg.Policy.Rules = append(l.cfg.Policy.Rules, l.rule(t))
			l.tablesOfRules = append(l.tablesOfRules, t)
		}
	}
	if len(l.cfg.Policy.Rules) == 0 {
		l.warn(root, "there is no [[rule]], so every domain will be reported as uncovered, and nothing will be renewed")
	}
	l.cfg.Policy.Hash = hash(l.cfg.Policy)
}

// openMain reads the main file; nil where that failed.
func (l *loader) openMain() *node {
	src := newSource(l.path, 0, nil)
	if l.path == "" {
		l.problems = append(l.problems, at(src, -1, "no configuration file is named").
			hint("name one with --config, or in $DOMAIND_CONFIG"))
		return nil
	}
	root, err := l.open(l.path)
	if err != nil {
		f := at(src, -1, "read the configuration: %s", printable(err.Error()))
		if errors.Is(err, fs.ErrNotExist) {
			f = at(src, -1, "there is no such configuration file").hint("name another with --config, or in $DOMAIND_CONFIG")
		}
		l.problems = append(l.problems, f)
	}
	return root
}

// open reads and parses a file. Where it could be read but is no TOML, that is
// noted, and the node is nil.
func (l *loader) open(path string) (*node, error) {
	text, err := l.env.ReadFile(path)
	if err != nil {
		return nil, bareError(err)
	}
	if len(text) > maxConfigFile {
		return nil, fmt.Errorf("it is larger than %d MiB, which no configuration is", maxConfigFile>>20)
	}
	src := newSource(path, l.sources, text)
	l.sources++
	root, failed := parse(src)
	if failed != nil {
		l.problems = append(l.problems, failed)
		l.partial = true
		return nil, nil
	}
	return root, nil
}

// policyFiles opens the files that "policies" names: the patterns in the order in
// which they stand, the files of each sorted bytewise, each file once.
func (l *loader) policyFiles(root *node) []*node {
	n := root.get("policies")
	if n == nil || n.kind == kindList && len(n.items) == 0 {
		return nil
	}
	var roots []*node
	seen := map[string]bool{}
	for _, item := range l.list(n) {
		if !l.isString(item, "policies/*.toml") {
			continue
		}
		for _, path := range l.matches(item) {
			if seen[path] {
				continue
			}
			seen[path] = true
			if path == filepath.Clean(l.path) {
				l.fail(item, "%s reaches this file itself", quote(item.text)).hint("keep policies in a folder of their own")
				continue
			}
			file, err := l.open(path)
			if err != nil {
				l.partial = true
				l.fail(item, "read %s: %s", printable(path), printable(err.Error())).
					hint("policies names files of TOML, like \"policies/*.toml\"")
			}
			if file != nil {
				l.checkKeys(file, "policy file")
				roots = append(roots, file)
			}
		}
	}
	return roots
}

// matches is the files that match a pattern, sorted. That there is none is a
// problem: the rules that were meant would be missing.
func (l *loader) matches(pattern *node) []string {
	full := pattern.text
	if !filepath.IsAbs(full) {
		full = filepath.Join(globLiteral(l.base), full)
	}
	paths, err := l.env.Glob(full)
	if err != nil {
		l.partial = true
		l.fail(pattern, "%s is not a file pattern", quote(pattern.text)).hint(`write something like "policies/*.toml"`)
		return nil
	}
	if len(paths) > 0 {
		// Tests of a policy lie beside it, and are none.
		paths = slices.DeleteFunc(paths, func(path string) bool { return strings.HasSuffix(path, CasesSuffix) })
		if len(paths) == 0 {
			l.partial = true
			l.fail(pattern, "only files of cases match %s, which are no policies", quote(pattern.text)).
				hint(`files whose names end in "` + CasesSuffix + `" are read by "domaind test" alone`)
			return nil
		}
	}
	if len(paths) == 0 {
		l.partial = true
		l.fail(pattern, "no file matches %s", quote(pattern.text)).
			hint("patterns are relative to this file; mend it, or remove it")
		return nil
	}
	for i := range paths {
		paths[i] = filepath.Clean(paths[i])
	}
	slices.Sort(paths)
	return paths
}

// globLiteral escapes what means something in a pattern.
func globLiteral(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// relative is a path that a file names, seen from here: relative to that file.
func relative(n *node, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(filepath.Dir(n.src.path), path)
}

// mode is the mode of a key; "" where there is none, or something else.
func (l *loader) mode(t *node) portfolio.Mode {
	text, _ := l.choice(t, "mode", modes())
	return portfolio.Mode(text)
}
