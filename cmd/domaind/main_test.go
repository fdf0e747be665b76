package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

// TestMain installs the real main as the command "domaind", for scripts and for
// tests that start a process of their own.
func TestMain(m *testing.M) {
	testscript.Main(leakless{m}, map[string]func(){"domaind": main})
}

// leakless fails a run of tests that left a goroutine behind.
type leakless struct{ *testing.M }

func (m leakless) Run() int {
	code := m.M.Run()
	if code == 0 {
		if err := goleak.Find(); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			return 1
		}
	}
	return code
}
