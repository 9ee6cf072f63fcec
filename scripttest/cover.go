package scripttest

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// FileCoverage is which statements of one script the tests reached.
type FileCoverage struct {
	// File is the path of the script, as reports name it.
	File string
	// Blocks are its statements, in source order, with the counts of
	// all tests.
	Blocks []starlark.CoverBlock
}

// Lines returns how many lines of the script begin a statement, and how many
// of those the tests reached.
func (f *FileCoverage) Lines() (reached, all int) {
	lines := map[int]bool{}
	for _, b := range f.Blocks {
		lines[b.Start.Line] = lines[b.Start.Line] || b.Count > 0
	}
	for _, hit := range lines {
		if hit {
			reached++
		}
	}
	return reached, len(lines)
}

// coverage adds up the counts of several runs. The zero value is ready to use.
type coverage struct {
	mu     sync.Mutex
	counts map[string]map[span]uint64
}

// span is the place of a statement.
type span struct{ start, end diag.Position }

// add adds the counts of one script in one run. Files of tests do not count.
func (c *coverage) add(file string, blocks []starlark.CoverBlock) {
	if strings.Contains(path.Base(file), functionsSuffix) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]map[span]uint64{}
	}
	if c.counts[file] == nil {
		c.counts[file] = map[span]uint64{}
	}
	for _, b := range blocks {
		c.counts[file][span{b.Start, b.End}] += b.Count
	}
}

// files returns the sums, sorted.
func (c *coverage) files() []FileCoverage {
	c.mu.Lock()
	defer c.mu.Unlock()
	files := []FileCoverage{}
	for _, name := range slices.Sorted(maps.Keys(c.counts)) {
		f := FileCoverage{File: name}
		for s, n := range c.counts[name] {
			f.Blocks = append(f.Blocks, starlark.CoverBlock{Start: s.start, End: s.end, Count: n})
		}
		slices.SortFunc(f.Blocks, func(a, b starlark.CoverBlock) int {
			return cmp.Or(cmp.Compare(a.Start.Line, b.Start.Line), cmp.Compare(a.Start.Column, b.Start.Column))
		})
		files = append(files, f)
	}
	return files
}

// WriteCoverage writes the percentage of lines reached of each script, and of
// all of them.
func (r *Report) WriteCoverage(w io.Writer) error {
	var b strings.Builder
	var reached, all int
	for _, f := range r.Coverage {
		hit, lines := f.Lines()
		reached, all = reached+hit, all+lines
		fmt.Fprintf(&b, "coverage: %s in %s\n", covered(hit, lines), diag.PrintableLine(f.File))
	}
	fmt.Fprintf(&b, "coverage: %s in all\n", covered(reached, all))
	return write(w, b.String())
}

// covered is a part of some lines in percent, rounded down, so that 100.0% means
// all. Of no lines there is no percentage.
func covered(part, all int) string {
	if all == 0 {
		return counted(0, "line")
	}
	tenths := part * 1000 / all
	return fmt.Sprintf("%d.%d%% of %s", tenths/10, tenths%10, counted(all, "line"))
}

// WriteProfile writes the counts as a Go cover profile, which
// `go tool cover -html` and editors show. Scripts inside an archive are left out:
// there is no file of theirs to show.
func (r *Report) WriteProfile(w io.Writer) error {
	var b strings.Builder
	b.WriteString("mode: count\n")
	for _, f := range r.Coverage {
		// Without a dot or a slash in front, go tool cover looks for a package.
		name := diag.PrintableLine(f.File)
		if strings.Contains(name, archiveSuffix+"/") {
			continue
		}
		if !filepath.IsAbs(filepath.FromSlash(name)) && !strings.HasPrefix(name, ".") {
			name = "./" + name
		}
		for _, s := range f.Blocks {
			fmt.Fprintf(&b, "%s:%d.%d,%d.%d 1 %d\n", name, s.Start.Line, s.Start.Column, s.End.Line, s.End.Column, s.Count)
		}
	}
	return write(w, b.String())
}
