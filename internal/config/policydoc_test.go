package config

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"domaind/internal/portfolio"
	"domaind/internal/rules"
)

// policyDoc explains the policy language, and all its examples are run here.
const policyDoc = "../../docs/policy.md"

// example is one example of the document: a block of TOML that is a main file or the part
// of one, the files that stand before it, and what stands below it.
type example struct {
	line    int // of its fence
	text    string
	files   files
	decides []string // "FACTS → OUTCOME"
	at      int      // the line of the first of them
}

// header is the line of a table.
var header = regexp.MustCompile(`(?m)^\[+([a-z_]+)`)

// examplesOf reads the blocks of the document. A block whose first line is a comment that
// names a file is that file; it belongs to the next block that is none.
func examplesOf(t *testing.T) (prose string, list []example) {
	t.Helper()
	text, err := os.ReadFile(policyDoc)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`^# ((policies/)?[a-z0-9-]+\.(txt|toml))\b`)
	beside := files{}
	var words strings.Builder
	lines := strings.Split(string(text), "\n")
	for i := 0; i < len(lines); i++ {
		kind, fenced := strings.CutPrefix(lines[i], "```")
		if !fenced {
			words.WriteString(lines[i] + "\n")
			continue
		}
		from := i + 1
		long := slices.Index(lines[from:], "```")
		if long < 1 {
			t.Fatalf("policy.md:%d: the block is empty, or does not end", from)
		}
		i = from + long
		block := lines[from:i]
		file := named.FindStringSubmatch(block[0])
		switch {
		case kind == "decides" && len(list) > 0 && list[len(list)-1].decides == nil:
			list[len(list)-1].decides, list[len(list)-1].at = block, from+1
		case file != nil && (kind == "toml" || kind == "text"):
			beside["dir/"+file[1]] = strings.Join(block, "\n") + "\n"
		case kind == "toml":
			list = append(list, example{line: from, text: strings.Join(block, "\n") + "\n", files: beside})
			beside = files{}
		default:
			t.Fatalf("policy.md:%d: a block of %q, which nobody runs", from, kind)
		}
	}
	return words.String(), list
}

// complete puts the first example of the document around another one: what that says itself
// stands in the place of what the first one says.
func complete(around, part string) string {
	cut := func(text string) (top string, tables []string) {
		starts := header.FindAllStringIndex(text, -1)
		if len(starts) == 0 {
			return text, nil
		}
		for i, s := range starts {
			end := len(text)
			if i+1 < len(starts) {
				end = starts[i+1][0]
			}
			tables = append(tables, text[s[0]:end])
		}
		return text[:starts[0][0]], tables
	}
	said := func(text, table string) bool {
		return slices.ContainsFunc(header.FindAllStringSubmatch(text, -1), func(m []string) bool { return m[1] == table })
	}
	key := regexp.MustCompile(`(?m)^([a-z_]+) *=`)
	top, tables := cut(part)
	aroundTop, aroundTables := cut(around)
	var b strings.Builder
	b.WriteString(top)
	for line := range strings.Lines(aroundTop) {
		m := key.FindStringSubmatch(line)
		if m == nil || !slices.ContainsFunc(key.FindAllStringSubmatch(top, -1), func(o []string) bool { return o[1] == m[1] }) {
			b.WriteString(line)
		}
	}
	for _, table := range aroundTables {
		if !said(part, header.FindStringSubmatch(table)[1]) {
			b.WriteString(table)
		}
	}
	b.WriteString(strings.Join(tables, ""))
	return b.String()
}

// loaded is the example as a configuration, and its files.
func (e example) loaded(t *testing.T, around example) (*Config, files) {
	t.Helper()
	f := files{"dir/config.toml": complete(around.text, e.text)}
	if e.line == around.line {
		f["dir/config.toml"] = e.text
	}
	maps.Copy(f, e.files)
	cfg, err := Load("dir/config.toml", f.env(nil))
	if err != nil {
		t.Fatalf("policy.md:%d: %v\n%s", e.line, err, f["dir/config.toml"])
	}
	validates(t, f)
	return cfg, f
}

// TestPolicyDoc loads every example of docs/policy.md, and checks that it decides what
// stands below it.
func TestPolicyDoc(t *testing.T) {
	_, list := examplesOf(t)
	stated := 0
	for _, e := range list {
		cfg, _ := e.loaded(t, list[0])
		if len(cfg.Policy.Rules) > 0 && len(e.decides) == 0 {
			t.Errorf("policy.md:%d: the example has rules, and does not say what they decide", e.line)
		}
		used := map[string]bool{}
		for i, line := range e.decides {
			stated++
			place := fmt.Sprintf("policy.md:%d", e.at+i)
			left, right, ok := strings.Cut(line, "→")
			if !ok {
				t.Errorf("%s: no arrow in %q", place, line)
				continue
			}
			facts, now, err := factsOf(cfg, strings.TrimSpace(left))
			if err != nil {
				t.Errorf("%s: %v", place, err)
				continue
			}
			d := rules.Decide(cfg.Policy, facts, now)
			must, may := outcomesOf(d)
			said := strings.Split(strings.TrimSpace(right), ", ")
			for _, s := range said {
				if !slices.Contains(must, s) && !slices.Contains(may, s) {
					t.Errorf("%s: it says %q, and it is %q, %q: %s", place, s, must, may, d.Reason)
				}
				for _, r := range cfg.Policy.Rules {
					used[r.Name] = used[r.Name] || strings.HasSuffix(s, " "+r.Name)
				}
			}
			for _, m := range must {
				if !slices.Contains(said, m) {
					t.Errorf("%s: it does not say %q: %s", place, m, d.Reason)
				}
			}
		}
		for _, r := range cfg.Policy.Rules {
			if !used[r.Name] {
				t.Errorf("policy.md:%d: no line shows what %s does", e.line, r.Name)
			}
		}
	}
	if stated < 60 {
		t.Errorf("the document states %d decisions", stated)
	}
}

