package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

func (b *builder) tld(s *tldSpec) error {
	name := strings.ToLower(s.Name)
	if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "" || strings.Contains("."+name+".", "..") {
		return fmt.Errorf("name %q: write the suffix as it follows a name, like \"com\" or \"co.uk\"", s.Name)
	}
	t := b.p.tlds[name]
	if t == nil {
		if s.Renewal == nil {
			return fmt.Errorf("%q is not built in: it needs a price for renewal", name)
		}
		t = &tld{
			name: name, kind: newTLD, prices: prices{*s.Renewal, *s.Renewal, *s.Renewal, 8000},
			grace: days(29), redemption: days(30), pendingDelete: days(5), autoRenewal: days(7), minimum: 1,
		}
		b.p.tlds[name] = t
	}
	if s.Type != 0 {
		if s.Type < gTLD || s.Type > newTLD {
			return fmt.Errorf("%q: type %d: it is 1 (gTLD), 2 (ccTLD) or 3 (new gTLD)", name, s.Type)
		}
		t.kind = s.Type
	}
	if n := s.MinimumRegistration; n != nil {
		if *n < 1 || *n > 9 {
			return fmt.Errorf("%q: minimum_registration %d: it is 1 to 9 years", name, *n)
		}
		t.minimum = *n
	}
	set(&t.prices.registration, s.Registration)
	set(&t.prices.renewal, s.Renewal)
	set(&t.prices.transfer, s.Transfer)
	set(&t.prices.restore, s.Restore)
	set(&t.trustee, s.Trustee)
	set(&t.grace, s.Grace)
	set(&t.redemption, s.Redemption)
	set(&t.pendingDelete, s.PendingDelete)
	set(&t.autoRenewal, s.AutoRenewal)
	set(&t.autoRenewOnly, s.AutoRenewOnly)
	setNot(&t.noRegistrations, s.RegistrationEnabled)
	setNot(&t.noRenewals, s.RenewalEnabled)
	setNot(&t.noTransfers, s.TransferEnabled)
	setNot(&t.noPrivacy, s.WhoisPrivacy)
	setNot(&t.noIDN, s.IDN)
	setNot(&t.noCode, s.TransferCode)
	set(&t.privacy, s.Privacy)
	if s.Attributes != nil {
		t.attributes = s.Attributes
	}
	if err := checkAttributeNames(t.attributes); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if err := soon(t.autoRenewal); err != nil {
		return fmt.Errorf("%q: auto_renewal: %w", name, err)
	}
	// A renewal late in redemption must still reach beyond the present.
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, end := t.phaseAt(start, t.redemption.after(t.grace.after(start))); end.After(days(300).after(start)) {
		return fmt.Errorf("%q: grace, redemption and pending_delete last more than 300 days together", name)
	}
	return nil
}

// soon checks how long before an expiration DNSimple renews: less than the shortest term, or it would renew without end.
func soon(before length) error {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if before.after(start).After(days(300).after(start)) {
		return errors.New("it is at most 300 days before the expiration")
	}
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func setNot(to, from *bool) {
	if from != nil {
		*to = !*from
	}
}

// checkAttributeNames sees to it that each has one, once.
func checkAttributeNames(all []attribute) error {
	seen := map[string]bool{}
	for _, a := range all {
		if a.Name == "" || seen[a.Name] {
			return fmt.Errorf("extended_attribute %q: each has a name of its own", a.Name)
		}
		seen[a.Name] = true
	}
	return nil
}
