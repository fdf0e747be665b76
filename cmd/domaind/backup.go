package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"domaind/internal/control"
	"domaind/internal/state"
)

// backupDone is what a backup tells.
type backupDone struct {
	File    string  `json:"file"`
	Bytes   int64   `json:"bytes"`
	Seconds float64 `json:"seconds"`
}

func newBackup(g *globals) *cobra.Command {
	var asJSON, force bool
	cmd := &cobra.Command{
		Use: "backup FILE", Short: "Copy the state, while the daemon works",
		Long: `backup writes a consistent copy of the state into a file, and looks whether it can
be used. The copy appears whole or not at all. A daemon that is started on a copy
notices, and buys nothing until it knows what was bought since.`,
		Args: exactlyOne("a file to write to"),
		RunE: func(cmd *cobra.Command, args []string) error {
			begin := wall{}.Now()
			n, err := g.backup(cmd.Context(), args[0], force)
			if err != nil {
				return err
			}
			done := backupDone{File: args[0], Bytes: n, Seconds: wall{}.Now().Sub(begin).Seconds()}
			if asJSON {
				return printJSON(g.io.out, done)
			}
			_, err = fmt.Fprintf(g.io.out, "%s: %d bytes in %.1f s\n", done.File, done.Bytes, done.Seconds)
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&force, "force", false, "replace a file that is there")
	return cmd
}

// backup writes the copy beside the file, looks at it, and moves it to its place.
func (g *globals) backup(ctx context.Context, file string, force bool) (int64, error) {
	if err := g.mayReplace(file, force); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*") // with mode 0600
	if err != nil {
		return 0, fmt.Errorf("write the backup: %w", err)
	}
	n, err := g.copyState(ctx, f)
	if err = errors.Join(err, f.Close()); err == nil {
		err = usable(f.Name())
	}
	if err == nil {
		err = g.mayReplace(file, force) // one may have come meanwhile
	}
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("write the backup %s: %w", file, err), os.Remove(f.Name()))
	}
	return n, syncDir(filepath.Dir(file))
}

// copyState writes the state into a file, durably.
func (g *globals) copyState(ctx context.Context, f *os.File) (n int64, err error) {
	err = g.ask(ctx, need{state: true}, func(ctx context.Context, c *control.Client) error {
		n, err = c.Backup(ctx, f)
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, f.Sync()
}

// mayReplace says whether a file may be written: there is none, or it may be replaced.
// The state itself never is.
func (g *globals) mayReplace(file string, force bool) error {
	cfg, err := g.load()
	if err != nil {
		return err
	}
	info, err := os.Lstat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("look at %s: %w", file, err)
	case !info.Mode().IsRegular():
		return usageError{fmt.Errorf("%s is no file", file)}
	}
	if own, err := os.Stat(statePath(cfg)); err == nil && os.SameFile(own, info) {
		return usageError{fmt.Errorf("%s is the state itself", file)}
	}
	if !force {
		return fmt.Errorf("%s is there already; say --force to replace it", file)
	}
	return nil
}

// usable opens a copy and looks through it, without changing it.
func usable(path string) error {
	st, err := state.Open(path, state.Options{ReadOnly: true})
	if err == nil {
		err = errors.Join(st.Check(), st.Close())
	}
	if err != nil {
		return fmt.Errorf("the copy cannot be used: %w", err)
	}
	return nil
}

// syncDir makes a new name in a folder durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("sync %s: %w", dir, err)
	}
	return nil
}
