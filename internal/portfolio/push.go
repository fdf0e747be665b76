package portfolio

// PushTarget names the account that a domain is pushed to: by its identifier, or by
// the e-mail address of its owner, which DNSimple has deprecated. Exactly one is
// given.
type PushTarget struct {
	Identifier string // as the target's account page shows it
	Email      string
}
