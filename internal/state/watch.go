package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"domaind/internal/portfolio"
)

// A watch is one short entry under its account, and one more for each of its domains
// under account and domain: a scan that finds everything as it was writes the short
// one only.

// watchKey is where the moments of an account's watch stand.
func watchKey(account int64) []byte { return ident(account) }

// watchedKey is where one of its domains stands.
func watchedKey(account, domain int64) []byte { return appendInt(ident(account), domain) }

// The sizes of those keys: how they are told apart.
const (
	watchKeySize   = 8
	watchedKeySize = 16
)

// watchTimes is how a watch's moments are written. Fields are only added.
type watchTimes struct {
	SeenAt   time.Time `json:"seen_at,omitzero"`
	SteadyAt time.Time `json:"steady_at,omitzero"`
}

// watchedDomain is how a domain of a watch is written; its id and its account are its
// key. Fields are only added.
type watchedDomain struct {
	Name         string                `json:"name"`
	UnicodeName  string                `json:"unicode_name,omitempty"`
	State        portfolio.DomainState `json:"state,omitempty"`
	AutoRenew    bool                  `json:"auto_renew,omitempty"`
	WhoisPrivacy bool                  `json:"whois_privacy,omitempty"`
	Trustee      bool                  `json:"trustee,omitempty"`
	RegistrantID int64                 `json:"registrant,omitempty"`
	ExpiresAt    time.Time             `json:"expires_at,omitzero"`
	CreatedAt    time.Time             `json:"created_at,omitzero"`
	UpdatedAt    time.Time             `json:"updated_at,omitzero"`
}

// entry is a key and its value, encoded before the transaction begins.
type entry struct{ key, value []byte }

// encodedWatch is a watch on its way into the file.
type encodedWatch struct {
	times   entry
	domains []entry // by key
}

func encodeWatches(watches []portfolio.Watch) ([]encodedWatch, error) {
	var all []encodedWatch
	for _, w := range watches {
		e, err := encodeWatch(w)
		if err != nil {
			return nil, fmt.Errorf("%w: what is remembered of account %d: %w", ErrChange, w.AccountID, err)
		}
		all = append(all, e)
	}
	return all, nil
}

func encodeWatch(w portfolio.Watch) (encodedWatch, error) {
	if w.AccountID <= 0 {
		return encodedWatch{}, errors.New("that is no account")
	}
	v, err := json.Marshal(watchTimes{SeenAt: w.SeenAt.UTC(), SteadyAt: w.SteadyAt.UTC()})
	if err != nil {
		return encodedWatch{}, err
	}
	e := encodedWatch{times: entry{watchKey(w.AccountID), v}, domains: make([]entry, 0, len(w.Domains))}
	for _, d := range w.Domains {
		if d.ID <= 0 || d.AccountID != w.AccountID {
			return encodedWatch{}, fmt.Errorf("domain %d of account %d", d.ID, d.AccountID)
		}
		v, err := json.Marshal(watchedDomain{
			Name: d.Name, UnicodeName: d.UnicodeName, State: d.State, AutoRenew: d.AutoRenew, WhoisPrivacy: d.WhoisPrivacy,
			Trustee: d.Trustee, RegistrantID: d.RegistrantID,
			ExpiresAt: d.ExpiresAt.UTC(), CreatedAt: d.CreatedAt.UTC(), UpdatedAt: d.UpdatedAt.UTC(),
		})
		if err != nil {
			return encodedWatch{}, fmt.Errorf("%s: %w", d.Name, err)
		}
		e.domains = append(e.domains, entry{watchedKey(w.AccountID, d.ID), v})
	}
	byKey := func(a, b entry) int { return bytes.Compare(a.key, b.key) }
	slices.SortStableFunc(e.domains, byKey)
	for i, d := range e.domains[min(1, len(e.domains)):] {
		if byKey(e.domains[i], d) == 0 {
			return encodedWatch{}, fmt.Errorf("domain %d is in it twice", parseInt(d.key[watchKeySize:]))
		}
	}
	return e, nil
}

