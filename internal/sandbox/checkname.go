package sandbox

import (
	"errors"
	"fmt"
	"time"
)

// nameSpec is a name that no account has registered.
type nameSpec struct {
	Name            string        `toml:"name"`
	Elsewhere       bool          `toml:"elsewhere"`
	AuthCode        string        `toml:"auth_code"`
	Locked          bool          `toml:"locked"`
	Expires         *span         `toml:"expires"`
	Free            *span         `toml:"free"`
	Taken           *span         `toml:"taken"`
	VerifyOwnership bool          `toml:"verify_ownership"`
	Premium         bool          `toml:"premium"`
	Prices          pricesSpec    `toml:"prices"`
	Registration    operationSpec `toml:"registration"`
	Transfer        transferSpec  `toml:"transfer"`

	ascii string
}

type transferSpec struct {
	Takes   *length `toml:"takes"`
	Outcome string  `toml:"outcome"`
	Status  string  `toml:"status"`
}

// name checks a name that no account has registered.
func (b *builder) name(s *nameSpec) error {
	var err error
	if s.ascii, _, err = labels(s.Name); err != nil {
		return err
	}
	if err := b.checkName(s); err != nil {
		return fmt.Errorf("%q: %w", s.Name, err)
	}
	b.names[s.ascii] = true
	b.p.names = append(b.p.names, *s)
	return nil
}

func (b *builder) checkName(s *nameSpec) error {
	_, owned := b.domains[s.ascii]
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case b.names[s.ascii]:
		return errors.New("the name is there twice")
	case owned && !b.hosted[s.ascii]:
		return errors.New("a [[domain]] has it registered")
	case tldOf(b.p.tlds, s.ascii) == nil:
		return errors.New("its suffix is neither built in nor a [[tld]]")
	case !s.Elsewhere && (s.AuthCode != "" || s.Locked || s.Expires != nil || s.Free != nil || s.Transfer != transferSpec{}):
		return errors.New("auth_code, locked, expires, free and transfer are of a name that is elsewhere = true")
	case s.Elsewhere && s.Free == nil && s.Taken != nil:
		return errors.New("taken goes with free: it is elsewhere, and stays there")
	case s.Free != nil && s.Taken != nil && !s.Taken.after(start).After(s.Free.after(start)):
		return errors.New("taken is not after free")
	}
	return firstOf(
		func() error {
			return oneOf(&s.Registration.Outcome, "registration.outcome", "registered", "failed", "cancelled")
		},
		func() error {
			return oneOf(&s.Transfer.Outcome, "transfer.outcome", "transferred", "failed", "cancelled")
		},
	)
}
