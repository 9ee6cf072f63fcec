package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// MaxMatrix is how many jobs GitHub makes of one matrix.
const MaxMatrix = 256

// matrixEntry is one job. The names with hyphens are inputs of the action
// docker/build-push-action.
type matrixEntry struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	Ref     string `json:"ref"`
	Local   string `json:"local,omitempty"`
	Cluster string `json:"cluster,omitempty"`
	// Stage is 0 for a build that needs no other.
	Stage int `json:"stage"`

	Context       string `json:"context,omitempty"`
	File          string `json:"file,omitempty"`
	Target        string `json:"target,omitempty"`
	Tags          string `json:"tags,omitempty"`
	Platforms     string `json:"platforms,omitempty"`
	BuildArgs     string `json:"build-args,omitempty"`
	BuildContexts string `json:"build-contexts,omitempty"`
	CacheFrom     string `json:"cache-from,omitempty"`
	SSH           string `json:"ssh,omitempty"`
	Secrets       string `json:"secrets,omitempty"`
	Network       string `json:"network,omitempty"`
	AddHosts      string `json:"add-hosts,omitempty"`
	Pull          bool   `json:"pull,omitempty"`

	Run string `json:"run,omitempty"`
	Dir string `json:"working-directory,omitempty"`
}

// Matrix returns a matrix for GitHub Actions on one line, one job a build, and the
// files that it needs. files and dir are as for [Bake].
func Matrix(builds []tiltfile.Build, files fs.FS, dir string) ([]byte, []Generated, error) {
	when, err := stages(builds)
	if err != nil {
		return nil, nil, err
	}
	if len(builds) > MaxMatrix {
		return nil, nil, fmt.Errorf("%d builds, and GitHub makes at most %d jobs of a matrix: choose some with --image", len(builds), MaxMatrix)
	}
	names := targetNames(builds)
	g := newGenerator(builds, files, dir, false)
	entries := make([]matrixEntry, len(builds))
	for i := range builds {
		b := &builds[i]
		e := matrixEntry{Name: names[b.Ref], Kind: "docker", Ref: b.Ref, Local: b.Local, Cluster: b.Cluster, Stage: when[b.Ref]}
		if b.Custom != nil {
			e.Kind, e.Run, e.Dir = "custom", shellLine(b.Custom.Command), b.Custom.Command.Dir
		} else if err := g.matrixDocker(&e, b, builds); err != nil {
			return nil, nil, err
		}
		entries[i] = e
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err = encoder.Encode(map[string][]matrixEntry{"include": entries})
	return out.Bytes(), g.made, err
}

func (g *generator) matrixDocker(e *matrixEntry, b *tiltfile.Build, builds []tiltfile.Build) error {
	d := b.Docker
	file, err := g.dockerfile(b, e.Name)
	if err != nil {
		return err
	}
	e.Context, e.File, e.Target, e.Network, e.Pull = d.Context, file, d.Target, d.Network, d.Pull
	e.Tags = lines(append([]string{pushed(b)}, d.ExtraTags...))
	e.Platforms = strings.Join(platforms(d.Platform), ",")
	e.CacheFrom, e.SSH, e.Secrets, e.AddHosts = lines(d.CacheFrom), lines(d.SSH), lines(d.Secrets), lines(d.ExtraHosts)
	var args, contexts []string
	for _, k := range slices.Sorted(maps.Keys(d.BuildArgs)) {
		if strings.ContainsAny(d.BuildArgs[k], "\n") {
			return buildError(b, "build argument %s has several lines, which a matrix cannot hold", k)
		}
		args = append(args, k+"="+d.BuildArgs[k])
	}
	for _, base := range d.Bases {
		contexts = append(contexts, contextName(base.Image)+"=docker-image://"+pushed(&builds[index(builds, base.Build)]))
	}
	e.BuildArgs, e.BuildContexts = lines(args), lines(contexts)
	return nil
}

func lines(all []string) string { return strings.Join(all, "\n") }

// shellLine is a command as a POSIX shell runs it.
func shellLine(c tiltfile.Command) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(c.Env)) {
		words = append(words, k+"="+builtins.ShellQuote(c.Env[k]))
	}
	if len(c.Env) == 0 && len(c.Args) == 3 && c.Args[0] == "sh" && c.Args[1] == "-c" {
		return c.Args[2]
	}
	for _, a := range c.Args {
		words = append(words, builtins.ShellQuote(a))
	}
	return strings.Join(words, " ")
}
