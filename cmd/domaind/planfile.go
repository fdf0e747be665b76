package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"domaind/internal/control"
)

// keepPlan writes a plan to a file, whole or not at all, and says what to do with it.
func (g *globals) keepPlan(file string, plan control.Plan) error {
	text, err := json.MarshalIndent(plan, "", "  ")
	if err == nil {
		err = writeWhole(file, append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	n := 0
	for i := range plan.Items {
		if plan.Items[i].Applicable() {
			n++
		}
	}
	fmt.Fprintf(g.io.err, "%s: %s to be carried out by \"domaind apply\", within %d days\n", file, plural(n, "item"), int(control.PlanFor.Hours()/24))
	return nil
}

// writeWhole writes a file with mode 0600 beside its place, and moves it there.
func writeWhole(file string, text []byte) error {
	switch info, err := os.Stat(file); {
	case err == nil && !info.Mode().IsRegular():
		return usageError{fmt.Errorf("%s is there, and is no file", file)}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(filepath.Dir(file))
}

// readPlan reads a plan from a file; "-" is the standard input.
func (g *globals) readPlan(file string) (control.Plan, error) {
	name := file
	if file == "-" {
		name = "the standard input"
	}
	text, err := g.planText(file)
	if err != nil {
		return control.Plan{}, usageError{fmt.Errorf("read the plan: %w", err)}
	}
	plan, err := control.ParsePlan(text)
	if err != nil {
		return plan, usageError{fmt.Errorf("%s: %w", name, err)}
	}
	return plan, nil
}

// planText is what stands in a file, as far as a plan may be long, and a little more.
func (g *globals) planText(file string) (text []byte, err error) {
	if file == "-" {
		return io.ReadAll(io.LimitReader(g.io.in, control.MaxPlan+1))
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	text, err = io.ReadAll(io.LimitReader(f, control.MaxPlan+1))
	return text, errors.Join(err, f.Close())
}
