package proof

import (
	"fmt"
	"path/filepath"
	"testing"

	"domaind/internal/config"
)

// BenchmarkQuietYear is a year of ten domains in which nothing goes wrong.
func BenchmarkQuietYear(b *testing.B) {
	parsed := historyPolicies(func(text string) *config.Config { return parseConfig(b, text) })
	p := plan{scene: scene{cfg: parsed[0].acts}, lasts: 344 * day, rests: settles}
	for i := range 10 {
		p.scene.portfolio += fmt.Sprintf("[[domain]]\naccount = \"main\"\nname = \"n%d.com\"\nexpires = \"+%dd\"\n", i, 10+35*i)
	}
	path := filepath.Join(b.TempDir(), "state.db")
	for b.Loop() {
		if story, err := p.tell(b.Context(), path, 1, new(record)); err != nil {
			b.Fatalf("%v\n%s", err, story)
		}
	}
}
