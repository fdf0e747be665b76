package portfolio

// ExtendedAttribute is something that a registry wants to know beyond the contact,
// when a name under its TLD is registered, transferred, or given another
// registrant. What is sent maps names to values.
type ExtendedAttribute struct {
	Name        string // as it is sent: "x-id-number"
	Description string
	Required    bool
	Options     []ExtendedOption // the values to choose from; none: any value
}

// ExtendedOption is a value that an [ExtendedAttribute] may have.
type ExtendedOption struct {
	Title       string
	Value       string // as it is sent
	Description string
}

// ChangeCheck is what a change of a domain's registrant would need.
type ChangeCheck struct {
	DomainID  int64
	ContactID int64 // the registrant to be
	// ExtendedAttributes are to be sent with the change; none: nothing is wanted.
	ExtendedAttributes []ExtendedAttribute
	// RegistryOwnerChange says that the registry counts it as a change of the owner,
	// which can lock the domain against transfers for 60 days.
	RegistryOwnerChange bool
}