// store puts a watch in place of the account's last, and writes only what differs.
func (w encodedWatch) store(tx *bbolt.Tx) (changed bool, err error) {
	b := bucket(tx, watchBucket)
	writes := w.difference(b) // first: a cursor does not survive writing
	for _, e := range writes {
		if err := set(b, e.key, e.value, e.value != nil); err != nil {
			return true, fmt.Errorf("store what is remembered of account %d: %w", parseInt(e.key), err)
		}
	}
	return len(writes) > 0, nil
}

// difference is the entries that have to be written, or without a value removed.
func (w encodedWatch) difference(b *bbolt.Bucket) []entry {
	var writes []entry
	if !bytes.Equal(b.Get(w.times.key), w.times.value) {
		writes = append(writes, w.times)
	}
	next := w.domains
	c := b.Cursor()
	for k, v := c.Seek(w.times.key); bytes.HasPrefix(k, w.times.key); k, v = c.Next() {
		if len(k) == watchKeySize {
			continue
		}
		for len(next) > 0 && bytes.Compare(next[0].key, k) < 0 {
			writes, next = append(writes, next[0]), next[1:]
		}
		switch {
		case len(next) == 0 || !bytes.Equal(next[0].key, k):
			writes = append(writes, entry{key: bytes.Clone(k)})
			continue
		case !bytes.Equal(next[0].value, v):
			writes = append(writes, next[0])
		}
		next = next[1:]
	}
	return append(writes, next...)
}

// Watched gives what is remembered of the domains of every account, ordered by
// account; each one's domains are ordered by id.
func (s *Store) Watched() ([]portfolio.Watch, error) { return s.watched(nil) }

// WatchedOf gives what is remembered of an account's domains; ok is false where
// nothing ever was.
func (s *Store) WatchedOf(account int64) (w portfolio.Watch, ok bool, err error) {
	all, err := s.watched(watchKey(account))
	if err != nil || len(all) == 0 {
		return portfolio.Watch{}, false, err
	}
	return all[0], true, nil
}

func (s *Store) watched(prefix []byte) (all []portfolio.Watch, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		all, err = watches(tx, prefix)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is remembered of domains: %w", err)
	}
	return all, nil
}

// watches reads the watches whose keys have a prefix.
func watches(tx *bbolt.Tx, prefix []byte) (all []portfolio.Watch, err error) {
	c := bucket(tx, watchBucket).Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if all, err = appendWatched(all, k, v); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// appendWatched takes up one entry: the moments of a watch, with which it begins, or
// a domain of the last one.
func appendWatched(all []portfolio.Watch, k, v []byte) ([]portfolio.Watch, error) {
	switch len(k) {
	case watchKeySize:
		var t watchTimes
		if err := json.Unmarshal(v, &t); err != nil {
			return nil, fmt.Errorf("%w: what is remembered of account %d: %w", ErrCorrupt, parseInt(k), err)
		}
		return append(all, portfolio.Watch{AccountID: parseInt(k), SeenAt: t.SeenAt, SteadyAt: t.SteadyAt}), nil
	case watchedKeySize:
		account, id := parseInt(k), parseInt(k[watchKeySize:])
		if len(all) == 0 || all[len(all)-1].AccountID != account {
			return nil, fmt.Errorf("%w: domain %d is remembered of account %d, of which nothing is", ErrCorrupt, id, account)
		}
		var d watchedDomain
		if err := json.Unmarshal(v, &d); err != nil {
			return nil, fmt.Errorf("%w: what is remembered of domain %d: %w", ErrCorrupt, id, err)
		}
		w := &all[len(all)-1]
		w.Domains = append(w.Domains, portfolio.Domain{
			ID: id, AccountID: account, Name: d.Name, UnicodeName: d.UnicodeName, State: d.State,
			AutoRenew: d.AutoRenew, WhoisPrivacy: d.WhoisPrivacy, Trustee: d.Trustee, RegistrantID: d.RegistrantID,
			ExpiresAt: d.ExpiresAt, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
		})
		return all, nil
	}
	return nil, fmt.Errorf("%w: a watch has the key %x", ErrCorrupt, k)
}
