package defects

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

var (
	all      = flag.Bool("defects", false, "put in every defect in turn, and see that a test finds it")
	only     = flag.String("defects.only", "", "of the defects, only those whose name matches a `REGEXP`")
	parallel = flag.Int("defects.parallel", 2, "how many are tried at a time")
)

// tooLong bounds one go test with a defect in it. A defect may make tests hang: that,
// too, is found.
const tooLong = 3 * time.Minute

// TestDefectsApply holds that every defect can still be put in: its lines are there,
// once. One that is out of date would prove nothing.
func TestDefectsApply(t *testing.T) {
	defects, err := load()
	if err != nil {
		t.Fatal(err)
	}
	if len(defects) < 35 {
		t.Errorf("there are only %d defects", len(defects))
	}
	for _, d := range defects {
		if _, err := d.apply(); err != nil {
			t.Errorf("%s: %v", d.name, err)
		}
	}
}

// result is what became of one defect.
type result struct {
	defect
	found string // the test that failed
	in    string // its package
	err   error  // it could not be tried
	took  time.Duration
}

func (r result) String() string {
	verdict := "SURVIVES: no test finds it"
	switch {
	case r.err != nil:
		verdict = "NOT TRIED: " + r.err.Error()
	case r.found != "":
		verdict = "found by " + r.found + " in " + r.in
	}
	return fmt.Sprintf("%-34s %5.1fs  %s", r.name, r.took.Seconds(), verdict)
}

// TestDefectsAreFound puts in each defect in turn and runs the tests that should find
// it. It takes minutes, and is run by "make defects".
func TestDefectsAreFound(t *testing.T) {
	if !*all {
		t.Skip("it builds and runs the tests once for each defect: make defects")
	}
	chosen, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	defects, err := load()
	if err != nil {
		t.Fatal(err)
	}
	defects = slices.DeleteFunc(defects, func(d defect) bool { return !chosen.MatchString(d.name) })
	todo := make(chan defect)
	sane := &baseline{passes: map[command]func() error{}}
	var mu sync.Mutex
	var results []result
	var workers sync.WaitGroup
	for range max(*parallel, 1) {
		workers.Go(func() {
			for d := range todo {
				r := d.try(t.Context(), t.TempDir(), sane)
				mu.Lock()
				results = append(results, r)
				t.Logf("%2d/%d  %s", len(results), len(defects), r)
				mu.Unlock()
			}
		})
	}
	for _, d := range defects {
		todo <- d
	}
	close(todo)
	workers.Wait()

	missed := 0
	for _, r := range results {
		if r.found == "" {
			missed++
			t.Errorf("%s\n    %s", r, r.what)
		}
	}
	t.Logf("%d defects, %d found, %d not", len(results), len(results)-missed, missed)
}

// baseline knows which commands pass without any defect, and asks each of them once.
type baseline struct {
	mu     sync.Mutex
	passes map[command]func() error
}

// check fails where the tests of a command fail anyway: they would find everything.
func (b *baseline) check(ctx context.Context, c command) error {
	b.mu.Lock()
	once, known := b.passes[c]
	if !known {
		once = sync.OnceValue(func() error {
			failed, err := c.failing(ctx, "")
			if err == nil && failed != "" {
				err = fmt.Errorf("%s fails without a defect: %s", c, failed)
			}
			return err
		})
		b.passes[c] = once
	}
	b.mu.Unlock()
	return once()
}

// try puts the defect in and runs its tests, one command after the other, until one
// finds it.
func (d defect) try(ctx context.Context, dir string, sane *baseline) result {
	r := result{defect: d}
	overlay, err := d.overlay(dir)
	if err != nil {
		r.err = err
		return r
	}
	for _, c := range d.tests {
		if r.err = sane.check(ctx, c); r.err != nil {
			return r
		}
		begin := time.Now()
		r.in = c.pkg
		r.found, r.err = c.failing(ctx, overlay)
		r.took += time.Since(begin)
		if r.err != nil || r.found != "" {
			return r
		}
	}
	return r
}

// overlay writes the files of the defect into a folder, and the file there that tells
// the go command of them.
func (d defect) overlay(dir string) (string, error) {
	files, err := d.apply()
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for i, file := range slices.Sorted(maps.Keys(files)) {
		is, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			return "", err
		}
		replace[is] = filepath.Join(dir, fmt.Sprintf("%s-%d.go", d.name, i))
		if err := os.WriteFile(replace[is], []byte(files[file]), 0o600); err != nil {
			return "", err
		}
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, d.name+".json")
	return path, os.WriteFile(path, text, 0o600)
}

// failing runs the command with an overlay, and gives the first test that fails; ""
// where none does. A package that does not compile is an error: nothing was found.
func (c command) failing(ctx context.Context, overlay string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, tooLong+time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-json", "-count=1", "-failfast", "-vet=off",
		"-timeout="+tooLong.String(), "-overlay="+overlay, "-run="+c.run, c.pkg)
	cmd.Dir = root
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		return "", fmt.Errorf("%s: %w", c, err)
	}
	first, ran, broken := "", false, ""
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e struct{ Action, Test, Output, FailedBuild string }
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			continue
		}
		switch {
		case e.Action == "build-output":
			broken += e.Output
		case e.Action == "run":
			ran = true
		case e.Action == "fail" && e.Test != "" && first == "":
			first = e.Test
		case e.Action == "fail" && e.Test == "" && e.FailedBuild == "" && first == "" && ran:
			first = "the whole run" // a goroutine that was left, an end without a failure
		}
	}
	switch {
	case lines.Err() != nil:
		return "", fmt.Errorf("%s: %w", c, lines.Err())
	case broken != "":
		return "", fmt.Errorf("it does not compile: %s", firstLines(broken))
	case first != "":
		return first, nil
	case err != nil:
		return "", fmt.Errorf("%s: %w: %s", c, err, firstLines(errs.String()))
	case !ran:
		return "", fmt.Errorf("%s: there are no such tests", c)
	}
	return "", nil
}

func firstLines(text string) string {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", 4)
	return strings.Join(lines[:min(len(lines), 3)], "; ")
}
