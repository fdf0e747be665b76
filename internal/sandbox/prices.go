package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

type pricesBody struct {
	Domain            string `json:"domain"`
	Premium           bool   `json:"premium"`
	RegistrationPrice cents  `json:"registration_price"`
	RenewalPrice      cents  `json:"renewal_price"`
	TransferPrice     cents  `json:"transfer_price"`
	RestorePrice      cents  `json:"restore_price"`
	TrusteePrice      cents  `json:"trustee_price"`
}

// getPrices answers for any name under a suffix that is sold, whoever has it.
func getPrices(c *call) reply {
	name, valid := c.named()
	if !valid {
		name = strings.ToLower(c.params[":domain"])
	}
	t, p, premium := c.w.quote(name)
	if t == nil {
		return unsupported(name)
	}
	return data(http.StatusOK, pricesBody{name, premium, p.registration, p.renewal, p.transfer, p.restore, t.trustee})
}

type tldBody struct {
	TLD                    string `json:"tld"`
	TLDType                int    `json:"tld_type"`
	WhoisPrivacy           bool   `json:"whois_privacy"`
	AutoRenewOnly          bool   `json:"auto_renew_only"`
	IDN                    bool   `json:"idn"`
	MinimumRegistration    int    `json:"minimum_registration"`
	RegistrationEnabled    bool   `json:"registration_enabled"`
	RenewalEnabled         bool   `json:"renewal_enabled"`
	TransferEnabled        bool   `json:"transfer_enabled"`
	DNSSECInterfaceType    string `json:"dnssec_interface_type"`
	NameServerMin          string `json:"name_server_min"` // strings, as recorded
	NameServerMax          string `json:"name_server_max"`
	TrusteeServiceEnabled  bool   `json:"trustee_service_enabled"`
	TrusteeServiceRequired bool   `json:"trustee_service_required"`
}

func renderTLD(t *tld) tldBody {
	return tldBody{
		TLD: t.name, TLDType: t.kind, WhoisPrivacy: !t.noPrivacy, AutoRenewOnly: t.autoRenewOnly, IDN: !t.noIDN,
		MinimumRegistration: t.minimum, RegistrationEnabled: !t.noRegistrations, RenewalEnabled: !t.noRenewals,
		TransferEnabled: !t.noTransfers, DNSSECInterfaceType: "ds", NameServerMin: "2", NameServerMax: "13",
		TrusteeServiceEnabled: t.trustee > 0,
	}
}

func listTLDs(c *call) reply {
	all := slices.SortedFunc(func(yield func(*tld) bool) {
		for _, t := range c.w.tlds {
			if !yield(t) {
				return
			}
		}
	}, func(a, b *tld) int { return cmp.Compare(a.name, b.name) })
	byName := by(func(t *tld) string { return t.name })
	if bad := order(c, all, "tld", map[string]func(a, b *tld) int{"tld": byName}, byName); bad != nil {
		return *bad
	}
	return page(c, all, renderTLD)
}

func getTLD(c *call) reply {
	t := c.w.tlds[strings.ToLower(c.params[":tld"])]
	if t == nil {
		return notFound("TLD", c.params[":tld"])
	}
	return data(http.StatusOK, renderTLD(t))
}
