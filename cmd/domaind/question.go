package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"domaind/internal/control"
)

// consent asks whether it is to be done.
func (g *globals) consent(ctx context.Context, o hand, p control.Proposal) error {
	if o.yes {
		return nil
	}
	if !g.io.inTTY {
		return usageError{errors.New("nothing was done: say --yes, or answer at a terminal")}
	}
	question := "Do it? [y/N] "
	if p.Price != nil {
		question = fmt.Sprintf("Spend %s? [y/N] ", *p.Price)
	}
	yes, err := g.question(ctx, question, false)
	if err == nil && !yes {
		err = errors.New("nothing was done")
	}
	return err
}

// question asks a person; otherwise is the answer of one who only presses Enter.
func (g *globals) question(ctx context.Context, text string, otherwise bool) (bool, error) {
	fmt.Fprint(g.io.err, text)
	said, err := g.typed(ctx)
	switch strings.ToLower(said) {
	case "y", "yes":
		return true, err
	case "":
		return otherwise && err == nil, err
	}
	return false, err
}

// typed is the next line that a person types.
func (g *globals) typed(ctx context.Context) (string, error) {
	type line struct {
		text string
		err  error
	}
	typed := make(chan line, 1)
	go func() { // a terminal cannot be told to stop waiting: where we are interrupted, it ends with the process
		text, err := bufio.NewReader(g.io.in).ReadString('\n')
		if text != "" { // what was typed before the end is all there is
			err = nil
		}
		typed <- line{strings.TrimSpace(text), err}
	}()
	select {
	case l := <-typed:
		if l.err != nil {
			return "", errors.New("there was no answer: nothing was done")
		}
		return l.text, nil
	case <-ctx.Done():
		return "", errors.New("interrupted: nothing was done")
	}
}
