package events

import (
	"strconv"
	"strings"

	"domaind/internal/portfolio"
)

// maxToken bounds a token of a subject that comes from an event.
const maxToken = 64

// ValidInstance says whether s can be part of a subject and of a stream's name: 1
// to 32 lower case letters, digits and hyphens, the first of them no hyphen.
func ValidInstance(s string) bool {
	return s != "" && len(s) <= 32 && s[0] != '-' && token(s) == s
}

// StreamName is the name of the instance's stream: "DOMAIND_main".
func StreamName(instance string) string { return "DOMAIND_" + instance }

// Subjects is the pattern of every subject that the instance publishes on:
// "domaind.main.>".
func Subjects(instance string) string { return "domaind." + instance + ".>" }

// Subject is where an event is published:
//
//	domaind.<instance>.<level>.<account>.<about>.<what>
//
// The account is DNSimple's id, "_" where the event is about none. Whatever an
// event holds, the subject has six tokens and no wildcard.
func Subject(instance string, e portfolio.Event) string {
	account := "_"
	if e.AccountID > 0 {
		account = strconv.FormatInt(e.AccountID, 10)
	}
	return strings.Join([]string{"domaind", token(instance), token(string(e.Level)), account, token(e.About), token(e.What)}, ".")
}

// token makes a token of a subject from any text: letters in lower case, digits
// and hyphens stay, everything else becomes a hyphen; "unknown" where nothing is left.
func token(s string) string {
	if s == "" {
		return "unknown"
	}
	b := []byte(s[:min(len(s), maxToken)])
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-':
		case c >= 'A' && c <= 'Z':
			b[i] = c + ('a' - 'A')
		default:
			b[i] = '-'
		}
	}
	return string(b)
}

// covers says whether a pattern of subjects holds every subject of another:
// "domaind.>" covers "domaind.main.>".
func covers(pattern, other string) bool {
	p, o := strings.Split(pattern, "."), strings.Split(other, ".")
	for i, t := range p {
		switch {
		case i >= len(o):
			return false
		case t == ">":
			return true
		case o[i] == ">", t != "*" && t != o[i]:
			return false
		}
	}
	return len(p) == len(o)
}