// TestPolicyDocIsComplete looks for every key of the policy language: in an example, and
// in the words around it.
func TestPolicyDocIsComplete(t *testing.T) {
	prose, list := examplesOf(t)
	shown := map[string]bool{}
	for _, e := range list {
		_, f := e.loaded(t, list[0])
		f["dir/config.toml"] = e.text
		for path, text := range f {
			if strings.HasSuffix(path, ".toml") {
				showsOf(t, text, shown)
			}
		}
	}
	tables := []string{"group", "rule", "spending", "account.spending", "alerts", "reload"}
	for _, on := range kinds() {
		tables = append(tables, "conditions "+on)
		for _, do := range actions(on) {
			if !shown[on+" does "+do] {
				t.Errorf("no example shows a rule on %s that does %s", on, do)
			}
		}
	}
	for _, table := range tables {
		for _, key := range vocabulary(table).obeyed {
			if !shown[table+" "+key] {
				t.Errorf("no example shows %q %s", key, tableName(table))
			}
			if table != "group" && !strings.Contains(prose, "`"+key+"`") {
				t.Errorf("the document does not explain %q", key)
			}
		}
	}
	for _, do := range allActions() {
		for _, key := range keysOfAction(do.name) {
			if !shown[do.name+" with "+key] && !slices.Contains([]string{"answer_within", "on_timeout", "reason", "until"}, key) {
				t.Errorf("no example shows %q of a rule that does %s", key, do.name)
			}
		}
	}
	for _, words := range [][][2]string{modeWords(), silenceWords(), lapsedWords()} {
		for _, word := range firsts(words) {
			if !strings.Contains(prose, "`\""+word+"\"`") {
				t.Errorf("the document does not explain %q", word)
			}
		}
	}
	for _, word := range slices.Concat(domainStates(), changeStates(), levels()) {
		if !strings.Contains(prose, "`\""+word+"\"`") {
			t.Errorf("the document does not name %q", word)
		}
	}
}

// showsOf notes the keys that a file has, by the table that they stand in.
func showsOf(t *testing.T, text string, shown map[string]bool) {
	t.Helper()
	var decoded map[string]any
	if _, err := toml.Decode(text, &decoded); err != nil {
		t.Fatal(err)
	}
	table := func(name string, value any) {
		keys, _ := value.(map[string]any)
		for key := range keys {
			shown[name+" "+key] = true
		}
	}
	table("spending", decoded["spending"])
	table("alerts", decoded["alerts"])
	table("reload", decoded["reload"])
	groups, _ := decoded["groups"].(map[string]any)
	for _, g := range groups {
		table("group", g)
	}
	accounts, _ := decoded["account"].([]map[string]any)
	for _, a := range accounts {
		table("account.spending", a["spending"])
	}
	all, _ := decoded["rule"].([]map[string]any)
	for _, r := range all {
		table("rule", r)
		table(fmt.Sprint(r["do"], " with"), r)
		on := fmt.Sprint("conditions ", r["on"])
		table(on, r["match"])
		table(on, r["except"])
		shown[fmt.Sprint(r["on"], " does ", r["do"])] = true
	}
}

// outcomesOf is a decision in the words of the document: what must be said of it, and what
// may be.
func outcomesOf(d portfolio.Decision) (must, may []string) {
	verdict := string(d.Verdict)
	switch d.Verdict {
	case portfolio.VerdictNone:
		verdict = "nothing"
	case portfolio.VerdictHold, portfolio.VerdictLetLapse, portfolio.VerdictUncovered:
	default:
		verdict += ": " + string(d.Do)
	}
	must = append(must, verdict)
	if d.Rule != "" {
		must = append(must, "by "+d.Rule)
	}
	for _, a := range d.Alerts {
		if a.Rule == "" {
			must = append(must, "announced")
		} else {
			must = append(must, "alert by "+a.Rule)
		}
	}
	for _, tried := range d.Trials {
		name, _, _ := strings.Cut(tried, " ")
		must = append(must, "tried "+name)
	}
	say := func(ok bool, format string, value any) {
		if ok {
			may = append(may, fmt.Sprintf(format, value))
		}
	}
	say(d.Years == 1, "for 1 year%.0s", "")
	say(d.Years > 1, "for %d years", d.Years)
	say(d.Contact != 0, "contact %d", d.Contact)
	say(d.AnswerWithin != 0, "answer within %d days", int(d.AnswerWithin.Hours())/24)
	say(d.Silence != "", "silence means %s", d.Silence)
	if d.MaxPrice != nil {
		may = append(may, "at most "+d.MaxPrice.String())
	}
	if d.AskAbove != nil {
		may = append(may, "asks above "+d.AskAbove.String())
	}
	if d.MaxIncrease != nil {
		may = append(may, "dearer by "+d.MaxIncrease.String())
	}
	var labels []string
	for key, value := range d.Labels {
		labels = append(labels, key+"="+value)
	}
	slices.Sort(labels)
	say(len(labels) > 0, "labels %s", strings.Join(labels, " "))
	return must, may
}
