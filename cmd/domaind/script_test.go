package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/rogpeppe/go-internal/testscript"

	"domaind/internal/control"
	"domaind/internal/portfolio"
	"domaind/internal/sandbox"
)

// TestScripts runs the commands as people do. Each script finds config.toml and
// world.toml of testdata/world in its folder, where it brings none of its own, and
// the token files that config.toml names.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                filepath.Join("testdata", "script"),
		Setup:              setUp,
		RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"sandbox": cmdSandbox,
			"daemon":  cmdDaemon,
			"end":     cmdEnd,
			"await":   cmdAwait,
			"port":    cmdPort,
			"nats":    cmdNATS,
			"get":     cmdGet,
			"sent":    cmdSent,
			"books":   cmdBooks,
			"shape":   cmdShape,
			"agrees":  cmdAgrees,
			"explain": cmdExplain,
			"applied": cmdApplied,
			"secret":  cmdSecret,
			"fails":   cmdFails,
			"fault":   cmdFault,
			"hit":     cmdHit,
			"until":   cmdUntil,
			"dead":    cmdDead,
			"mode":    cmdMode,
			"capture": cmdCapture,
			"hangup":  cmdHangup,
		},
	})
}

func setUp(e *testscript.Env) error {
	for _, name := range []string{"config.toml", "world.toml"} {
		target := filepath.Join(e.WorkDir, name)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join("testdata", "world", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(target, data, 0o600); err != nil {
			return err
		}
	}
	for _, account := range []string{"main", "labs", "desk"} {
		if err := os.WriteFile(filepath.Join(e.WorkDir, account+".token"), []byte("token-"+account+"\n"), 0o600); err != nil {
			return err
		}
	}
	e.Setenv("DOMAIND_CONFIG", filepath.Join(e.WorkDir, "config.toml"))
	e.Setenv("NATS", "127.0.0.1:0")
	e.Setenv("GORACE", noNap)
	example, err := filepath.Abs(filepath.Join("..", "..", "config.example.toml"))
	if err != nil {
		return err
	}
	e.Setenv("EXAMPLE", example)
	e.Setenv("DOCS", filepath.Join(filepath.Dir(example), "docs"))
	// Whatever a script did, nothing may stay behind in the folder for temporary files.
	temporary := e.Getenv("TMPDIR")
	e.Defer(func() {
		left, err := filepath.Glob(filepath.Join(temporary, "*"))
		if err != nil || len(left) > 0 {
			e.T().Log("left behind:", left, err)
			e.T().FailNow()
		}
	})
	e.Values[running{}] = map[string]*process{}
	return nil
}

// running is the key of the processes that a script has started, by name.
type running struct{}

func started(ts *testscript.TestScript) map[string]*process {
	processes, ok := ts.Value(running{}).(map[string]*process)
	if !ok {
		ts.Fatalf("the script was not set up")
	}
	return processes
}

func environment(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"HOME", "TMPDIR", "DOMAIND_CONFIG"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	if dir := ts.Getenv("RUNTIME_DIRECTORY"); dir != "" {
		env = append(env, "RUNTIME_DIRECTORY="+dir)
	}
	return env
}

// cmdSandbox is "sandbox FILE": it starts the real command, waits for the URL that
// it prints, and puts it into $API and config.toml.
func cmdSandbox(ts *testscript.TestScript, _ bool, args []string) {
	p, err := spawn(ts.MkAbs("."), environment(ts), "sandbox", "--listen", "127.0.0.1:0", "--portfolio", args[0])
	ts.Check(err)
	ts.Defer(func() {
		if code, _, err := p.stop(syscall.SIGTERM); code != 0 || err != nil {
			panic(fmt.Sprintf("the sandbox ended with %d: %v\n%s", code, err, p.err))
		}
	})
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	said := regexp.MustCompile(`listens on (http://\S+)\n`)
	text, err := p.out.await(ctx, said.MatchString)
	if err != nil {
		ts.Fatalf("no URL: %v\n%s%s", err, text, p.err)
	}
	ts.Setenv("API", said.FindStringSubmatch(text)[1])
	config := ts.MkAbs("config.toml")
	ts.Check(os.WriteFile(config, []byte(os.Expand(ts.ReadFile("config.toml"), ts.Getenv)), 0o600))
}

// cmdDaemon is "daemon NAME [FLAG…]": it starts "domaind run", and waits until it is ready.
func cmdDaemon(ts *testscript.TestScript, _ bool, args []string) {
	p, err := spawnReady(ts.MkAbs("."), environment(ts), append([]string{"run"}, args[1:]...)...)
	ts.Check(err)
	started(ts)[args[0]] = p
	ts.Defer(p.kill)
}

// cmdEnd is "end NAME SIGNAL": the daemon must end with 0, soon. What it wrote
// becomes NAME.out and NAME.err.
func cmdEnd(ts *testscript.TestScript, _ bool, args []string) {
	p := started(ts)[args[0]]
	signal := map[string]os.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT}[args[1]]
	code, took, err := p.stop(signal)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(p.out.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".err"), []byte(p.err.String()), 0o600))
	if code != 0 || took > 8*time.Second {
		ts.Fatalf("it ended with %d after %s\n%s%s", code, took, p.out, p.err)
	}
}

// cmdAwait is "await REGEXP…": it follows the events of a running daemon until
// each was seen, in any order.
func cmdAwait(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	for {
		p, err := spawn(ts.MkAbs("."), environment(ts), "events", "--all", "--json")
		ts.Check(err)
		text, err := p.out.await(ctx, func(text string) bool {
			return !slices.ContainsFunc(args, func(want string) bool { return !regexp.MustCompile(want).MatchString(text) })
		})
		p.kill()
		switch {
		case err == nil:
			return
		case !errors.Is(err, io.ErrUnexpectedEOF): // it ends where the embedded server is not up yet
			ts.Fatalf("%v\n%s%s", err, text, p.err)
		}
	}
}

