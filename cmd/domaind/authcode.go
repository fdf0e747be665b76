package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"

	"domaind/internal/portfolio"
)

// codeSource is where an authorization code comes from.
type codeSource struct {
	file string // "-": stdin; "": it is typed
	none bool   // there is none
}

// typed says whether the code is typed at the terminal.
func (c codeSource) typed() bool { return c.file == "" && !c.none }

// check says whether a code can be had so.
func (c codeSource) check(streams std, yes bool) error {
	switch {
	case c.file != "" && c.none:
		return usageError{errors.New("say --code-file or --without-code, not both")}
	case c.typed() && !streams.inTTY:
		return usageError{errors.New("the authorization code is missing: give the file that holds it with --code-file, type it at a terminal, or say --without-code")}
	case c.file == "-" && streams.inTTY:
		return usageError{errors.New("with --code-file - at a terminal the code would be seen: leave --code-file out to type it unseen")}
	case c.file == "-" && !yes:
		return usageError{errors.New("with --code-file - stdin is the code: say --yes too, since nothing can be answered there")}
	}
	return nil
}

// longestCodeFile is more than any file with a code has, in bytes.
const longestCodeFile = 4 << 10

// read reads the code from its file, or from stdin. No error quotes it.
func (c codeSource) read(streams std) (portfolio.AuthCode, error) {
	if c.none {
		return "", nil
	}
	from, name := streams.in, "stdin"
	if c.file != "-" {
		f, err := os.Open(c.file)
		if path, ok := errors.AsType[*fs.PathError](err); ok {
			// What somebody took for a file's name may be the code.
			return "", usageError{fmt.Errorf("open the file that --code-file names: %w; it holds the code, and is not the code itself", path.Err)}
		}
		if err != nil {
			return "", usageError{fmt.Errorf("open the file that --code-file names: %w", err)}
		}
		defer func() { _ = f.Close() }() // it was read
		from, name = f, c.file
	}
	text, err := io.ReadAll(io.LimitReader(from, longestCodeFile+1))
	if err != nil {
		return "", usageError{fmt.Errorf("read the authorization code: %w", err)}
	}
	code, err := codeIn(text)
	if err != nil {
		return "", usageError{fmt.Errorf("read the authorization code: %s %w", name, err)}
	}
	return code, nil
}

// What is wrong with a file that should hold a code.
var (
	errNoCode    = errors.New("is empty: it is to hold the code, on the one line that there is")
	errLongCode  = errors.New("is too long to be a code")
	errCodeLines = errors.New("has more than one line: it is to hold the code, and nothing else")
	errCodeText  = errors.New("is no text as a code is: it has bytes that cannot be typed")
)

// codeIn finds the code in a file: the one line that it has, whatever editor ended it how.
func codeIn(text []byte) (portfolio.AuthCode, error) {
	code := strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff"))
	switch {
	case len(text) > longestCodeFile:
		return "", errLongCode
	case code == "":
		return "", errNoCode
	case !utf8.ValidString(code), strings.ContainsFunc(code, func(r rune) bool { return unicode.IsControl(r) && r != '\r' && r != '\n' }):
		return "", errCodeText
	case strings.ContainsAny(code, "\r\n"):
		return "", errCodeLines
	}
	return portfolio.AuthCode(code), nil
}

// typedCode has the code typed, and does not show it.
func (g *globals) typedCode(ctx context.Context, name string) (portfolio.AuthCode, error) {
	fmt.Fprintf(g.io.err, "Authorization code of %s (not shown): ", clean(name))
	defer fmt.Fprintln(g.io.err)
	f, ok := g.io.in.(*os.File)
	if !ok {
		return "", errors.New("read the authorization code: stdin is no terminal")
	}
	fd := int(f.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", fmt.Errorf("read the authorization code: %w", err)
	}
	type line struct {
		text []byte
		err  error
	}
	typed := make(chan line, 1)
	go func() { // as in globals.typed
		text, err := term.ReadPassword(fd)
		typed <- line{text, err}
	}()
	select {
	case l := <-typed:
		code := strings.TrimSpace(string(l.text))
		if l.err != nil || code == "" {
			return "", errors.New("no code was typed: nothing was done; where there is none, say --without-code")
		}
		return portfolio.AuthCode(code), nil
	case <-ctx.Done():
		return "", errors.Join(errors.New("interrupted: nothing was done"), term.Restore(fd, before))
	}
}
