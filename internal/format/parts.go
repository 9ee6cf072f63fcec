package format

import (
	"bytes"
	"context"
	"strings"

	"github.com/sextant-dev/sextant/starlark/analysis"
)

// byParts formats a source, as normal returns it, by calling format with each of its
// parts, of at least so many bytes. If one cannot be formatted, the error is that of the
// source in one piece, with its lines.
func byParts(ctx context.Context, name string, src []byte, least int, format func(part string) ([]byte, error)) ([]byte, error) {
	list := parts(string(src), least)
	var out bytes.Buffer
	out.Grow(len(src))
	for i, part := range list {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		printed, err := format(part)
		if err != nil {
			return whole(name, src)
		}
		out.Write(printed)
		if i+1 < len(list) {
			out.WriteByte('\n')
		}
	}
	return out.Bytes(), nil
}

// parts splits a source at blank lines that the printer keeps: those before a
// statement at top level, or the comment above it. Before a load statement, behind a
// comment that is no part of a statement, and behind a statement with a comment at the
// margin, what it prints depends on both sides. The blank lines are in no part. A part
// has at least so many bytes.
func parts(src string, least int) []string {
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
		if end == start || end <= begin || end-begin < least || strings.HasPrefix(strings.TrimSpace(src[lineBefore(src, end):end]), "#") || strings.Contains(before, "\n#") {
			continue
		}
		list = append(list, src[begin:end])
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
