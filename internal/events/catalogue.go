package events

import (
	"slices"

	"domaind/internal/portfolio"
)

// Entry documents one kind of event.
type Entry struct {
	About string          // the resource: portfolio.AboutDomain, …
	What  string          // what happened to it
	Level portfolio.Level // the usual level; rules may choose another for their alerts
	Text  string          // when it is emitted, as a sentence
}

// Catalogue returns every event that domaind emits, by resource in the order of
// the design, and within it in the order in which things happen.
func Catalogue() []Entry {
	const (
		info   = portfolio.LevelInfo
		notice = portfolio.LevelNotice
		alert  = portfolio.LevelAlert
	)
	return []Entry{
		{portfolio.AboutDomain, "would-act", notice, "A rule would have acted on the domain, but for its mode."},
		{portfolio.AboutDomain, "held", info, "A hold rule keeps every acting rule from the domain."},
		{portfolio.AboutDomain, "let-lapse", info, "A rule lets the domain lapse."},
		{portfolio.AboutDomain, "watched", info, "DNSimple renews the domain by itself; domaind watches that it does."},
		{portfolio.AboutDomain, "vendor-turn-late", alert, "DNSimple should have renewed the domain by itself, and has not."},
		{portfolio.AboutDomain, "uncovered", alert, "The domain expires soon, and no rule speaks of it."},
		{portfolio.AboutDomain, "expiring", alert, "The domain has come to a warning distance of its expiration, and is not renewed; notice where a rule, or DNSimple itself, renews it later."},
		{portfolio.AboutDomain, "blocked", alert, "A rule wants to act on the domain, and a guard or a ceiling forbids it."},
		{portfolio.AboutDomain, "alert", notice, "An alert rule matches the domain; the rule chooses the level."},

		{portfolio.AboutDomain, "added", notice, "The domain is in the account since the last sweep of the portfolio; info where domaind bought it."},
		{portfolio.AboutDomain, "removed", alert, "The domain is not in the account any more, and a second look has shown it; notice where an operation or a rule of ours explains it."},
		{portfolio.AboutDomain, "changed", notice, "The domain is another than the last sweep saw it: name, state, expiration, registrant, auto-renewal or privacy; alert where that endangers it, info where it was us."},

		{portfolio.AboutPush, "announced", notice, "An operator announced a push: once the domain is pushed to the account, it is accepted."},
		{portfolio.AboutPush, "announcement-ended", notice, "An announcement of a push holds no more: an operator revoked or replaced it, or nothing came in time."},
		{portfolio.AboutPush, "seen", notice, "A push waits to be accepted, and its source is proven; info where a rule speaks of it."},
		{portfolio.AboutPush, "unproven", alert, "A push waits to be accepted, and its source cannot be proven."},
		{portfolio.AboutPush, "held", info, "A hold rule keeps every acting rule from the push."},
		{portfolio.AboutPush, "would-act", notice, "A rule would have acted on the push, but for its mode."},
		{portfolio.AboutPush, "blocked", alert, "A rule wants to act on the push, and a guard forbids it."},
		{portfolio.AboutPush, "alert", notice, "An alert rule matches the push; the rule chooses the level."},

		{portfolio.AboutChange, "seen", alert, "A change of a domain's registrant is under way, or was completed; info where a rule speaks of it."},
		{portfolio.AboutChange, "held", info, "A hold rule keeps every acting rule from the registrant change."},
		{portfolio.AboutChange, "would-act", notice, "A rule would have cancelled the registrant change, but for its mode."},
		{portfolio.AboutChange, "blocked", alert, "A rule wants to cancel the registrant change, and a guard forbids it."},
		{portfolio.AboutChange, "alert", notice, "An alert rule matches the registrant change; the rule chooses the level."},

		{portfolio.AboutName, "seen", info, "A watched name was looked at: it is free, or somebody has it, or nobody can say."},
		{portfolio.AboutName, "free", notice, "A watched name is free."},
		{portfolio.AboutName, "would-act", notice, "A rule would have registered the name, but for its mode."},
		{portfolio.AboutName, "blocked", alert, "A rule wants to register the name, and a guard or a ceiling forbids it."},
		{portfolio.AboutName, "taken", notice, "A watched name that was free is somebody's now."},
		{portfolio.AboutName, "alert", notice, "An alert rule matches a name that is free; the rule chooses the level."},

		{portfolio.AboutOperation, "asked", notice, "The operation waits for an answer (domaind approve, domaind deny), and is asked for again the more often the nearer its end; alert where that is near, or where it has waited for long."},
		{portfolio.AboutOperation, "approved", notice, "Somebody let go what was asked, or nobody answered and its rule says what that means."},
		{portfolio.AboutOperation, "denied", notice, "Somebody said no to what was asked, or nobody answered and its rule says that this is a no; alert where that was silence."},
		{portfolio.AboutOperation, "withdrawn", info, "A question need not be answered any more: what it shows has moved, or the policy wants something else, or it was done by hand."},
		{portfolio.AboutOperation, "reserved", info, "The worst-case price is set aside; nothing was sent."},
		{portfolio.AboutOperation, "armed", info, "The request is about to leave."},
		{portfolio.AboutOperation, "pending", info, "DNSimple accepted the request and works on it; alert where a rule restores the domain."},
		{portfolio.AboutOperation, "done", notice, "The operation is done, and the evidence is there; alert where a rule restores the domain, or where DNSimple calls it failed."},
		{portfolio.AboutOperation, "failed", alert, "The operation failed; its money is released. Info where it tried in vain whether a pause still has its reason, notice where an operator said so."},
		{portfolio.AboutOperation, "unknown", alert, "The request may have had its effect; it is looked for, and never sent again."},
		{portfolio.AboutOperation, "delayed", alert, "The operation does not come forward; the text says why."},
		{portfolio.AboutOperation, "waiting", info, "The request has not left, or may leave again, and is tried again."},
		{portfolio.AboutOperation, "released", notice, "The money that was set aside is free again; nothing was sent."},
		{portfolio.AboutOperation, "charged", info, "The charge was found in the account's billing, or is not looked for any more."},
		{portfolio.AboutOperation, "safety-net", alert, "Nobody knows whether the domain was renewed, and DNSimple's own auto-renewal is switched on in its place; notice where it is on, or as it was."},
		{portfolio.AboutOperation, "leaving", notice, "A domain of which the code for another registrar was sent has left; alert where it is here still after thirty days."},
		{portfolio.AboutOperation, "price-differs", alert, "DNSimple charged more than was set aside."},

		{portfolio.AboutAccount, "paused", alert, "Something is not done in the account any more: DNSimple refuses its token, its payment or that kind of call, or nobody knows what became of its purchases; notice where an operator said so."},
		{portfolio.AboutAccount, "resumed", notice, "What was paused in the account is done again."},

		{portfolio.AboutScan, "completed", info, "A scan read everything that it looks at."},
		{portfolio.AboutScan, "problem", alert, "An account, or something in it, could not be read or understood; the rest was."},
		{portfolio.AboutScan, "failed", alert, "A scan could not be finished; it runs again at its next tick."},

		{portfolio.AboutDaemon, "started", notice, "The daemon started."},
		{portfolio.AboutDaemon, "reloaded", notice, "The configuration was read anew, and is obeyed."},
		{portfolio.AboutDaemon, "reload-waits", alert, "A policy was read that would change much, or that leaves domains without a rule: it waits until an operator accepts it."},
		{portfolio.AboutDaemon, "reload-failed", alert, "The configuration was to be read anew, and is not obeyed: something in it is wrong, or needs a restart."},
		{portfolio.AboutDaemon, "stopped", notice, "The daemon stopped."},
		{portfolio.AboutDaemon, "restored", alert, "The state is an old copy, and what was bought since is not in it: nothing is bought for now."},
		{portfolio.AboutDaemon, "settled", notice, "The state was an old copy, and purchases go on."},
		{portfolio.AboutDaemon, "uncounted", alert, "The file beside the state cannot be written, by which an old copy of it would be found out: nothing is bought for now."},
		{portfolio.AboutDaemon, "events-dropped", notice, "Nobody takes events, and the oldest of level info were dropped."},
	}
}

// Known says whether the catalogue has the event.
func Known(about, what string) bool {
	return slices.ContainsFunc(Catalogue(), func(e Entry) bool { return e.About == about && e.What == what })
}
