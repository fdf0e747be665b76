package control

import (
	"context"
	"fmt"
	"net/http"
	"os/user"
	"strconv"
	"strings"
)

// Asker is who asks.
type Asker struct {
	User string // the user's name, or "uid 1000" where it has none; "" is nobody in particular
	Sudo string // whom sudo was called by, by the word of whoever asks; "" where it was not
}

// String is how the ledger calls who asks: "operator alice", "operator root (sudo alice)".
func (a Asker) String() string {
	name := a.User
	if name == "" {
		name = "unknown"
	}
	if a.Sudo == "" || a.Sudo == a.User {
		return "operator " + name
	}
	return fmt.Sprintf("operator %s (sudo %s)", name, a.Sudo)
}

// UserNamed is the name of a user by its number, or the number where it has none.
func UserNamed(uid int) string {
	id := strconv.Itoa(uid)
	if u, err := user.LookupId(id); err == nil && word(u.Username) != "" {
		return u.Username
	}
	return "uid " + id
}

// The headers with which a client says who asks. The user is believed only where the
// system does not tell it.
const (
	userHeader = "Domaind-User"
	sudoHeader = "Domaind-Sudo"
)

// word is a name that somebody gave, if it is one; else "".
func word(name string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.@\\", r)
	}
	if len(name) > 64 || strings.ContainsFunc(strings.TrimPrefix(name, "uid "), odd) {
		return ""
	}
	return name
}

// askerKey is the key of an [Asker] in a context.
type askerKey struct{}

func withAsker(ctx context.Context, a Asker) context.Context {
	return context.WithValue(ctx, askerKey{}, a)
}

// askerOf is who asks: by the word of the system where it says it.
func askerOf(r *http.Request) Asker {
	a, known := r.Context().Value(askerKey{}).(Asker)
	if !known {
		a.User = word(r.Header.Get(userHeader))
	}
	if a.Sudo == "" {
		a.Sudo = word(r.Header.Get(sudoHeader))
	}
	return a
}
