package portfolio

import (
	"fmt"
	"time"
)

// Percent is a share in whole percent.
type Percent int

// String writes the share as a policy does: "25%".
func (p Percent) String() string { return fmt.Sprintf("%d%%", int(p)) }

// Above is an amount that is higher by the share, rounded down to the cent.
func (p Percent) Above(m Money) Money { return m + m*Money(p)/100 }

// SeenPrices are prices as DNSimple told them at a moment. They are for showing alone: what
// is bought is asked for anew.
type SeenPrices struct {
	Prices
	AccountID int64
	At        time.Time
}
