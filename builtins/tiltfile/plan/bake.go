package plan

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"strings"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/cluster/image"
)

// bakeFile is the JSON form of a bake file, as far as builds need it.
type bakeFile struct {
	Group  map[string]bakeGroup   `json:"group"`
	Target map[string]*bakeTarget `json:"target"`
}

type bakeGroup struct {
	Targets []string `json:"targets"`
}

type bakeTarget struct {
	Context    string            `json:"context"`
	Contexts   map[string]string `json:"contexts,omitempty"`
	Dockerfile string            `json:"dockerfile,omitempty"`
	Inline     string            `json:"dockerfile-inline,omitempty"`
	Target     string            `json:"target,omitempty"`
	Args       map[string]string `json:"args,omitempty"`
	Tags       []string          `json:"tags"`
	Platforms  []string          `json:"platforms,omitempty"`
	CacheFrom  []string          `json:"cache-from,omitempty"`
	SSH        []string          `json:"ssh,omitempty"`
	Secret     []string          `json:"secret,omitempty"`
	Network    string            `json:"network,omitempty"`
	ExtraHosts map[string]string `json:"extra-hosts,omitempty"`
	Pull       bool              `json:"pull,omitempty"`
}

// Bake returns a bake file for docker buildx, to be used in the root folder of the
// run, and the files that it needs. Its default group is all builds; one whose
// Dockerfile starts from the image of another gets that build's result. files is
// where the script reads, dir the folder below it for generated files, "" for none.
func Bake(builds []tiltfile.Build, files fs.FS, dir string) ([]byte, []Generated, error) {
	if _, err := stages(builds); err != nil {
		return nil, nil, err
	}
	names := targetNames(builds)
	g := newGenerator(builds, files, dir, true)
	file := bakeFile{Group: map[string]bakeGroup{}, Target: map[string]*bakeTarget{}}
	all := []string{}
	for i := range builds {
		b := &builds[i]
		target, err := g.bakeTarget(b, names)
		if err != nil {
			return nil, nil, err
		}
		file.Target[names[b.Ref]] = target
		all = append(all, names[b.Ref])
	}
	file.Group["default"] = bakeGroup{all}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(file)
	return out.Bytes(), g.made, err
}

func (g *generator) bakeTarget(b *tiltfile.Build, names map[string]string) (*bakeTarget, error) {
	d := b.Docker
	if d == nil {
		return nil, buildError(b, "custom_build has no form in a bake file: choose the others with --image, and run its command yourself")
	}
	t := &bakeTarget{
		Context: literal(d.Context), Target: literal(d.Target), Network: literal(d.Network), Pull: d.Pull,
		Tags: literals(append([]string{pushed(b)}, d.ExtraTags...)), Platforms: platforms(d.Platform),
		CacheFrom: literals(d.CacheFrom), SSH: literals(d.SSH), Secret: literals(d.Secrets),
	}
	for k, v := range d.BuildArgs {
		if t.Args == nil {
			t.Args = map[string]string{}
		}
		t.Args[k] = literal(v)
	}
	for _, host := range d.ExtraHosts {
		name, address, ok := strings.Cut(host, ":")
		if !ok {
			return nil, buildError(b, "extra host %q: want name:address", host)
		}
		if t.ExtraHosts == nil {
			t.ExtraHosts = map[string]string{}
		}
		t.ExtraHosts[name] = literal(address)
	}
	for _, base := range d.Bases {
		if t.Contexts == nil {
			t.Contexts = map[string]string{}
		}
		t.Contexts[contextName(base.Image)] = "target:" + names[base.Build]
	}
	if d.DockerfileContents != "" && !g.ignores(d) {
		t.Inline = literal(d.DockerfileContents)
		return t, nil
	}
	file, err := g.dockerfile(b, names[b.Ref])
	if err != nil {
		return nil, err
	}
	rel, ok := relative(d.Context, file)
	if !ok {
		rel = "cwd://" + file
	}
	t.Dockerfile = literal(rel)
	return t, nil
}

// literal escapes what a bake file would replace in a string.
func literal(s string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
}

func literals(all []string) []string {
	var out []string
	for _, s := range all {
		out = append(out, literal(s))
	}
	return out
}

// platforms splits a list with commas.
func platforms(list string) []string {
	var out []string
	for p := range strings.SplitSeq(list, ",") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// contextName is the name by which a Dockerfile finds an image among its named
// contexts: the familiar one, without the tag latest.
func contextName(ref string) string {
	parsed, err := image.Parse(ref)
	if err != nil {
		return ref // a stage or an invalid name, which the build reports
	}
	return strings.TrimSuffix(parsed.String(), ":latest")
}

// targetNames returns for each build a name of letters, digits, - and _: the last
// element of its ref, more of it if that is not unique.
func targetNames(builds []tiltfile.Build) map[string]string {
	short := map[string]int{}
	for _, b := range builds {
		short[targetName(lastElement(b.Ref))]++
	}
	names, taken, more := map[string]string{}, map[string]bool{}, map[string]int{}
	for _, b := range builds {
		name := targetName(lastElement(b.Ref))
		if short[name] > 1 || name == "default" {
			name = targetName(b.Ref)
		}
		for wanted := name; taken[name]; {
			more[wanted]++
			name = wanted + strings.Repeat("_", more[wanted])
		}
		names[b.Ref], taken[name] = name, true
	}
	return names
}

func lastElement(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func targetName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, s)
}
