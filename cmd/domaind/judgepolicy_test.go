package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"
)

// The judge reads the policy by itself, and from the documents alone: nothing here knows
// the packages that domaind reads and obeys it with.

type judgedRule struct {
	Name, On, Do, Mode string
	Match, Except      judgedConditions
	Years              int
	MaxPrice           string            `toml:"max_price"`
	AskAbove           string            `toml:"ask_above"`
	IfLapsed           string            `toml:"if_lapsed"`
	Until              time.Time         `toml:"until"`
	Labels             map[string]string `toml:"labels"`
}

// judgedConditions are a match or except. What takes one or several is an any.
type judgedConditions struct {
	Name, Group, TLD, Account, State, Registrant, Contact, Source, Names any

	AutoRenew     *bool  `toml:"auto_renew"`
	Private       *bool  `toml:"whois_privacy"`
	OwnerChange   *bool  `toml:"owner_change"`
	ExpiresWithin string `toml:"expires_within"`
	LapsedWithin  string `toml:"lapsed_within"`
	OlderThan     string `toml:"older_than"`
}

type judgedLimits struct {
	PerPurchase string `toml:"max_per_purchase"`
	PerDay      string `toml:"max_per_day"`
	PerMonth    string `toml:"max_per_month"`
	ADay        int    `toml:"max_purchases_per_day"`
	AskAbove    string `toml:"ask_above"`
}

type judgedAccount struct {
	ID         int64
	Name, Mode string
	Role       string
	Contacts   map[string]int64
	Spending   judgedLimits
}

type judgedPolicy struct {
	Mode     string
	Policies []string
	Accounts []judgedAccount `toml:"account"`
	Spending judgedLimits
	Rules    []judgedRule `toml:"rule"`
	Groups   map[string]any

	names map[string][]string // of each group
}

// judgePolicy reads a configuration with its files.
func judgePolicy(t *testing.T, dir string) *judgedPolicy {
	t.Helper()
	p := &judgedPolicy{names: make(map[string][]string)}
	read := func(file string, into *judgedPolicy) {
		if _, err := toml.DecodeFile(file, into); err != nil {
			t.Fatal(err)
		}
		for name, members := range into.Groups {
			if table, ok := members.(map[string]any); ok {
				members = groupFile(t, filepath.Join(filepath.Dir(file), fmt.Sprint(table["file"])))
			}
			p.names[name] = words(members)
		}
	}
	read(filepath.Join(dir, "config.toml"), p)
	for _, pattern := range p.Policies {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(files) == 0 {
			t.Fatal(pattern, err)
		}
		for _, file := range files {
			more := &judgedPolicy{}
			read(file, more)
			p.Rules = append(p.Rules, more.Rules...)
		}
	}
	return p
}

func groupFile(t *testing.T, file string) (names []any) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, _, _ := strings.Cut(lines.Text(), "#"); strings.TrimSpace(name) != "" {
			names = append(names, strings.TrimSpace(name))
		}
	}
	return names
}

// words are one or several, as text.
func words(v any) (out []string) {
	switch v := v.(type) {
	case nil:
	case []any:
		for _, one := range v {
			out = append(out, fmt.Sprint(one))
		}
	default:
		out = append(out, fmt.Sprint(v))
	}
	return out
}

func (p *judgedPolicy) account(name string) *judgedAccount {
	i := slices.IndexFunc(p.Accounts, func(a judgedAccount) bool { return a.Name == name })
	return &p.Accounts[i]
}

// contact says whether one of the contacts, by name or id, is this one in an account.
func (p *judgedPolicy) contact(these any, id int64, account string) bool {
	for _, word := range words(these) {
		if named, ok := p.account(account).Contacts[word]; ok && named == id || word == fmt.Sprint(id) {
			return true
		}
	}
	return false
}

// aLabels are the names of the policy that people write otherwise.
func aLabels(pattern string) string {
	switch low := strings.ToLower(pattern); low {
	case "bücher.com":
		return "xn--bcher-kva.com"
	case "büro.net":
		return "xn--bro-hoa.net"
	case "prozeß.com":
		return "xn--proze-pqa.com"
	case "bäcker.com":
		return "xn--bcker-gra.com"
	default:
		return low
	}
}

// like says whether a name is one of the patterns.
func like(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return fits(aLabels(p), name) })
}

// fits compares a name with a pattern: * is anything, ? is one character.
func fits(pattern, name string) bool {
	if pattern == "" {
		return name == ""
	}
	switch {
	case pattern[0] == '*':
		return fits(pattern[1:], name) || name != "" && fits(pattern, name[1:])
	case name == "":
		return false
	}
	return (pattern[0] == '?' || pattern[0] == name[0]) && fits(pattern[1:], name[1:])
}

// inGroup says whether a name is in one of the groups.
func (p *judgedPolicy) inGroup(groups any, name string) bool {
	return slices.ContainsFunc(words(groups), func(g string) bool { return like(p.names[g], name) })
}

// ahead is the moment that a distance of the policy is after another one, or before it.
func ahead(distance string, t time.Time, sign int) time.Time {
	unit := strings.TrimLeft(distance, "0123456789")
	n := sign * number(strings.TrimSuffix(distance, unit))
	switch unit {
	case "h":
		return t.Add(time.Duration(n) * time.Hour)
	case "w":
		return t.AddDate(0, 0, 7*n)
	case "mo":
		return t.AddDate(0, n, 0)
	case "y":
		return t.AddDate(n, 0, 0)
	}
	return t.AddDate(0, 0, n)
}
