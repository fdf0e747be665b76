package sandbox

import (
	"net/http"
	"time"
)

type chargeBody struct {
	InvoicedAt    string           `json:"invoiced_at"`
	TotalAmount   string           `json:"total_amount"`
	BalanceAmount string           `json:"balance_amount"`
	Reference     string           `json:"reference"`
	State         string           `json:"state"`
	Items         []chargeItemBody `json:"items"`
}

type chargeItemBody struct {
	Description      string `json:"description"`
	Amount           string `json:"amount"`
	ProductID        int64  `json:"product_id"`
	ProductType      string `json:"product_type"`
	ProductReference string `json:"product_reference"`
}

func renderCharge(c *Charge) chargeBody {
	body := chargeBody{
		InvoicedAt: stamp(c.At), TotalAmount: cents(c.Cents).String(), BalanceAmount: "0.00",
		Reference: c.Reference, State: "collected",
	}
	for _, i := range c.Items {
		body.Items = append(body.Items, chargeItemBody{
			i.Description, cents(i.Cents).String(), c.DomainID, i.ProductType, c.Domain,
		})
	}
	return body
}

// listCharges takes both days as part of what is asked for.
func listCharges(c *call) reply {
	from, to := time.Time{}, time.Unix(1<<40, 0)
	for name, day := range map[string]*time.Time{"start_date": &from, "end_date": &to} {
		if !c.query.Has(name) {
			continue
		}
		t, err := time.Parse(time.DateOnly, c.query.Get(name))
		if err != nil {
			return refuse(http.StatusBadRequest, "Invalid date format must be ISO8601 (YYYY-MM-DD)")
		}
		*day = t
	}
	if c.query.Has("end_date") {
		to = to.AddDate(0, 0, 1)
	}
	var all []*Charge
	for i := range c.w.charges {
		x := &c.w.charges[i]
		if x.AccountID == c.account.id && !x.At.Before(from) && x.At.Before(to) {
			all = append(all, x)
		}
	}
	invoiced := func(a, b *Charge) int { return a.At.Compare(b.At) }
	byOperation := by(func(x *Charge) int64 { return x.Operation })
	if bad := order(c, all, "invoiced", map[string]func(a, b *Charge) int{"invoiced": invoiced}, byOperation); bad != nil {
		return *bad
	}
	return page(c, all, renderCharge)
}
