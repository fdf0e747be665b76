package defects

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// root is the module's folder, as seen from here.
const root = "../../.."

// defect is one deliberate mistake.
type defect struct {
	name  string
	what  string
	tests []command
	edits []edit
}

// command is a package and the tests in it that find a defect.
type command struct{ pkg, run string }

func (c command) String() string { return "go test " + c.pkg + " -run '" + c.run + "'" }

// edit is a change of one file, in whole lines.
type edit struct{ file, old, instead string }

// load reads all defects, in the order of their names.
func load() ([]defect, error) {
	paths, err := filepath.Glob("*.txtar")
	if err != nil {
		return nil, err
	}
	var all []defect
	var errs []error
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		d, err := parse(strings.TrimSuffix(path, ".txtar"), data)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", path, err))
			continue
		}
		all = append(all, d)
	}
	return all, errors.Join(errs...)
}

// instead is the name of the section that holds what a defect puts in.
const instead = "instead"

func parse(name string, data []byte) (defect, error) {
	d := defect{name: name}
	archive := txtar.Parse(data)
	for line := range strings.Lines(string(archive.Comment)) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		switch {
		case ok && key == "what" && d.what == "":
			d.what = value
		case ok && key == "test":
			pkg, run, ok := strings.Cut(value, " ")
			if !ok || !strings.HasPrefix(pkg, "./") {
				return d, fmt.Errorf("%q is not a package and a regular expression", value)
			}
			d.tests = append(d.tests, command{pkg, run})
		case strings.TrimSpace(line) != "":
			return d, fmt.Errorf("nobody knows what %q means", line)
		}
	}
	if d.what == "" || len(d.tests) == 0 {
		return d, errors.New("what or test is missing")
	}
	for i, f := range archive.Files {
		switch {
		case i%2 == 0 && f.Name != instead:
			d.edits = append(d.edits, edit{file: f.Name, old: string(f.Data)})
		case i%2 == 1 && f.Name == instead:
			d.edits[len(d.edits)-1].instead = string(f.Data)
		default:
			return d, fmt.Errorf("section %d is %q: a file and %q take turns", i+1, f.Name, instead)
		}
	}
	if len(archive.Files) == 0 || len(archive.Files)%2 != 0 {
		return d, errors.New("it changes nothing, or its last section is missing")
	}
	return d, nil
}

// apply gives the files as they are with the defect, by their paths from the root.
func (d defect) apply() (map[string]string, error) {
	files := map[string]string{}
	for _, e := range d.edits {
		text, ok := files[e.file]
		if !ok {
			data, err := os.ReadFile(filepath.Join(root, e.file))
			if err != nil {
				return nil, err
			}
			text = string(data)
		}
		if n := strings.Count("\n"+text, "\n"+e.old); n != 1 {
			return nil, fmt.Errorf("its old lines occur %d times in %s, not once:\n%s", n, e.file, e.old)
		}
		before, after, _ := strings.Cut("\n"+text, "\n"+e.old)
		files[e.file] = strings.TrimPrefix(before+"\n"+e.instead+after, "\n")
	}
	return files, nil
}
