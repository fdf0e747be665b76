package portfolio

import "time"

// PauseScope is what a pause stops. Beside the scopes named here, a kind of operation
// is one: DNSimple refuses the token that kind of call.
type PauseScope string

// The scopes of pauses.
const (
	// PauseAccount: DNSimple refuses the token. The account is not scanned, but to try it
	// again; what is under way there is asked for as before.
	PauseAccount PauseScope = "account"
	// PauseByHand: an operator wants nothing to be changed. The account is read, and
	// what is under way is followed.
	PauseByHand PauseScope = "by-hand"
	// PausePurchases: DNSimple refuses its payment.
	PausePurchases PauseScope = "purchases"
	// PauseBreaker: of several purchases nobody knows what became of them.
	PauseBreaker PauseScope = "breaker"
	// PauseRestored: the state is an old copy, and what was bought since is not in it.
	// Nothing is bought. It is one for all accounts.
	PauseRestored PauseScope = "restored"
)

// PauseOf is the scope of a pause of one kind of operation.
func PauseOf(kind OperationKind) PauseScope { return PauseScope(kind) }

// Pause is what an account may not do for a while.
type Pause struct {
	AccountID int64      `json:"account"` // 0: every account
	Scope     PauseScope `json:"scope"`
	Reason    string     `json:"reason"`
	By        string     `json:"by"` // "daemon", or the operator
	Since     time.Time  `json:"since"`
	// ProbeAt is when it is tried whether it still has its reason; zero: that is for
	// somebody else to say.
	ProbeAt time.Time `json:"probe_at,omitzero"`
	Probes  int       `json:"probes,omitempty"` // how often it was tried
}

// Stops says whether the pause keeps an account from operations of a kind.
func (p Pause) Stops(account int64, kind OperationKind) bool {
	if p.AccountID != 0 && p.AccountID != account {
		return false
	}
	switch p.Scope {
	case PauseAccount, PauseByHand:
		return true
	case PausePurchases, PauseBreaker, PauseRestored:
		return kind.Purchase()
	}
	return p.Scope == PauseOf(kind)
}

// FindPause gives the pause of an account, 0: of all, with a scope; nil where there is none.
func FindPause(pauses []Pause, account int64, scope PauseScope) *Pause {
	for i, p := range pauses {
		if p.AccountID == account && p.Scope == scope {
			return &pauses[i]
		}
	}
	return nil
}

// Watch is what is remembered of an account's domains between two scans: those that
// the last one that read them all found inside its horizon.
type Watch struct {
	AccountID int64
	SeenAt    time.Time // when they were read
	// SteadyAt is the earliest read since which none of them has shown another
	// expiration or another state.
	SteadyAt time.Time
	Domains  []Domain // by id
}
