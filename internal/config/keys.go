package config

import "domaind/internal/portfolio"

// The keys of the tables that are about the daemon; those of rules are in keysrule.go.
// Their order is that of messages and of the schema.

// maxID is the largest id: what every JSON reader can tell from its neighbours.
const maxID = 1 << 53

// modeWords is how far domaind may go, and what each word means.
func modeWords() [][2]string {
	return [][2]string{
		{string(portfolio.ModeDryRun), "reports what it would do, and changes nothing"},
		{string(portfolio.ModeAsk), "proposes what it would do, and does what a person has approved"},
		{string(portfolio.ModeAct), "does it, and spends money within the ceilings of [spending]"},
	}
}

// modes is the words alone.
func modes() []string { return firsts(modeWords()) }

func mainKeys() []key {
	return []key{
		{
			name: "mode", must: true, value: explained(modeWords),
			about: "How far domaind may go. Required; there is no default. An account or a rule may be stricter, never less strict.",
		},
		{
			name: "instance", preset: defaultInstance, value: pattern(`^[a-z0-9_-]{1,32}$`),
			about: "A name for this daemon: part of every event subject, and of the event stream. a-z, 0-9, - and _, at most 32 characters.",
		},
		{
			name: "state_dir", value: text(defaultStateDir),
			about: "Where domaind remembers what it has done. Never run two daemons on it, or one with an old copy of it. Default: $STATE_DIRECTORY, else " + defaultStateDir + ". A relative path is relative to this file.",
		},
		{
			name: "policies", value: maybe(text("policies/*.toml")),
			about: "More files with [[rule]] and [groups], and nothing else. Their rules come after those of this file: the patterns as listed, the files of each sorted by name. A pattern that matches no file is an error.",
		},
		{
			name: "timezone", preset: "UTC", value: text("Europe/Berlin"),
			about: "The time zone of schedules, of the days and months of [spending], and of dates: a name of the IANA database.",
		},
		{name: "dnsimple", value: tableWith("dnsimple"), about: "How DNSimple's API is reached."},
		{
			name: "account", must: true, value: accountTables,
			about: "The accounts at DNSimple: one [[account]] for each. At least one is acted on.",
		},
		{name: "schedule", value: tableWith("schedule"), about: `When each job runs: five cron fields (minute, hour, day, month, weekday), or "@hourly", "@daily", "@every 90m". A job that is still running is not started again.`},
		{
			name: "spending", value: tableWith("spending"),
			about: `Ceilings over all accounts. Nothing is bought that would pass one of them. max_per_purchase, max_per_day and max_per_month are required unless mode is "dry-run".`,
		},
		{name: "alerts", value: tableWith("alerts"), about: "When people are told of domains that may be lost."},
		{name: "reload", value: tableWith("reload"), about: "What a policy may change that is read while the daemon runs."},
		{name: "nats", value: natsTable, about: "Where events go: to a NATS JetStream server inside the daemon, or to yours."},
		{
			name: "groups", shared: true, value: namesTo(anyOf(listOf(namePattern), tableWith("group")), chosen),
			about: `Lists of names that rules share: name = ["example.com", "example.*"], or name = { file = "names.txt" }. * stands for any characters, ? for any one; internationalized names may be written either way.`,
		},
		{
			name: "rule", shared: true, value: ruleTables,
			about: "The rules. Every alert that matches is sent; a hold or let-lapse that matches wins, wherever it stands; else the first other rule that matches wins.",
		},
	}
}

func dnsimpleKeys() []key {
	return []key{
		{
			name: "endpoint", preset: defaultEndpoint,
			value: pattern(`^([Hh][Tt][Tt][Pp][Ss]://[^/?#@\s]+|[Hh][Tt][Tt][Pp]://([Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]|127\.[0-9.]+|\[[^\]/?#@\s]+\])(:[0-9]+)?)/*$`, "https://api.sandbox.dnsimple.com"),
			about: "The API. Plain http is allowed to this machine only.",
		},
		{
			name: "requests_per_hour", preset: defaultRequestsPerHour, value: whole(maxRequestsPerHour),
			about: "Requests for one token in an hour are never more than this, whatever the server allows. Lower it where other programs share the token.",
		},
		{
			name: "auto_renewal_window", preset: "14d", value: distance(),
			about: "DNSimple's own auto-renewal begins some days before an expiration and cannot be stopped then. Within this distance, domaind keeps its hands off a domain that has auto-renewal switched on.",
		},
	}
}

