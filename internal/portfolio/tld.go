package portfolio

// TLDDetails is all that DNSimple says of a top-level domain (or registrable
// suffix) that a purchase can depend on.
type TLDDetails struct {
	TLDFacts
	WhoisPrivacy    bool // WHOIS privacy can be had
	IDN             bool // names beyond ASCII can be registered
	TrusteeEnabled  bool // a trustee can stand for the registrant
	TrusteeRequired bool // one must
}
