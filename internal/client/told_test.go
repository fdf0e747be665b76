package client

import (
	"iter"

	"domaind/internal/portfolio"
)

// mapped applies a function to each entry.
func mapped[T, U any](list []T, f func(T) U) []U {
	out := make([]U, 0, len(list))
	for _, entry := range list {
		out = append(out, f(entry))
	}
	return out
}

// entriesOf reads a list to its end, as objects.
func entriesOf[T any](list iter.Seq2[portfolio.Page[T], error], told func(T) object) ([]object, error) {
	return gather(list, told)
}

// gather reads a list to its end, as what a function makes of each entry.
func gather[T, U any](list iter.Seq2[portfolio.Page[T], error], told func(T) U) ([]U, error) {
	var objects []U
	for page, err := range list {
		if err != nil {
			return nil, err
		}
		if len(page.Problems) != 0 {
			return nil, page.Problems[0]
		}
		objects = append(objects, mapped(page.Items, told)...)
	}
	return objects, nil
}

func domainTold(d portfolio.Domain) object {
	return object{
		"id": d.ID, "account_id": d.AccountID, "registrant_id": d.RegistrantID, "name": d.Name, "unicode_name": d.UnicodeName, "state": string(d.State),
		"auto_renew": d.AutoRenew, "private_whois": d.WhoisPrivacy, "trustee": d.Trustee, "expires_at": d.ExpiresAt, "created_at": d.CreatedAt, "updated_at": d.UpdatedAt,
	}
}

func purchaseTold(p portfolio.Purchase) object {
	return object{"id": p.ID, "domain_id": p.DomainID, "period": p.Period, "state": string(p.State), "created_at": p.CreatedAt, "updated_at": p.UpdatedAt}
}

func registrationTold(r portfolio.Registration) object {
	o := purchaseTold(r.Purchase)
	o["registrant_id"], o["auto_renew"], o["whois_privacy"], o["trustee"] = r.RegistrantID, r.AutoRenew, r.WhoisPrivacy, r.Trustee
	return o
}

func transferTold(r portfolio.Transfer) object {
	o := purchaseTold(r.Purchase)
	o["registrant_id"], o["auto_renew"], o["whois_privacy"], o["trustee"] = r.RegistrantID, r.AutoRenew, r.WhoisPrivacy, r.Trustee
	o["status_description"] = r.StatusDescription
	return o
}

func pushTold(p portfolio.Push) object {
	return object{
		"id": p.ID, "domain_id": p.DomainID, "contact_id": p.ContactID, "account_id": p.AccountID,
		"created_at": p.CreatedAt, "updated_at": p.UpdatedAt, "accepted_at": p.AcceptedAt,
	}
}

func changeTold(r portfolio.RegistrantChange) object {
	return object{
		"id": r.ID, "account_id": r.AccountID, "domain_id": r.DomainID, "contact_id": r.ContactID, "state": string(r.State),
		"extended_attributes": r.ExtendedAttributes, "registry_owner_change": r.RegistryOwnerChange, "irt_lock_lifted_by": r.IRTLockLiftedBy,
		"created_at": r.CreatedAt, "updated_at": r.UpdatedAt,
	}
}

func attributeTold(a portfolio.ExtendedAttribute) object {
	return object{"name": a.Name, "description": a.Description, "required": a.Required}
}

func tldTold(d portfolio.TLDDetails) object {
	return object{
		"tld": d.TLD, "auto_renew_only": d.AutoRenewOnly, "renewal_enabled": d.RenewalEnabled, "registration_enabled": d.RegistrationEnabled,
		"transfer_enabled": d.TransferEnabled, "minimum_registration": d.MinimumRegistration, "whois_privacy": d.WhoisPrivacy, "idn": d.IDN,
		"trustee_service_enabled": d.TrusteeEnabled, "trustee_service_required": d.TrusteeRequired,
	}
}
