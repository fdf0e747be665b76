package config

import (
	"strings"
	"testing"
)

// TestLocate looks at the text that stands where each key and value is said to be.
func TestLocate(t *testing.T) {
	text := strings.ReplaceAll(`# a comment
top = "a"
"quoted key"   =   'literal'
dotted . "a.b".c = 1
list = [ # here
	"one", 'two',	# and [ here ]

  ["inner", [ ] , {x = 1,y={ z = [2]}}], { a = "b" }, # last
]
multi = """
text ] } #
"""
[ table ]
	tabbed	=	1979-05-27
[table.sub]
x = {}
[[many]]
a = 1
[many.sub]
b = 2
[[ many ]]
a = 3
[[many.deep]]
c = 4
[[many.deep]]
c = 5
`, "\n", "\r\n")
	found, failed, _ := locate([]byte(text))
	if failed != nil {
		t.Fatal(failed)
	}
	path := func(steps ...any) string {
		p := ""
		for _, s := range steps {
			switch s := s.(type) {
			case string:
				p = pathKey(p, s)
			case int:
				p = pathItem(p, s)
			}
		}
		return p
	}
	for _, c := range []struct {
		path       string
		key, value string // how the text goes on there
	}{
		{path("top"), `top`, `"a"`},
		{path("quoted key"), `"quoted key"`, `'literal'`},
		{path("dotted"), `dotted`, `dotted`},
		{path("dotted", "a.b"), `"a.b"`, `"a.b"`},
		{path("dotted", "a.b", "c"), `c =`, `1`},
		{path("list"), `list`, `[ # here`},
		{path("list", 0), `"one"`, `"one"`},
		{path("list", 1), `'two'`, `'two'`},
		{path("list", 2), `["inner"`, `["inner"`},
		{path("list", 2, 0), `"inner"`, `"inner"`},
		{path("list", 2, 1), `[ ]`, `[ ]`},
		{path("list", 2, 2), `{x =`, `{x =`},
		{path("list", 2, 2, "x"), `x =`, `1,y`},
		{path("list", 2, 2, "y"), `y=`, `{ z`},
		{path("list", 2, 2, "y", "z"), `z =`, `[2]`},
		{path("list", 2, 2, "y", "z", 0), `2]`, `2]`},
		{path("list", 3), `{ a = "b" }`, `{ a = "b" }`},
		{path("list", 3, "a"), `a = "b" }`, `"b" }`},
		{path("multi"), `multi`, `"""`},
		{path("table"), `table ]`, `[ table ]`},
		{path("table", "tabbed"), `tabbed`, `1979`},
		{path("table", "sub"), `sub]`, `[table.sub]`},
		{path("table", "sub", "x"), `x = {}`, `{}`},
		{path("many"), `many]]`, `[[many]]`},
		{path("many", 0), `many]]`, `[[many]]`},
		{path("many", 0, "a"), `a = 1`, `1`},
		{path("many", 0, "sub"), `sub]`, `[many.sub]`},
		{path("many", 0, "sub", "b"), `b = 2`, `2`},
		{path("many", 1), `many ]]`, `[[ many ]]`},
		{path("many", 1, "a"), `a = 3`, `3`},
		{path("many", 1, "deep", 0), `deep]]`, `[[many.deep]]`},
		{path("many", 1, "deep", 0, "c"), `c = 4`, `4`},
		{path("many", 1, "deep", 1, "c"), `c = 5`, `5`},
	} {
		s, ok := found.spots[c.path]
		if !ok {
			t.Errorf("%s was not found", c.path)
			continue
		}
		if got := text[s.key:]; !strings.HasPrefix(got, c.key) {
			t.Errorf("the key of %s is at %.20q; want %q", c.path, got, c.key)
		}
		if got := text[s.value:]; !strings.HasPrefix(got, c.value) {
			t.Errorf("the value of %s is at %.20q; want %q", c.path, got, c.value)
		}
	}
	for _, c := range []struct{ path, want string }{
		{path("top"), `"a"`},
		{path("list", 2), `["inner", [ ] , {x = 1,y={ z = [2]}}]`},
		{path("list", 2, 1), `[ ]`},
		{path("list", 3), `{ a = "b" }`},
	} {
		if s := found.spots[c.path]; text[s.value:s.end] != c.want {
			t.Errorf("%s is %q; want %q", c.path, text[s.value:s.end], c.want)
		}
	}
}

// TestEveryNodeHasAPlace checks that both parsers agree on what is in a file: each
// value of the tree has a place of its own.
func TestEveryNodeHasAPlace(t *testing.T) {
	for name, text := range map[string]string{"full": full, "more": more} {
		src := newSource(name, 0, []byte(text))
		root, failed := parse(src)
		if failed != nil {
			t.Fatal(failed.Message)
		}
		seen := map[int]string{}
		var walk func(n *node)
		walk = func(n *node) {
			for _, f := range n.fields {
				if before, ok := seen[f.key]; ok && !f.header {
					t.Errorf("%s: %s and %s are at the same place", name, before, f.name)
				}
				seen[f.key] = f.name
				if key := strings.Trim(text[f.key:], `"' `); !strings.HasPrefix(key, f.name) {
					t.Errorf("%s: the key %s is at %.20q", name, f.name, key)
				}
				walk(f)
			}
			for _, i := range n.items {
				walk(i)
			}
		}
		walk(root)
	}
}
