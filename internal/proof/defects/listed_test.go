package defects

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var write = flag.Bool("defects.write", false, "write the list of the defects into docs/reliability.md")

// page is where people read what is proven.
const page = root + "/docs/reliability.md"

const (
	listBegins = "-defects.write -->\n"
	listEnds   = "<!-- end of defects -->"
)

// TestDefectsAreListed holds that the page lists the defects that there are.
func TestDefectsAreListed(t *testing.T) {
	defects, err := load()
	if err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	fmt.Fprintf(&list, "\n%d defects:\n\n| defect | what is wrong then |\n|---|---|\n", len(defects))
	for _, d := range defects {
		fmt.Fprintf(&list, "| %s | %s |\n", d.name, d.what)
	}
	list.WriteString("\n")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), listBegins)
	is, after, ends := strings.Cut(rest, listEnds)
	switch {
	case !begins || !ends:
		t.Fatalf("%s has no place for the list", page)
	case *write:
		if err := os.WriteFile(page, []byte(before+listBegins+list.String()+listEnds+after), 0o600); err != nil {
			t.Fatal(err)
		}
	case is != list.String():
		t.Errorf("the list in %s is another one: go test ./internal/proof/defects -run Listed -defects.write", page)
	}
}

// TestNamedTestsExist holds that every test that the page names is there.
func TestNamedTestsExist(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	begins := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range begins.FindAllSubmatch(source, -1) {
			there[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(string(text), -1)
	for _, m := range named {
		if !there[m[1]] {
			t.Errorf("%s names %s, and there is no such test", page, m[1])
		}
	}
	if len(named) < 40 {
		t.Errorf("%s names only %d tests", page, len(named))
	}
}
