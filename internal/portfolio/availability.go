package portfolio

// DomainCheck is whether a name can be registered now, as the registry says.
type DomainCheck struct {
	Name      string // A-labels, lower case
	Available bool
	Premium   bool // it has a price of its own, which a purchase must confirm
}

// Availability is what DNSimple's research found out about a name.
type Availability string

// The availabilities that DNSimple documents. Only the first says that a name is
// free, and only a check can confirm it.
const (
	AvailabilityAvailable   Availability = "available"
	AvailabilityUnavailable Availability = "unavailable"
	AvailabilityUnknown     Availability = "unknown"
)

// Research is what DNSimple's research found out about a name. It costs less of
// the request limits than a [DomainCheck], and proves less.
type Research struct {
	Name         string // A-labels, lower case
	RequestID    string // of the research
	Availability Availability
	Errors       []string // why the name cannot be researched or registered
}

// PremiumAction is what a premium price is asked for.
type PremiumAction string

// The actions that a premium price is told for.
const (
	PremiumRegistration PremiumAction = "registration"
	PremiumRenewal      PremiumAction = "renewal"
	PremiumTransfer     PremiumAction = "transfer"
)