// cmdPort is "port NAME" for the address of a free port, and "port NAME taken" for
// one on which something else listens until the script says "port NAME free".
func cmdPort(ts *testscript.TestScript, _ bool, args []string) {
	held := started(ts)
	if len(args) == 2 && args[1] == "free" {
		held["port "+args[0]].kill()
		return
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	if len(args) == 1 {
		ts.Check(l.Close())
		return
	}
	// A sandbox of its own is as good a stranger as any.
	ts.Check(l.Close())
	p, err := spawn(ts.MkAbs("."), environment(ts), "sandbox", "--listen", l.Addr().String())
	ts.Check(err)
	ts.Defer(p.kill)
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	_, err = p.out.await(ctx, func(text string) bool { return strings.Contains(text, "listens on") })
	ts.Check(err)
	held["port "+args[0]] = p
}

// cmdNATS is "nats ADDRESS FOLDER": a NATS server of somebody else's.
func cmdNATS(ts *testscript.TestScript, _ bool, args []string) {
	host, port, err := net.SplitHostPort(args[0])
	ts.Check(err)
	var n int
	_, err = fmt.Sscan(port, &n)
	ts.Check(err)
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: host, Port: n, JetStream: true, StoreDir: ts.MkAbs(args[1]), NoSigs: true, NoLog: true,
	})
	ts.Check(err)
	ns.Start()
	ts.Defer(func() {
		ns.Shutdown()
		ns.WaitForShutdown()
	})
	if !ns.ReadyForConnections(within) {
		ts.Fatalf("NATS does not start")
	}
}

// cmdGet is "get PATH": it prints what the sandbox answers.
func cmdGet(ts *testscript.TestScript, _ bool, args []string) {
	resp, err := http.Get(ts.Getenv("API") + args[0])
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", body)
}

func get(ts *testscript.TestScript, path string, into any) {
	resp, err := http.Get(ts.Getenv("API") + path)
	ts.Check(err)
	defer resp.Body.Close()
	ts.Check(json.NewDecoder(resp.Body).Decode(into))
}

// cmdSent prints the requests that change something, in the order in which they
// came: method, path, and the status of the answer.
func cmdSent(ts *testscript.TestScript, _ bool, _ []string) {
	var journal struct{ Requests []sandbox.Request }
	get(ts, "/_sandbox/requests", &journal)
	fmt.Fprint(ts.Stdout(), "") // nothing at all is an answer too
	for _, r := range journal.Requests {
		if r.Method != http.MethodGet {
			fmt.Fprintln(ts.Stdout(), r.Method, r.Path, r.Status)
		}
	}
}

// cmdBooks is "books FILE": the ledger in the file and the charges of the sandbox
// must name the same purchases at the same prices.
func cmdBooks(ts *testscript.TestScript, _ bool, args []string) {
	var rows []control.Row
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &rows))
	var charges []sandbox.Charge
	get(ts, "/_sandbox/charges", &charges)
	var booked, charged []string
	for _, r := range rows {
		if r.Kind.Purchase() && r.State == portfolio.StateDone {
			booked = append(booked, fmt.Sprintf("%d %s %s", r.Account, r.Name, r.Price))
		}
	}
	for _, c := range charges {
		if c.By == sandbox.ByClient {
			charged = append(charged, fmt.Sprintf("%d %s %s", c.AccountID, c.Domain, portfolio.Money(c.Cents)))
		}
	}
	slices.Sort(booked)
	slices.Sort(charged)
	if len(charged) == 0 || !slices.Equal(booked, charged) {
		ts.Fatalf("the ledger has\n%s\nthe charges are\n%s", strings.Join(booked, "\n"), strings.Join(charged, "\n"))
	}
}

// cmdSecret is "secret TEXT": no file of the script but those it is configured with
// may hold the text.
func cmdSecret(ts *testscript.TestScript, _ bool, args []string) {
	read := 0
	ts.Check(filepath.WalkDir(ts.MkAbs("."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || strings.HasSuffix(path, ".token") || strings.HasSuffix(path, "world.toml") {
			return err
		}
		data, err := os.ReadFile(path)
		if strings.Contains(string(data), args[0]) {
			ts.Fatalf("%s holds %q", path, args[0])
		}
		read++
		return err
	}))
	if read < 5 {
		ts.Fatalf("only %d files were looked into", read)
	}
}

// cmdFails is "fails CODE REGEXP ARG…": domaind must end soon with the exit code,
// say what matches on stderr, and print nothing on stdout.
func cmdFails(ts *testscript.TestScript, _ bool, args []string) {
	begin := time.Now()
	err := ts.Exec("domaind", args[2:]...)
	took := time.Since(begin)
	said, printed := ts.ReadFile("stderr"), ts.ReadFile("stdout")
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case !ok || strconv.Itoa(exit.ExitCode()) != args[0]:
		ts.Fatalf("it ended with %v, not with %s", err, args[0])
	case !regexp.MustCompile("(?m)" + args[1]).MatchString(said):
		ts.Fatalf("it did not say what matches %s", args[1])
	case printed != "":
		ts.Fatalf("it printed on stdout")
	case strings.Contains(said, "goroutine "):
		ts.Fatalf("it panicked")
	case took > 5*time.Second: // the lock of the state is waited for, for two
		ts.Fatalf("it took %s", took)
	}
}
