package portfolio

import "time"

// Verdict is what will happen to a resource, in one word.
type Verdict string

// The verdicts. A policy gives act, would-act, hold, let-lapse, uncovered and
// none; the executor's guards turn act and would-act into wait or blocked.
const (
	VerdictAct       Verdict = "act"       // it will be done now
	VerdictWouldAct  Verdict = "would-act" // it would be, but for dry-run
	VerdictAsk       Verdict = "ask"       // a person is asked first
	VerdictBlocked   Verdict = "blocked"   // a guard forbids it: a ceiling, a paused account, …
	VerdictWait      Verdict = "wait"      // not yet: something is under way, or it is somebody else's turn
	VerdictHold      Verdict = "hold"
	VerdictLetLapse  Verdict = "let-lapse"
	VerdictUncovered Verdict = "uncovered" // near its end, and no rule speaks of it
	VerdictNone      Verdict = "none"      // nothing to do
)

// CodeUnread is the code of a decision about a domain that could not be read, as it
// was seen last: nothing is done, but its owner is warned.
const CodeUnread = "account-unread"

// CodeClock is the code of a decision that is not carried out because the clock here
// and DNSimple's disagree.
const CodeClock = "clock"

// Alert is a rule's wish that people be told.
type Alert struct {
	Rule   string        `json:"rule"`
	RuleAt string        `json:"rule_at"`
	Level  Level         `json:"level"`
	Text   string        `json:"text"`
	Repeat time.Duration `json:"-"` // 0: once
}

// Decision is what the policy says about one resource now, and why.
type Decision struct {
	Resource Resource
	Account  string // the account's name
	Verdict  Verdict
	Code     string // the reason as a stable word: "rule", "held", "max-per-day", …
	Reason   string // the reason as a sentence
	Rule     string // the rule that won; "" where none did
	RuleAt   string // its place: "config.toml:42"
	Do       Action // what is to be done; "" where nothing is
	Mode     Mode   // the mode that applies
	Years    int    // what a renewal buys
	MaxPrice *Money // the rule's own ceiling
	Contact  int64  // the registrant of an accepted push, or of a name that is registered
	Terms    *Terms // what else a registration asks for; nil where nothing is registered
	// AskAbove, MaxIncrease, AnswerWithin and Silence are the rule's own; nil and zero say
	// nothing.
	AskAbove     *Money
	MaxIncrease  *Percent
	AnswerWithin time.Duration
	Silence      Silence
	// Approval lets it go whatever the mode; nil where nobody gave one.
	Approval *Approval
	Loud     bool // announced as an alert whatever its outcome (restores)
	Labels   map[string]string
	Alerts   []Alert  // every alert that matches
	Trials   []string // what rules in dry-run would have done, one sentence each
	Policy   string   // the hash of the policy that decided

	Op      string    // the short id of the operation that it waits for, or that failed; "" where there is none
	Price   *Money    // worst case, in US dollars; nil where none was asked
	PriceAt time.Time // when the price was read
	PerYear Money     // of the price, what a year of the term costs; 0 where none was asked
}
