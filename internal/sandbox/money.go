package sandbox

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// cents is an amount of US dollars.
type cents int64

// maxCents is ten million dollars: enough for any name, and no product with ten years overflows.
const maxCents = 1_000_000_000

var errCents = errors.New("not an amount of dollars: write it like \"15.00\"")

// parseCents reads "15", "15.5" and "15.00".
func parseCents(s string) (cents, error) {
	whole, fraction, dot := strings.Cut(s, ".")
	if whole == "" || len(whole) > 9 || dot && (fraction == "" || len(fraction) > 2) {
		return 0, fmt.Errorf("%q is %w", s, errCents)
	}
	digits := whole + (fraction + "00")[:2]
	if strings.Trim(digits, "0123456789") != "" {
		return 0, fmt.Errorf("%q is %w", s, errCents)
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is %w", s, errCents)
	}
	if n > maxCents {
		return 0, fmt.Errorf("%q is more than %s", s, cents(maxCents))
	}
	return cents(n), nil
}

// String is the amount with two digits: "15.00".
func (c cents) String() string { return fmt.Sprintf("%d.%02d", c/100, c%100) }

// MarshalJSON writes the amount as the API writes prices: a number with one digit after the point at least.
func (c cents) MarshalJSON() ([]byte, error) {
	return []byte(strings.TrimSuffix(c.String(), "0")), nil
}

// UnmarshalText reads an amount from a portfolio.
func (c *cents) UnmarshalText(text []byte) error {
	var err error
	*c, err = parseCents(string(text))
	return err
}

// Who buys.
const (
	ByClient      = "client"       // a request through the API
	ByAutoRenewal = "auto-renewal" // DNSimple's own auto-renewal
)

// Charge is money that an account has paid.
type Charge struct {
	At        time.Time    `json:"at"`         // when the operation completed, by the sandbox's clock
	AccountID int64        `json:"account_id"` // the account that ordered, and pays
	DomainID  int64        `json:"domain_id"`
	Domain    string       `json:"domain"`    // the name, as an A-label
	Kind      string       `json:"kind"`      // "renewal", "restore", "registration" or "transfer"
	By        string       `json:"by"`        // [ByClient] or [ByAutoRenewal]
	Operation int64        `json:"operation"` // the id of the renewal, restore, registration or transfer
	Years     int          `json:"years"`     // by how many the expiration moved
	Cents     int64        `json:"cents"`     // US cents; the sum of the items
	Reference string       `json:"reference"` // as in the account's billing charges
	Items     []ChargeItem `json:"items"`
}

// ChargeItem is one line of a [Charge].
type ChargeItem struct {
	Description string `json:"description"`  // such as "Renew example.com"
	ProductType string `json:"product_type"` // "domain-renewal", "domain-restore", "domain-registration", "domain-transfer", "whois-privacy", "domain-trustee"
	Cents       int64  `json:"cents"`
}
