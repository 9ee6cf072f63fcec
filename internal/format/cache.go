package format

import (
	"bytes"
	"context"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// Cache formats sources that change a little from one time to the next, as an
// editor's do: it formats only the parts that the last source of the name did not
// have. Any number of goroutines can use it.
type Cache struct {
	mu sync.Mutex
	// known are the parts of the last source of each name, and their layout.
	known map[string]map[string][]byte
	// formatted counts the bytes that were formatted.
	formatted int
}

// Source returns what the function [Source] does. What was formatted before ctx is
// done is kept.
func (c *Cache) Source(ctx context.Context, name string, src []byte) ([]byte, error) {
	list := parts(string(normal(src)))
	used := make(map[string][]byte, len(list))
	var out bytes.Buffer
	out.Grow(len(src))
	for i, part := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		printed, err := c.part(name, part)
		if err != nil {
			return Source(name, src) // with its error, of its lines
		}
		used[part] = printed
		out.Write(printed)
		if i+1 < len(list) {
			out.WriteByte('\n') // parts begin behind a blank line
		}
	}
	c.mu.Lock()
	c.known[name] = used
	c.mu.Unlock()
	return out.Bytes(), nil
}

func (c *Cache) part(name, text string) ([]byte, error) {
	c.mu.Lock()
	printed, ok := c.known[name][text]
	c.mu.Unlock()
	if ok {
		return printed, nil
	}
	printed, err := source(name, []byte(text))
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]map[string][]byte{}
	}
	if c.known[name] == nil {
		c.known[name] = map[string][]byte{}
	}
	c.known[name][text] = printed
	c.formatted += len(text)
	return printed, nil
}

// Forget drops what is kept of a name.
func (c *Cache) Forget(name string) {
	c.mu.Lock()
	delete(c.known, name)
	c.mu.Unlock()
}

// parts splits a source at blank lines that the printer keeps: those before a
// statement at top level, or the comment above it. Before a load statement, behind a
// comment that is no part of a statement, and behind a statement with a comment at the
// margin, what it prints depends on both sides.
func parts(src string) []string {
	var list []string
	begin, last := 0, 0 // the part, and the statement before
	for _, start := range analysis.Split(src) {
		before := src[last:start]
		last = start
		if isLoad(src[start:]) {
			continue
		}
		for line := lineBefore(src, start); strings.HasPrefix(src[line:start], "#"); line = lineBefore(src, start) {
			start = line
		}
		end := start // of the last line that is not blank
		for end > begin && strings.TrimSpace(src[lineBefore(src, end):end]) == "" {
			end = lineBefore(src, end)
		}
		before = before[:max(len(before)-(last-end), 0)] // without the comment above
		if end == start || end <= begin || strings.HasPrefix(strings.TrimSpace(src[lineBefore(src, end):end]), "#") || strings.Contains(before, "\n#") {
			continue
		}
		list = append(list, src[begin:start])
		begin = start
	}
	return append(list, src[begin:])
}

// isLoad reports whether a load statement is at the beginning of a source.
func isLoad(src string) bool {
	rest, ok := strings.CutPrefix(src, "load")
	return ok && strings.HasPrefix(strings.TrimLeft(rest, " \t\\\n"), "(")
}

// lineBefore returns where the line begins that ends before a byte.
func lineBefore(src string, at int) int {
	return strings.LastIndexByte(src[:max(at-1, 0)], '\n') + 1
}
