package state

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"domaind/internal/portfolio"
)

const (
	// maxText bounds names, occasions and other texts that become keys, in bytes.
	maxText = 1 << 10
	// maxRow bounds a row, in bytes of JSON: some thousands of steps of history.
	maxRow = 1 << 20
	// maxAmount bounds an amount, as [portfolio.ParseMoney] does: what is beyond it
	// could be written and not read again.
	maxAmount portfolio.Money = 100_000_000 * 100
)

// rowError says what is wrong with a row.
func rowError(op portfolio.Operation, format string, args ...any) error {
	return fmt.Errorf("%q: %w: %s", op.Key, ErrRow, fmt.Sprintf(format, args...))
}

// validate says whether a row may stand in the ledger. Whether it may follow on
// another is for [follows].
func validate(op portfolio.Operation) error {
	switch {
	case op.Key == "":
		return rowError(op, "it has no key")
	case !plain(string(op.Kind)) || !plain(op.Occasion):
		return rowError(op, "kind %q and occasion %q must be short texts without bars and control characters", op.Kind, op.Occasion)
	case op.Attempt < 1:
		return rowError(op, "its attempt is %d", op.Attempt)
	case op.AccountID <= 0 || op.SubjectID < 0 || op.DomainID < 0:
		return rowError(op, "account %d, subject %d and domain %d must be ids", op.AccountID, op.SubjectID, op.DomainID)
	case op.Key != portfolio.OperationKey(op.AccountID, op.Kind, op.SubjectID, op.Occasion, op.Attempt):
		return rowError(op, "its key is not that of its fields")
	case !knownState(op.State):
		return rowError(op, "its state is %q", op.State)
	case len(op.Name) > maxText || !utf8.ValidString(op.Name):
		return rowError(op, "its name is no name")
	case op.State == portfolio.StateDone && op.Kind.Purchase() && op.EndedAt.IsZero():
		return rowError(op, "it is done without a time")
	}
	if err := validateMoney(op); err != nil {
		return err
	}
	return validateRefs(op)
}

func validateMoney(op portfolio.Operation) error {
	amounts := []portfolio.Money{op.Reserved, op.PerYear}
	for _, m := range []*portfolio.Money{op.Charge, op.Premium} {
		if m != nil {
			amounts = append(amounts, *m)
		}
	}
	for _, m := range amounts {
		if m < 0 || m > maxAmount {
			return rowError(op, "%d cents are no price", int64(m))
		}
	}
	if op.SpendDay != "" && !isDay(op.SpendDay) {
		return rowError(op, "%q is no day", op.SpendDay)
	}
	return nil
}

func validateRefs(op portfolio.Operation) error {
	for i, ref := range op.ChargeRefs {
		if ref == "" || len(ref) > maxText || !utf8.ValidString(ref) {
			return rowError(op, "%q names no charge", ref)
		}
		if slices.Contains(op.ChargeRefs[:i], ref) {
			return rowError(op, "it claims %s twice", ref)
		}
	}
	return nil
}

// plain says whether a text can be a part of a key.
func plain(s string) bool {
	return s != "" && len(s) <= maxText && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(r rune) bool { return r == '|' || r < ' ' || r == 0x7f })
}

// isDay says whether a text is a day as it sorts: YYYY-MM-DD.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil && len(s) == len(time.DateOnly)
}

func knownState(s portfolio.OperationState) bool {
	switch s {
	case portfolio.StateAsked, portfolio.StateReserved, portfolio.StateArmed, portfolio.StatePending,
		portfolio.StateUnknown, portfolio.StateDone, portfolio.StateFailed:
		return true
	}
	return false
}

// follows says whether a row may be replaced by its next version. An operation
// that ended stays ended, and what the indexes remember of it stays what it is.
func follows(old, op portfolio.Operation) error {
	if old.State.Open() {
		return nil
	}
	switch {
	case op.State != old.State:
		return rowError(op, "it has ended as %s and cannot become %s", old.State, op.State)
	case op.DomainID != old.DomainID || op.Name != old.Name || !op.EndedAt.Equal(old.EndedAt):
		return rowError(op, "it has ended: its domain, name and end stay as they are")
	}
	return nil
}

// base is what all attempts of the same thing have in common: the key without the
// attempt.
func base(op portfolio.Operation) string { return op.Key[:strings.LastIndexByte(op.Key, '|')] }

// splitKey takes a key apart, which may be no key at all.
func splitKey(key string) (base string, attempt int, ok bool) {
	i := strings.LastIndexByte(key, '|')
	if i < 0 {
		return "", 0, false
	}
	attempt, err := strconv.Atoi(key[i+1:])
	return key[:i], attempt, err == nil && strconv.Itoa(attempt) == key[i+1:]
}

func encodeRow(op portfolio.Operation) ([]byte, error) {
	b, err := json.Marshal(op)
	if err != nil {
		return nil, rowError(op, "%v", err)
	}
	if len(b) > maxRow {
		return nil, rowError(op, "%d bytes are too many", len(b))
	}
	return b, nil
}

func decodeRow(seq sequence, b []byte) (portfolio.Operation, error) {
	var op portfolio.Operation
	if b == nil {
		return op, fmt.Errorf("%w: row %d is missing", ErrCorrupt, seq)
	}
	if err := json.Unmarshal(b, &op); err != nil {
		return op, fmt.Errorf("%w: row %d: %w", ErrCorrupt, seq, err)
	}
	return op, nil
}
