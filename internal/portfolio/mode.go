package portfolio

// Mode says how far domaind may go. The strictest of the global, the account's
// and the rule's mode applies. The zero value says nothing and restricts nothing.
type Mode string

// The modes, the strictest first.
const (
	ModeDryRun Mode = "dry-run" // report what would be done
	ModeAsk    Mode = "ask"     // do it after a person has approved it
	ModeAct    Mode = "act"     // do it
)

// strictness orders the modes; a mode that nobody knows is the strictest.
func (m Mode) strictness() int {
	switch m {
	case ModeAct, "":
		return 0
	case ModeAsk:
		return 1
	default:
		return 2
	}
}

// Strictest returns the strictest of the modes, ModeAct where none says anything.
func Strictest(modes ...Mode) Mode {
	strictest := ModeAct
	for _, m := range modes {
		if m.strictness() > strictest.strictness() {
			strictest = m
		}
	}
	return strictest
}

// Level says how urgent an event is.
type Level string

// The levels of events, the least urgent first.
const (
	LevelInfo   Level = "info"
	LevelNotice Level = "notice"
	LevelAlert  Level = "alert"
)

// Action is what a rule says to do ("do" in a policy).
type Action string

// The actions of rules.
const (
	ActionRenew    Action = "renew"
	ActionRestore  Action = "restore"
	ActionHold     Action = "hold"
	ActionLetLapse Action = "let-lapse"
	ActionAlert    Action = "alert"
	ActionAccept   Action = "accept"
	ActionReject   Action = "reject"
	ActionCancel   Action = "cancel"
	ActionRegister Action = "register"
	// ActionAutoRenewal is never written in a policy: it is how a renew rule is obeyed
	// under a TLD whose names are renewed by DNSimple's own auto-renewal only.
	ActionAutoRenewal Action = "auto-renewal"
)
