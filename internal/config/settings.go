package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

const (
	defaultInstance        = "main"
	defaultStateDir        = "/var/lib/domaind"
	defaultEndpoint        = "https://api.dnsimple.com"
	defaultRequestsPerHour = 2400
	defaultListen          = "127.0.0.1:4222"

	maxInstance        = 32
	maxRequestsPerHour = 100_000
)

// settings reads what is about the daemon itself.
func (l *loader) settings(root *node) {
	c := l.cfg
	c.Mode = l.mode(root)
	if root.get("mode") == nil {
		l.fail(root, `"mode" is missing; it says how far domaind may go, and has no default`).
			hint(`write mode = "dry-run" to see what would be done, "ask" to be asked first, or "act" to do it`)
	}
	c.Instance = defaultInstance
	if text, n := l.str(root, "instance", defaultInstance); n != nil {
		if !wellFormed(text, "", maxInstance) || strings.ToLower(text) != text {
			l.fail(n, "the instance %s is part of event subjects: it may have a-z, 0-9, - and _, and at most %d of them", quote(text), maxInstance)
		}
		c.Instance = text
	}
	c.StateDir = l.stateDir(root)
	c.Location = l.timezone(root)
	l.dnsimple(l.table(root, "dnsimple"))
	l.schedule(l.table(root, "schedule"))
	l.alerts(l.table(root, "alerts"))
	l.reload(l.table(root, "reload"))
	l.nats(l.table(root, "nats"))
}

// defaultMaxChanged is the share of the decisions that a reload may change unasked.
const defaultMaxChanged portfolio.Percent = 5

// reload reads what a policy may change that is read while a daemon runs.
func (l *loader) reload(t *node) {
	l.checkKeys(t, "reload")
	l.cfg.Reload.MaxChanged = defaultMaxChanged
	if share := l.percent(t, "max_changed"); share != nil {
		l.cfg.Reload.MaxChanged = *share
		if *share > 100 {
			l.fail(t.get("max_changed"), `"max_changed" is %s, and no policy changes more than all decisions`, *share).hint(`write a share up to "100%"`)
		}
	}
}

// stateDir is where the state is kept: as written, else where systemd says, else
// the usual place.
func (l *loader) stateDir(root *node) string {
	if text, n := l.str(root, "state_dir", defaultStateDir); n != nil {
		return relative(n, text)
	}
	dirs, _ := l.env.Lookup("STATE_DIRECTORY")
	if first, _, _ := strings.Cut(dirs, ":"); first != "" {
		return first
	}
	return defaultStateDir
}

// timezone is the location of schedules, days and months.
func (l *loader) timezone(root *node) *time.Location {
	text, n := l.str(root, "timezone", "Europe/Berlin")
	if n == nil {
		return time.UTC
	}
	loc, err := time.LoadLocation(text)
	if err != nil || text == "Local" {
		l.fail(n, "the time zone %s is not known", quote(text)).
			hint(`write a name of the IANA database, like "UTC", "Europe/Berlin" or "America/New_York"`)
		return time.UTC
	}
	return loc
}

// dnsimple reads how the API is reached.
func (l *loader) dnsimple(t *node) {
	l.checkKeys(t, "dnsimple")
	l.cfg.DNSimple = DNSimple{
		Endpoint: defaultEndpoint, RequestsPerHour: defaultRequestsPerHour, AutoRenewalWindow: rules.Distance{Days: 14},
	}
	if text, n := l.str(t, "endpoint", defaultEndpoint); n != nil {
		l.cfg.DNSimple.Endpoint = l.endpoint(n, text)
	}
	if count, n := l.whole(t, "requests_per_hour", maxRequestsPerHour); n != nil {
		l.cfg.DNSimple.RequestsPerHour = int(count)
	}
	if d, n := l.distance(t, "auto_renewal_window"); n != nil {
		l.cfg.DNSimple.AutoRenewalWindow = d
	}
}

// endpoint checks the API's base URL: tokens are sent there.
func (l *loader) endpoint(n *node, text string) string {
	u, err := url.Parse(text)
	const right = `write https:// and a host, like "https://api.dnsimple.com"`
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http" || !goodPort(u.Port()):
		l.fail(n, `"endpoint" is not the URL of an API`).hint(right)
	case u.User != nil:
		l.fail(n, `"endpoint" holds a user or password, which do not belong there`).hint(right + "; the token stands in [[account]]")
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		l.fail(n, `"endpoint" has more than a host and a port`).hint(right + "; the path is added to it")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		l.fail(n, `"endpoint" would send tokens unencrypted: http is for loopback addresses only`).hint(right)
	}
	return strings.TrimRight(text, "/")
}

// goodPort says whether a port is one, or not given.
func goodPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

// loopback says whether a host is this machine, whatever a resolver thinks.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// nats reads where events go.
func (l *loader) nats(t *node) {
	l.checkKeys(t, "nats")
	l.cfg.NATS.Listen = defaultListen
	if n := t.get("url"); n != nil && (n.kind != kindList || len(n.items) > 0) {
		for _, item := range l.list(n) {
			if l.isString(item, "tls://nats.example.com:4222") && l.natsURL(item) {
				l.cfg.NATS.URLs = append(l.cfg.NATS.URLs, item.text)
			}
		}
		if listen := t.get("listen"); listen != nil {
			l.warn(listen, `"listen" has no effect, since "url" names other servers: the embedded one is not started`)
		}
	}
	if text, n := l.str(t, "listen", defaultListen); n != nil {
		l.cfg.NATS.Listen = text
		l.listen(n)
	}
	creds := t.get("credentials")
	if creds == nil {
		return
	}
	secret := l.secret(creds, "nats.credentials")
	l.cfg.NATS.Credentials = &secret
	if t.get("url") == nil || t.get("url").kind == kindList && len(t.get("url").items) == 0 {
		l.failKey(creds, `"credentials" has no effect without "url": the embedded server makes its own users`).
			hint("name the servers in url, or remove it")
	}
}

// natsURL checks the URL of one NATS server.
func (l *loader) natsURL(n *node) bool {
	const right = `write nats:// or tls://, a host and a port, like "tls://nats.example.com:4222"`
	u, err := url.Parse(n.text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || !goodPort(u.Port()):
		l.fail(n, `"url" is not the URL of a NATS server`).hint(right)
	case u.User != nil:
		l.fail(n, `"url" holds a user, password or token: a secret does not belong in a configuration file`).
			hint(`write the URL without it, and credentials = { file = "…" } for a .creds file`)
	case u.Scheme != "nats" && u.Scheme != "tls":
		l.fail(n, `"url" begins with %s://, which is not known`, printable(u.Scheme)).hint(right)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.ForceQuery || strings.Contains(n.text, "#"):
		l.fail(n, `"url" has more than a host and a port`).hint(right)
	default:
		return true
	}
	return false
}

// listen checks where the embedded server listens.
func (l *loader) listen(n *node) {
	host, port, err := net.SplitHostPort(n.text)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil || strings.ContainsAny(host, " /@") {
		l.fail(n, `"listen" is not a host and a port: %s`, quote(n.text)).hint(`write them like "127.0.0.1:4222", or "[::1]:4222"`)
		return
	}
	if !loopback(host) {
		l.warn(n, `"listen" lets other machines reach the event server, without encryption; only its users keep them out`)
	}
}
