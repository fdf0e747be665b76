package control

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"domaind/internal/portfolio"
)

// understand says what a command means: in which account, about what, with which
// contact.
func (h *handler) understand(ctx context.Context, asked Command) (c portfolio.Command, account Account, err error) {
	if err := wellFormed(asked); err != nil {
		return c, account, err
	}
	c = portfolio.Command{
		Kind: asked.Kind, SubjectID: asked.ID, Years: asked.Years, Terms: asked.Terms, Unproven: asked.Unproven,
	}
	if asked.Name != "" {
		if c.Name, err = properName(asked.Name); err != nil {
			return c, account, err
		}
	}
	if account, err = h.accountFor(ctx, asked.Account, &c); err != nil {
		return c, account, err
	}
	c.AccountID = account.ID
	c.Contact, err = contactOf(account, asked.Contact)
	return c, account, err
}

// fieldsOf are the fields of a command beside its account that count for a kind; none
// where there is no such kind. Those in the first list must be there.
func fieldsOf(kind portfolio.OperationKind) (must, may []string) {
	switch kind {
	case portfolio.OpRenew:
		return []string{"name"}, []string{"years"}
	case portfolio.OpRestore, portfolio.OpTransferOut, portfolio.OpAdd, portfolio.OpDelete:
		return []string{"name"}, nil
	case portfolio.OpRegister:
		return []string{"name", "contact"}, []string{"whois_privacy", "auto_renew", "trustee", "attributes"}
	case portfolio.OpTransfer:
		return []string{"name", "contact"}, []string{"whois_privacy", "auto_renew", "trustee", "attributes", "with_code"}
	case portfolio.OpPush:
		return []string{"name"}, []string{"to", "email"}
	case portfolio.OpChangeRegistrant:
		return []string{"name", "contact"}, []string{"attributes"}
	case portfolio.OpAutoRenewal:
		return []string{"name"}, []string{"on"}
	case portfolio.OpAccept:
		return []string{"id", "contact"}, []string{"unproven"}
	case portfolio.OpReject, portfolio.OpCancelChange:
		return []string{"id"}, nil
	case portfolio.OpCancelTransfer:
		return []string{"name"}, []string{"id"}
	}
	return nil, nil
}

// mostYears is the longest term that registries sell.
const mostYears = 10

// wellFormed refuses a command with a field that is missing, or that does not count:
// what it was meant to say would not be heard.
func wellFormed(c Command) error {
	must, may := fieldsOf(c.Kind)
	if must == nil {
		return problem(http.StatusBadRequest, "%q is no command", clip(string(c.Kind)))
	}
	if c.ID < 0 || c.Years < 0 {
		return problem(http.StatusBadRequest, "an id or a number of years cannot be negative")
	}
	if c.Years > mostYears {
		return problem(http.StatusBadRequest, "a renewal is for 1 to %d years", mostYears)
	}
	for name, there := range map[string]bool{
		"name": c.Name != "", "id": c.ID != 0, "years": c.Years != 0, "contact": c.Contact != "", "unproven": c.Unproven,
		"on": c.On, "with_code": c.WithCode, "to": c.To != "", "email": c.Email != "", "whois_privacy": c.WhoisPrivacy,
		"auto_renew": c.AutoRenew, "trustee": c.Trustee, "attributes": len(c.Attributes) > 0,
	} {
		switch {
		case !there && slices.Contains(must, name):
			return problem(http.StatusBadRequest, "%s needs a %s", c.Kind, name)
		case there && !slices.Contains(must, name) && !slices.Contains(may, name):
			return problem(http.StatusBadRequest, "%s takes no %s", c.Kind, name)
		}
	}
	if _, unnamed := c.Attributes[""]; unnamed {
		return problem(http.StatusBadRequest, "an extended attribute has no name")
	}
	return targeted(c)
}

// longestTarget is more than any account's identifier or e-mail address has, in bytes.
const longestTarget = 320

// targeted refuses a push to what can be no account: it could not be sent, and would keep
// its domain from everything else until it is given up.
func targeted(c Command) error {
	for _, given := range []string{c.To, c.Email} {
		odd := strings.ContainsFunc(given, func(r rune) bool { return r <= ' ' || r > '~' })
		if odd || len(given) > longestTarget || given != "" && given == c.Email && !strings.Contains(given, "@") {
			return problem(http.StatusBadRequest, "%q names no account", clip(given))
		}
	}
	return nil
}