func accountKeys() []key {
	return []key{
		{name: "name", must: true, value: word("", "main"), about: "What rules call the account: letters, digits, - and _."},
		{name: "id", must: true, value: whole(maxID), about: "Its number, as DNSimple shows it in the address of its pages."},
		{name: "token", must: true, value: onePlace("token"), about: "Where its API token is found: a systemd credential, a file or an environment variable. The token itself is never written here."},
		{
			name: "contacts", value: namesTo(whole(maxID), contactNames),
			about: `Names for contact ids, which differ from account to account. "default" becomes the registrant of the pushes that are accepted, and of the names that are registered.`,
		},
		{name: "mode", value: explained(modeWords), about: "Stricter than the global mode, for this account alone."},
		{name: "role", value: choice(roles), about: `"source": the account is never acted on. Its token only proves that a push comes from there.`},
		{name: "spending", value: tableWith("account.spending"), about: "Narrows [spending] for this account. All keys are optional here, and those of [spending] hold all the same."},
	}
}

// roles is what else than acted on an account may be.
func roles() []string { return []string{"source"} }

func tokenKeys() []key {
	return []key{
		{name: secretCredential, value: word(".", "dnsimple-main"), about: "A systemd credential: LoadCredential=NAME:/path in the unit."},
		{name: secretFile, value: text("/etc/domaind/main.token"), about: "A file that only domaind's user can read. A relative path is relative to this file."},
		{name: secretEnv, value: word(".", "DNSIMPLE_TOKEN"), about: "An environment variable."},
	}
}

func scheduleKeys() []key {
	return []key{
		{name: "domains", preset: "0 */6 * * *", value: cronLine, about: "Domains, in order of their expiration, as far ahead as rules and alerts look."},
		{name: "portfolio", preset: "@daily", value: cronLine, about: "The whole portfolio: what was added, removed or changed is announced, and rules without a date in their match are looked at."},
		{name: "pushes", preset: "@every 1m", value: cronLine, about: "Pushes that wait to be accepted."},
		{name: "registrant_changes", preset: "@every 5m", value: cronLine, about: "Changes of registrants that are under way."},
		{name: "names", preset: "@hourly", value: cronLine, about: "Names that are watched until they are free. Each of them is looked at once a day at most."},
	}
}

func spendingKeys() []key {
	return []key{
		{name: "max_per_purchase", value: amount, about: "The most that one purchase may cost, in US dollars."},
		{name: "max_per_day", value: amount, about: "The most that may be spent in a day, in US dollars."},
		{name: "max_per_month", value: amount, about: "The most that may be spent in a month, in US dollars."},
		{name: "max_purchases_per_day", value: whole(maxPurchases), about: "How many purchases there may be in a day. Without it, only the amounts count."},
		{name: "max_price_increase", value: percent, about: "By how much more a renewal or restore may cost, per year of its term, than was last paid for the same domain. Without it, by any."},
		{name: "ask_above", value: amount, about: "What a rule buys for more than this waits until a person has approved it, in any mode. The lowest of the rule's, the account's and the global one holds."},
	}
}

func alertsKeys() []key {
	return []key{
		{name: "warn_within", preset: "60d", value: distance(), about: "A domain that expires within this distance, and that no rule takes care of, is announced as uncovered."},
		{
			name: "before_expiry", preset: []string{"30d", "14d", "7d", "3d", "1d"}, value: some(distance()),
			about: "A registered domain that is still not renewed at one of these distances before its expiration is announced, whatever the reason, with the cause and the day on which it is lost. At least one, and 2y at most.",
		},
	}
}

func reloadKeys() []key {
	return []key{{
		name: "max_changed", preset: defaultMaxChanged.String(), value: wholePercent,
		about: `A policy that would change more of the decisions than this waits for "domaind reload --accept HASH", and so does one that leaves a domain without a rule.`,
	}}
}

func natsKeys() []key {
	server := pattern(`^([Nn][Aa][Tt][Ss]|[Tt][Ll][Ss])://[^/?#@\s]+/*$`, "tls://nats.example.com:4222")
	return []key{
		{
			name: "url", value: maybe(server),
			about: "Your servers: nats:// or tls://. Empty: the embedded server.",
		},
		{name: "listen", preset: defaultListen, value: pattern(`^[^\s/@]*:[0-9]+$`), about: "Where the embedded server listens."},
		{name: "credentials", value: onePlace("nats.credentials"), about: "Who domaind is at your servers: a .creds file, or a systemd credential. Only together with url."},
	}
}

func credentialsKeys() []key {
	keys := tokenKeys()
	return []key{keys[1], keys[0]} // not from the environment: it is a file that is read again
}

func groupKeys() []key {
	return []key{{
		name: secretFile, must: true, value: text("defensive.txt"),
		about: "A file with one name or pattern on each line; # begins a comment. A missing or empty file is an error. A relative path is relative to the file that names it.",
	}}
}
