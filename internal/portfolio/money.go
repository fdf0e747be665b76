package portfolio

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Money is an amount in US cents. The zero value is no money. Sums of it are
// exact; the API's JSON floats are converted once, at the edge.
type Money int64

// maxDollars bounds what is taken for an amount: a domain that costs more than a
// hundred million dollars is a malformed answer, not a domain.
const maxDollars = 100_000_000

// ErrMoney is in every error of [ParseMoney] and [MoneyFromFloat].
var ErrMoney = errors.New("not an amount of money")

// ParseMoney reads an amount in US dollars: digits, and optionally a point and
// one or two digits ("100", "14.5", "14.50"). Signs, spaces, currency signs and
// thousands separators are refused.
func ParseMoney(s string) (Money, error) {
	dollars, cents, hasCents := strings.Cut(s, ".")
	if !digits(dollars) || len(dollars) > 9 || hasCents && (!digits(cents) || len(cents) > 2) {
		return 0, fmt.Errorf("%q: %w; write US dollars like \"14.50\"", s, ErrMoney)
	}
	d, err := strconv.ParseInt(dollars, 10, 64)
	if err != nil || d > maxDollars {
		return 0, fmt.Errorf("%q: %w: more than %d dollars", s, ErrMoney, maxDollars)
	}
	m := Money(d * 100)
	if hasCents {
		c, err := strconv.ParseInt((cents + "0")[:2], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%q: %w", s, ErrMoney)
		}
		m += Money(c)
	}
	return m, nil
}

func digits(s string) bool {
	if s == "" {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// MoneyFromFloat converts an amount in dollars, as DNSimple's prices come in
// JSON, to the nearest cent. Negative amounts, NaN, infinities and absurdly large
// amounts are errors.
func MoneyFromFloat(f float64) (Money, error) {
	if math.IsNaN(f) || f < 0 || f > maxDollars {
		return 0, fmt.Errorf("%v: %w", f, ErrMoney)
	}
	return Money(math.Round(f * 100)), nil
}

// String writes the amount in dollars with two decimals: "14.50", "-3.00".
func (m Money) String() string {
	sign := ""
	if m < 0 {
		sign, m = "-", -m
	}
	return fmt.Sprintf("%s%d.%02d", sign, m/100, m%100)
}

// MarshalText writes the amount as [Money.String] does, so that JSON carries
// prices as strings and never as floats.
func (m Money) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what [Money.MarshalText] wrote.
func (m *Money) UnmarshalText(text []byte) error {
	s, negative := strings.CutPrefix(string(text), "-")
	v, err := ParseMoney(s)
	if err != nil {
		return err
	}
	if negative {
		v = -v
	}
	*m = v
	return nil
}