// accountFor finds the account that a command is for. What the ledger knows of its
// subject goes into the command.
func (h *handler) accountFor(ctx context.Context, which string, c *portfolio.Command) (Account, error) {
	id, err := h.account(which)
	if err != nil {
		return Account{}, err
	}
	if c.Kind == portfolio.OpCancelTransfer && c.SubjectID == 0 {
		if id, err = h.transferOf(id, c); err != nil {
			return Account{}, err
		}
	}
	if id != 0 {
		return h.accountByID(id), nil
	}
	switch c.Kind {
	case portfolio.OpRegister, portfolio.OpTransfer, portfolio.OpAdd:
		return h.onlyAccount(c.Kind)
	case portfolio.OpAccept, portfolio.OpReject:
		return h.holder(ctx, "push "+itoa(c.SubjectID)+" waits", func(ctx context.Context, l Look) (bool, error) {
			return waits(ctx, l, c.SubjectID)
		})
	case portfolio.OpCancelChange:
		return h.holder(ctx, "registrant change "+itoa(c.SubjectID)+" is", func(ctx context.Context, l Look) (bool, error) {
			_, err := l.RegistrantChange(ctx, c.SubjectID)
			return err == nil, err
		})
	case portfolio.OpCancelTransfer:
		return h.holder(ctx, "transfer "+itoa(c.SubjectID)+" of "+c.Name+" is", func(ctx context.Context, l Look) (bool, error) {
			_, err := l.TransferStatus(ctx, c.Name, c.SubjectID)
			return err == nil, err
		})
	}
	return h.owner(ctx, c.Name)
}

// owner is the account that has a domain.
func (h *handler) owner(ctx context.Context, name string) (Account, error) {
	return h.holder(ctx, name+" is", func(ctx context.Context, l Look) (bool, error) {
		_, _, err := l.DomainNamed(ctx, name)
		return err == nil, err
	})
}

// waits says whether a push is among those that an account may accept.
func waits(ctx context.Context, l Look, id int64) (bool, error) {
	for page, err := range l.Pushes(ctx) {
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(page.Items, func(p portfolio.Push) bool { return p.ID == id }) {
			return true, nil
		}
	}
	return false, nil
}

// acting are the accounts in which something may be changed.
func (h *handler) acting() []Account {
	return slices.DeleteFunc(slices.Clone(h.Accounts), func(a Account) bool { return a.Source })
}

func (h *handler) accountByID(id int64) Account {
	for _, a := range h.Accounts {
		if a.ID == id {
			return a
		}
	}
	return Account{}
}

func labels(accounts []Account) string {
	words := make([]string, len(accounts))
	for i, a := range accounts {
		words[i] = accountLabel(a.Account)
	}
	slices.Sort(words)
	return strings.Join(words, ", ")
}

// onlyAccount is where a new name goes where nobody said so.
func (h *handler) onlyAccount(kind portfolio.OperationKind) (Account, error) {
	acting := h.acting()
	if len(acting) != 1 {
		return Account{}, problem(http.StatusBadRequest, "in which account? Say --account: each could %s it: %s", kind, labels(acting))
	}
	return acting[0], nil
}

// holder asks every account side by side whether it has something, and gives the one
// that does. That another one could not be read does not matter then.
func (h *handler) holder(ctx context.Context, what string, has func(context.Context, Look) (bool, error)) (Account, error) {
	acting := h.acting()
	found, errs := make([]bool, len(acting)), make([]error, len(acting))
	var asking sync.WaitGroup
	for i, a := range acting {
		asking.Go(func() {
			if found[i], errs[i] = has(ctx, a.Look); outcomeOf(errs[i]) == portfolio.OutcomeNotFound {
				errs[i] = nil
			}
		})
	}
	asking.Wait()
	var in []Account
	for i, a := range acting {
		if found[i] {
			in = append(in, a)
		}
	}
	switch len(in) {
	case 1:
		return in[0], nil
	case 0:
		if err := errors.Join(errs...); err != nil {
			return Account{}, problem(http.StatusBadGateway, "%s in no account that could be read: %s", what, reasonOf(err))
		}
		return Account{}, problem(http.StatusNotFound, "%s in none of these accounts: %s", what, labels(acting))
	}
	return Account{}, problem(http.StatusConflict, "%s in more than one account: say which of %s", what, labels(in))
}

// transferOf finds the last transfer of a name that the ledger knows an id of, in an
// account or (0) in any.
func (h *handler) transferOf(account int64, c *portfolio.Command) (int64, error) {
	for op, err := range h.Ledger.Operations() {
		if err != nil {
			return 0, err
		}
		if op.Kind == portfolio.OpTransfer && op.Name == c.Name && op.RemoteID != 0 && (account == 0 || op.AccountID == account) && h.accountByID(op.AccountID).Look != nil {
			c.SubjectID = op.RemoteID
			return op.AccountID, nil
		}
	}
	return 0, problem(http.StatusNotFound, "the ledger knows no transfer of %s that DNSimple accepted: say its id", c.Name)
}

// contactOf is a contact of an account by its id, or its name in the configuration; 0
// where none is named.
func contactOf(a Account, which string) (int64, error) {
	if which == "" {
		return 0, nil
	}
	if id, ok := a.contacts()[which]; ok {
		return id, nil
	}
	if id, err := strconv.ParseInt(which, 10, 64); err == nil && id > 0 {
		return id, nil
	}
	known := make([]string, 0, len(a.contacts()))
	for name := range a.contacts() {
		known = append(known, name)
	}
	slices.Sort(known)
	if len(known) == 0 {
		return 0, problem(http.StatusBadRequest, "account %s has no contact named %q in the configuration: give its id", accountLabel(a.Account), clip(which))
	}
	return 0, problem(http.StatusBadRequest, "account %s has no contact named %q in the configuration; there is %s", accountLabel(a.Account), clip(which), strings.Join(known, ", "))
}
