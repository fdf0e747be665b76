package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"domaind/internal/control"
)

// list prints what is listed, as it comes. Whoever calls us must not take for all what
// is not.
func list[T any](ctx context.Context, g *globals, out *listing[T], ask func(context.Context, *control.Client) ([]string, error)) error {
	var problems []string
	err := g.ask(ctx, need{tokens: anyTokens}, func(ctx context.Context, c *control.Client) (err error) {
		problems, err = ask(ctx, c)
		return err
	})
	if err == nil && (len(problems) == 0 || out.n > 0 || out.json) { // that there is nothing is not known else
		err = out.end()
	}
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("the list is not complete: %s", clean(strings.Join(problems, "; ")))
	}
	return err
}

// listing prints entries as they come: as the items of a JSON list, or as rows of a table
// whose columns become wider where they must.
type listing[T any] struct {
	w      io.Writer
	s      style
	json   bool
	header []string
	row    func(T) []cell

	n      int
	rows   [][]cell
	widths []int
}

// rowsAtOnce is how many rows of a table are aligned with each other.
const rowsAtOnce = 500

func (l *listing[T]) add(item T) error {
	l.n++
	if !l.json {
		if l.rows = append(l.rows, l.row(item)); len(l.rows) < rowsAtOnce {
			return nil
		}
		return l.flush()
	}
	text, err := jsonItem(item)
	if err != nil {
		return err
	}
	before := ",\n  "
	if l.n == 1 {
		before = "[\n  "
	}
	_, err = io.WriteString(l.w, before+text)
	return err
}

// jsonItem is an item as it stands in a list that [printJSON] prints.
func jsonItem(item any) (string, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	err := e.Encode(item)
	return strings.TrimSuffix(b.String(), "\n"), err
}

func (l *listing[T]) flush() error {
	if len(l.rows) == 0 {
		return nil
	}
	var header []string
	if l.widths == nil {
		header = l.header
	}
	l.widths = l.s.widths(l.header, l.rows, l.widths)
	rows := l.rows
	l.rows = nil
	return l.s.tableOf(l.w, header, rows, l.widths)
}

func (l *listing[T]) end() error {
	switch {
	case !l.json && l.n == 0:
		_, err := fmt.Fprintln(l.w, "there is nothing like that")
		return err
	case !l.json:
		return l.flush()
	case l.n == 0:
		_, err := io.WriteString(l.w, "[]\n")
		return err
	}
	_, err := io.WriteString(l.w, "\n]\n")
	return err
}
