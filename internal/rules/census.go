package rules

import "slices"

// Census finds out which groups have no member among the names that it is shown. It is
// for one goroutine.
type Census struct {
	names *listing
	uses  []use
	seen  []bool   // by listID
	globs []listID // of the lists that have patterns, those that no name fitted yet
}

// use is a group and the rules that name it.
type use struct {
	list  listID
	group IdleGroup
}

// IdleGroup is a group of which no name was seen.
type IdleGroup struct {
	Name  string
	Rules []string // those that name it, in order
}

// NewCensus begins a census of the groups that a policy's rules name.
func NewCensus(p *Policy) *Census {
	g := p.program()
	c := &Census{names: &g.names, seen: make([]bool, len(g.names.lists))}
	at := make(map[string]int)
	add := func(rule string, of *test) {
		for i, group := range of.of.Groups {
			n, ok := at[group.Name]
			if !ok {
				n = len(c.uses)
				at[group.Name] = n
				c.uses = append(c.uses, use{of.groups[i], IdleGroup{Name: group.Name}})
			}
			if rules := &c.uses[n].group.Rules; !slices.Contains(*rules, rule) {
				*rules = append(*rules, rule)
			}
		}
	}
	steps := slices.Concat(g.domains, g.pushes, g.changes, g.watched)
	slices.SortStableFunc(steps, func(a, b step) int { return a.place - b.place })
	for i := range steps {
		s := &steps[i]
		add(s.rule.Name, &s.match)
		if s.except != nil {
			add(s.rule.Name, s.except)
		}
	}
	for _, u := range c.uses {
		if len(g.names.lists[u.list].globs) > 0 && !slices.Contains(c.globs, u.list) {
			c.globs = append(c.globs, u.list)
		}
	}
	return c
}

// See shows it a name: A-labels, lower case.
func (c *Census) See(name string) {
	if name == "" {
		return
	}
	if class, ok := c.names.class[name]; ok {
		for _, id := range c.names.in[class] {
			c.seen[id] = true
		}
	}
	c.globs = slices.DeleteFunc(c.globs, func(id listID) bool {
		globs := c.names.lists[id].globs
		fits := c.seen[id] || slices.ContainsFunc(globs, func(g glob) bool { return g.match(name) })
		c.seen[id] = c.seen[id] || fits
		return fits
	})
}

// Idle are the groups of which no name was seen, in the order in which the rules name
// them.
func (c *Census) Idle() []IdleGroup {
	var idle []IdleGroup
	for _, u := range c.uses {
		if !c.seen[u.list] {
			idle = append(idle, u.group)
		}
	}
	return idle
}
