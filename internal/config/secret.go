package config

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
)

// The kinds of places where a secret can be.
const (
	secretCredential = "credential"
	secretFile       = "file"
	secretEnv        = "env"
)

// maxSecret is the longest secret, in bytes, without the white space around it.
const maxSecret = 4 << 10

// The errors of [Secret.Read] and [Secret.Path], which name the place that was
// looked at and never what was found there.
var (
	// ErrNoSecret: nothing was found where the secret should be.
	ErrNoSecret = errors.New("no secret there")
	// ErrBadSecret: what was found cannot be a secret.
	ErrBadSecret = errors.New("not a usable secret")
)

// Secret is the place of a secret: a systemd credential, a file or an environment
// variable. It never holds the secret itself, so it can be printed and compared.
// The zero value is no place.
type Secret struct {
	kind  string // secretCredential, …; "" for no place
	where string // the credential's name, the path, the variable's name
}

// String describes the place: "credential dnsimple-main", "file /etc/token",
// "environment variable TOKEN".
func (s Secret) String() string {
	switch s.kind {
	case secretCredential:
		return "credential " + s.where
	case secretFile:
		return "file " + s.where
	case secretEnv:
		return "environment variable " + s.where
	}
	return "nowhere"
}

// Path is the file that holds the secret. A secret in an environment variable has
// none: ErrNoSecret, as for a credential where $CREDENTIALS_DIRECTORY is not set.
func (s Secret) Path(env Env) (string, error) {
	switch s.kind {
	case secretFile:
		return s.where, nil
	case secretCredential:
		dir, ok := env.filled().Lookup("CREDENTIALS_DIRECTORY")
		if !ok || dir == "" {
			return "", fmt.Errorf("read %s: %w: $CREDENTIALS_DIRECTORY is not set; it is systemd that sets it, for LoadCredential=%s:… in the unit",
				s, ErrNoSecret, s.where)
		}
		return filepath.Join(dir, s.where), nil
	}
	return "", fmt.Errorf("read %s: %w: it is not in a file", s, ErrNoSecret)
}

// Read reads the secret: one line of printable ASCII, at most 4 KiB, without the
// white space around it. Its errors wrap ErrNoSecret or ErrBadSecret.
func (s Secret) Read(env Env) (string, error) {
	env = env.filled()
	var found, place string
	if s.kind == secretEnv {
		value, ok := env.Lookup(s.where)
		if !ok {
			return "", fmt.Errorf("read %s: %w: it is not set", s, ErrNoSecret)
		}
		found, place = value, s.String()
	} else {
		path, err := s.Path(env)
		if err != nil {
			return "", err
		}
		place = s.String()
		if s.kind == secretCredential {
			place += " (" + path + ")"
		}
		content, err := env.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("read %s: %w: %w", place, ErrNoSecret, bareError(err))
		}
		found = string(content)
	}
	found = strings.TrimSpace(found)
	switch {
	case found == "":
		return "", fmt.Errorf("read %s: %w: it is empty", place, ErrNoSecret)
	case len(found) > maxSecret:
		return "", fmt.Errorf("read %s: %w: it is longer than %d bytes", place, ErrBadSecret, maxSecret)
	case strings.ContainsAny(found, "\r\n"):
		return "", fmt.Errorf("read %s: %w: it has more than one line", place, ErrBadSecret)
	}
	for i := range len(found) {
		if found[i] <= ' ' || found[i] > '~' {
			return "", fmt.Errorf("read %s: %w: it holds a space or a character that is not printable ASCII", place, ErrBadSecret)
		}
	}
	return found, nil
}

// bareError is what went wrong with a file, without its path, which the caller
// names.
func bareError(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}
