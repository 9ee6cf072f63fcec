package plan

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// Generated is a file to write for a plan. Path is below the root of the run's
// files, slash-separated.
type Generated struct {
	Path string
	Data []byte
}

// generator makes the Dockerfiles that some builds need.
type generator struct {
	files fs.FS
	// dir is where they are written, "" for nowhere.
	dir string
	// writes is set if a build needs files, so that dir is kept from every context
	// that it is in.
	writes bool
	made   []Generated
}

// newGenerator returns a generator for builds. inline is set if the plan's format
// can hold the contents of a Dockerfile.
func newGenerator(builds []tiltfile.Build, files fs.FS, dir string, inline bool) *generator {
	return &generator{files: files, dir: dir, writes: slices.ContainsFunc(builds, func(b tiltfile.Build) bool {
		return b.Docker != nil && (filtered(b.Docker) || b.Docker.DockerfileContents != "" && !inline)
	})}
}

// filtered reports whether the script selects which files of the context a build sees.
func filtered(d *tiltfile.DockerBuild) bool { return len(d.Only) > 0 || len(d.Ignore) > 0 }

// ignores reports whether a build needs an ignore file that it does not have: by
// what the script selects, or to keep the generated files from its context.
func (g *generator) ignores(d *tiltfile.DockerBuild) bool {
	if filtered(d) {
		return true
	}
	_, ok := below(d.Context, g.dir)
	return g.writes && g.dir != "" && ok
}

// dockerfile returns the Dockerfile of a build: its own, or a copy with an ignore
// file beside it. name is unique among the builds.
func (g *generator) dockerfile(b *tiltfile.Build, name string) (string, error) {
	d := b.Docker
	if d.Dockerfile != "" && !g.ignores(d) {
		return d.Dockerfile, nil
	}
	if g.dir == "" {
		needs := "dockerfile_contents needs a Dockerfile"
		if filtered(d) {
			needs = "only and ignore need an ignore file beside a Dockerfile"
		}
		return "", buildError(b, "%s: name a folder for generated files with --generated DIR", needs)
	}
	text := []byte(d.DockerfileContents)
	if d.Dockerfile != "" {
		var err error
		if text, err = g.read(d.Dockerfile); err != nil {
			return "", buildError(b, "%w", err)
		}
	}
	ignore, err := g.ignoreFile(b)
	if err != nil {
		return "", err
	}
	file := path.Join(g.dir, name+".Dockerfile")
	g.made = append(g.made, Generated{file, text}, Generated{file + ".dockerignore", ignore})
	return file, nil
}

// ignoreFile returns the ignore file of a build. A file is ignored if the ignore
// file that the build has anyway ignores it, or only= and ignore= do. In one file the
// last pattern that matches decides, so of the two parts the one without
// exceptions comes last.
func (g *generator) ignoreFile(b *tiltfile.Build) ([]byte, error) {
	d := b.Docker
	disk, from, err := g.diskIgnore(d)
	if err != nil {
		return nil, buildError(b, "%w", err)
	}
	var own []string
	if len(d.Only) > 0 {
		own = append(own, "**")
		for _, p := range d.Only {
			own = append(own, "!"+escapePattern(path.Clean(p)))
		}
	}
	for _, p := range d.Ignore {
		own = append(own, patternLine(p))
	}
	for _, p := range own {
		if strings.ContainsAny(p, "\r\n") {
			return nil, buildError(b, "the pattern %q of only or ignore has a line break, which an ignore file cannot hold", p)
		}
	}
	first, last := disk, own
	switch {
	case excepts(own) && excepts(disk):
		return nil, buildError(b, "both %s and only or ignore have exceptions, which one ignore file cannot hold: remove the ! lines of one", from)
	case excepts(own):
		first, last = own, disk
	}
	lines := append([]string{"# Generated for the build of " + b.Ref + "."}, slices.Concat(first, last)...)
	if inner, ok := below(d.Context, g.dir); ok {
		lines = append(lines, escapePattern(inner))
	}
	return []byte(strings.Join(lines, "\n") + "\n"), nil
}

// diskIgnore reads the ignore file that the build has without us.
func (g *generator) diskIgnore(d *tiltfile.DockerBuild) (lines []string, from string, err error) {
	names := []string{path.Join(d.Context, ".dockerignore")}
	if d.Dockerfile != "" {
		names = []string{d.Dockerfile + ".dockerignore", names[0]}
	}
	for _, name := range names {
		data, err := g.read(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		data = bytes.TrimPrefix(data, []byte("\ufeff"))
		for line := range strings.Lines(string(data)) {
			pattern := strings.TrimSpace(line)
			if pattern != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, patternLine(pattern))
			}
		}
		return lines, name, nil
	}
	return nil, "", nil
}

// MaxFile is how many bytes a Dockerfile and an ignore file may have.
const MaxFile = 4 << 20

// read reads a file of a build. One outside the root is no file of the run, unless it
// is of an extension.
func (g *generator) read(name string) ([]byte, error) {
	f, err := g.files.Open(name)
	if path.IsAbs(name) && errors.Is(err, fs.ErrInvalid) {
		return nil, errors.New(name + " is outside the root: a larger one can be set with --root")
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err == nil && len(data) > MaxFile {
		err = fmt.Errorf("%s: over the limit of %d bytes for a Dockerfile or an ignore file", name, MaxFile)
	}
	return data, err
}

// patternLine is the line of a pattern in an ignore file: one that begins with # is a
// comment if there is no space before.
func patternLine(pattern string) string {
	if strings.HasPrefix(pattern, "#") {
		return " " + pattern
	}
	return pattern
}

// excepts reports whether patterns take back what others ignore.
func excepts(patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return strings.HasPrefix(strings.TrimSpace(p), "!") })
}

// escapePattern makes a pattern that matches one path.
func escapePattern(p string) string {
	var b strings.Builder
	for _, r := range p {
		if strings.ContainsRune(`*?[\`, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// below returns p as seen from the folder dir, if it is in it. Both are relative to
// the root, or absolute.
func below(dir, p string) (inner string, ok bool) {
	dir, p = path.Clean(dir), path.Clean(p)
	switch {
	case path.IsAbs(dir) != path.IsAbs(p):
		return "", false
	case dir == p:
		return ".", true
	case dir == ".":
		return p, p != ".." && !strings.HasPrefix(p, "../")
	}
	return strings.CutPrefix(p, strings.TrimSuffix(dir, "/")+"/")
}

// relative returns p as seen from the folder dir. ok is false if one is absolute
// and the other is not.
func relative(dir, p string) (rel string, ok bool) {
	if path.IsAbs(dir) != path.IsAbs(p) {
		return "", false
	}
	d, t := elements(dir), elements(p)
	same := 0
	for same < len(d) && same < len(t) && d[same] == t[same] {
		same++
	}
	return path.Join(append(slices.Repeat([]string{".."}, len(d)-same), t[same:]...)...), true
}

func elements(p string) []string {
	if p = strings.Trim(path.Clean(p), "/"); p == "." || p == "" {
		return nil
	}
	return strings.Split(p, "/")
}
