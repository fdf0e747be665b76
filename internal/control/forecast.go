package control

import (
	"context"
	"net/http"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// Forecast is what a policy will spend, and what it will let go, month by month, as long
// as prices and portfolios stay as they are.
type Forecast struct {
	At       time.Time       `json:"at"`
	Until    time.Time       `json:"until"`
	Mode     portfolio.Mode  `json:"mode"`
	Policy   string          `json:"policy"`
	Instance string          `json:"instance"`
	Months   []MonthForecast `json:"months"` // every one, in the policy's time zone
	Totals   MonthForecast   `json:"totals"` // whose month is ""
	Items    []ForecastItem  `json:"items"`  // in order of their moments
	// SeenAt is, of accounts that were not read to the end, when a sweep saw the rest, by
	// their ids.
	SeenAt   map[int64]time.Time `json:"seen_at"`
	Problems []string            `json:"problems"` // what could not be read or priced
}

// MonthForecast is what is expected of a month: of purchases, that in which they are made;
// of the rest, that in which the domains expire.
type MonthForecast struct {
	Month     string   `json:"month"` // YYYY-MM
	Renewals  Expenses `json:"renewals"`
	Asked     Expenses `json:"asked"`
	Blocked   Expenses `json:"blocked"`
	Vendor    Expenses `json:"vendor"`
	Held      int      `json:"held"`
	LetLapse  int      `json:"let_lapse"`
	Uncovered int      `json:"uncovered"`
}

// Expenses is some purchases that are expected.
type Expenses struct {
	Items     int             `json:"items"`
	Price     portfolio.Money `json:"price"`     // of those whose price is known
	Estimated int             `json:"estimated"` // whose price is not what was paid for them last
	Unknown   int             `json:"unknown"`   // whose price is not known
}

// ForecastItem is what is expected of a domain at a moment.
type ForecastItem struct {
	Account     int64            `json:"account"`
	AccountName string           `json:"account_name"`
	ID          int64            `json:"id"`
	Name        string           `json:"name"`
	Unicode     string           `json:"unicode_name,omitempty"`
	At          time.Time        `json:"at"`
	ExpiresAt   time.Time        `json:"expires_at"` // before that
	Fate        Fate             `json:"fate"`
	Rule        string           `json:"rule"`
	Do          portfolio.Action `json:"do"`
	Years       int              `json:"years"`
	Price       *portfolio.Money `json:"price"`
	PriceFrom   PriceFrom        `json:"price_from"` // "" where it is not known
	Reason      string           `json:"reason"`
}

// LongestForecast is how far a forecast may reach: further, nothing stays as it is.
func LongestForecast() rules.Distance { return rules.Distance{Years: 10} }

func (h *handler) forecast(w http.ResponseWriter, r *http.Request) {
	f, err := h.makeForecast(r)
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, f)
}

func (h *handler) makeForecast(r *http.Request) (Forecast, error) {
	v, err := parameters(r, "until")
	if err != nil {
		return Forecast{}, err
	}
	within, err := rules.ParseDistance(v["until"])
	if err != nil {
		return Forecast{}, problem(http.StatusBadRequest, "until when? %s", clip(err.Error()))
	}
	if within.Compare(LongestForecast()) > 0 {
		return Forecast{}, problem(http.StatusBadRequest, "%s is too far ahead: a forecast reaches %s at most", within, LongestForecast())
	}
	if h.Surveyor == nil || h.Prices == nil {
		return Forecast{}, problem(http.StatusConflict, "nobody here knows what lies ahead")
	}
	return h.forecastUntil(r.Context(), within)
}

func (h *handler) forecastUntil(ctx context.Context, within rules.Distance) (Forecast, error) {
	now, policy := h.Now(), h.Policy()
	until := within.After(now)
	out := Forecast{
		At: now, Until: until, Mode: policy.Mode, Policy: policy.Hash, Instance: h.Instance, Items: []ForecastItem{}, Problems: []string{},
		SeenAt: map[int64]time.Time{},
	}
	survey, err := h.Surveyor.Survey(ctx, now, until)
	if err != nil {
		return out, err
	}
	for _, p := range survey.Problems {
		out.Problems = append(out.Problems, p.Error())
	}
	if survey.SeenAt != nil {
		out.SeenAt = survey.SeenAt
	}
	costs := newCosts(ctx, h)
	s := simulation{policy: policy, ceilings: h.Machine.Ceilings(), now: now, until: until, cost: costs.of}
	if h.AutoRenewalWindow != nil {
		s.window = h.AutoRenewalWindow()
	}
	for _, f := range survey.Domains {
		last, ok, err := h.Prices.LastPurchase(f.ID, f.Name)
		if err != nil {
			return out, err
		}
		if !ok {
			last.At = time.Time{}
		}
		for _, step := range s.play(f, last.At) {
			out.Items = append(out.Items, ForecastItem{
				Account: f.AccountID, AccountName: h.nameOf(f.AccountID), ID: f.ID, Name: f.Name, Unicode: unicodeName(f.Name), At: step.at.UTC(),
				ExpiresAt: step.expiresAt, Fate: step.fate, Rule: step.rule, Do: step.do, Years: step.years,
				Price: step.cost.Price, PriceFrom: step.cost.From, Reason: step.reason,
			})
		}
		if costs.err != nil {
			return out, costs.err
		}
	}
	if err := ctx.Err(); err != nil {
		return out, err
	}
	out.Problems = append(out.Problems, costs.problems...)
	out.sum(policy.Location)
	return out, nil
}
