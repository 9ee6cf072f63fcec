package compose

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/override"
	"github.com/compose-spec/compose-go/v2/transform"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// forms are the ways to write each field of a service, right and wrong.
var forms = map[string][]string{
	"image":      {"a", "b:1", "null"},
	"platform":   {"linux/arm64", "linux/amd64"},
	"provider":   {"{type: x}", "{type: y, options: {a: 1}}"},
	"profiles":   {"[a]", "[b, a]", "[a, a, c]", "[]", "null", "[1]"},
	"depends_on": {"[x]", "[y, x]", "{x: {condition: service_healthy}}", "{y: {required: false}, z: {}}", "[]", "{}", "{x: 1}", "5"},
	"ports": {
		"[80]", "['80:8080']", "['8080:80', '8080:80/udp']", "['127.0.0.1:9000-9002:90-92']", "['9000-9010:90']", "['[::1]:1:2']",
		"[{target: 80, published: '8080'}]", "[{target: 80, published: 8080}]", "[{target: 80}]", "[80, 80, '80:80', '80']",
		"['8080:80', {target: 80, published: '8080', protocol: tcp}]", "[]", "null", "['80:x']", "[{published: 80}]", "[true]", "x",
	},
	"build": {
		".", "./a", "{context: b, target: t}", "{context: b, args: {A: 1, B: null, C: x}}", "{args: [A=2, D]}", "{args: [A=1, A=3]}",
		"{platforms: [linux/arm64, linux/amd64], dockerfile: D}", "{platforms: [linux/amd64]}", "{dockerfile_inline: FROM x}",
		"{context: https://example.com/x.git, args: {L: [1, 2]}}", "{}", "{args: [1]}", "{platforms: {a: b}}",
	},
	"volumes": {"[a:/b]"},
}

// randomFile writes a compose file of a few services.
func randomFile(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for _, name := range []string{"web", "db"}[:1+r.IntN(2)] {
		fmt.Fprintf(&b, "  %s:\n    x-any: 1\n", name)
		for field, values := range forms {
			if r.IntN(3) == 0 {
				fmt.Fprintf(&b, "    %s: %s\n", field, values[r.IntN(len(values))])
			}
		}
	}
	return b.String()
}

// TestMergesAsComposeGo compares the rules of merging, of extending and of forms to
// those of compose-go: what it takes is taken, and means the same.
func TestMergesAsComposeGo(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range 600 {
		base, over := randomFile(r), randomFile(r)
		for kind, f := range map[string]struct {
			ours, theirs func(base, over string) ([]Service, error)
		}{
			"merge":  {mergedOurs, mergedTheirs},
			"extend": {extendedOurs, extendedTheirs},
		} {
			want, wantErr := recovered(f.theirs, base, over)
			got, err := f.ours(base, over)
			if wantErr != nil {
				continue // of a field that is not read here, perhaps
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s\n%s", kind, err, base, over)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s (-compose-go +here):\n%s\n%s\n%s", kind, diff, base, over)
			}
			taken++
		}
	}
	if taken < 100 {
		t.Errorf("only %d were taken by compose-go", taken)
	}
}

// Wrong forms are refused, each with the field's name.
func TestWrongForms(t *testing.T) {
	for text, want := range map[string]string{
		"build: 5":                              "build is no mapping",
		"build: null":                           "build is empty",
		"build: {args: [1]}":                    "build.args: 1 is not a string",
		"depends_on: x":                         "depends_on is neither a list nor a mapping",
		"depends_on: [1]":                       "depends_on: 1 is not the name of a service",
		"depends_on: {x: 1}":                    "depends_on.x is no mapping",
		"ports: x":                              "ports is no list",
		"ports: [true]":                         "ports: true is neither a port nor a mapping",
		"ports: ['80:x']":                       "invalid containerPort: x",
		"ports: [{published: 80}]":              "ports: one has no target",
		"profiles: [1]":                         "profiles: 1 is not a string",
		"image: a\n---":                         "",
		"build: {platforms: [a], context: [x]}": "",
	} {
		_, err := mergedOurs("services:\n  web:\n    "+text, "services: {}")
		if got := fmt.Sprint(err); want != "" && !strings.Contains(got, want) || want == "" && err != nil {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	_, err := mergedOurs("services: {web: {ports: [80], build: {platforms: [a]}}}", "services: {web: {build: {platforms: {a: b}}}}")
	if want := `service "web": build.platforms is a list in one file and another thing in a later one`; fmt.Sprint(err) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A build that two services share by extends is resolved once.
func TestExtendedBuild(t *testing.T) {
	const text = "services:\n  a: {build: img}\n  b: {extends: a}\n"
	p, err := Load(Options{
		Files:  []File{{Name: "sub/compose.yaml", Data: []byte(text)}},
		Lookup: func(string) (string, bool) { return "", false },
		Read:   func(string) ([]byte, error) { return nil, fs.ErrNotExist },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range p.Services {
		if s.Build.Context != "sub/img" {
			t.Errorf("service %s: build context %s, want sub/img", s.Name, s.Build.Context)
		}
	}
}

func recovered(f func(base, over string) ([]Service, error), base, over string) (s []Service, err error) {
	defer func() {
		if r := recover(); r != nil { // as compose-go does of some nulls
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return f(base, over)
}

func decoded(text string) map[string]any {
	var raw map[string]any
	if err := yaml.Unmarshal([]byte(text), &raw); err != nil {
		panic(err)
	}
	return raw
}

func servicesOf(services map[string]map[string]any) ([]Service, error) {
	var out []Service
	for _, name := range []string{"web", "db"} {
		if fields, ok := services[name]; ok {
			s, err := newService(name, fields)
			if err != nil && !strings.Contains(err.Error(), "neither an image nor a build") {
				return nil, err
			}
			out = append(out, s)
		}
	}
	return out, nil
}

func mergedOurs(base, over string) ([]Service, error) {
	merged := newContent()
	for _, text := range []string{base, over} {
		c, err := contentOf(decoded(text))
		if err != nil {
			return nil, err
		}
		if err := c.each(canonical); err != nil {
			return nil, err
		}
		if err := merged.add(c); err != nil {
			return nil, err
		}
	}
	if err := merged.each(unique); err != nil {
		return nil, err
	}
	return servicesOf(merged.services)
}

func mergedTheirs(base, over string) ([]Service, error) {
	b, err := transform.Canonical(decoded(base), false)
	if err != nil {
		return nil, err
	}
	o, err := transform.Canonical(decoded(over), false)
	if err != nil {
		return nil, err
	}
	merged, err := override.Merge(b, o)
	if err != nil {
		return nil, err
	}
	if merged, err = override.EnforceUnicity(merged); err != nil {
		return nil, err
	}
	services := map[string]map[string]any{}
	for name, fields := range merged["services"].(map[string]any) {
		services[name] = fields.(map[string]any)
	}
	return servicesOf(services)
}

func extendedOurs(base, over string) ([]Service, error) {
	b, err := contentOf(decoded(base))
	if err != nil {
		return nil, err
	}
	o, err := contentOf(decoded(over))
	if err != nil {
		return nil, err
	}
	web, err := mergeService(b.services["web"], o.services["web"])
	if err != nil {
		return nil, err
	}
	if err := canonical(web); err != nil {
		return nil, err
	}
	return servicesOf(map[string]map[string]any{"web": web})
}

func extendedTheirs(base, over string) ([]Service, error) {
	web := func(text string) map[string]any {
		return decoded(text)["services"].(map[string]any)["web"].(map[string]any)
	}
	fields, err := override.ExtendService(web(base), web(over))
	if err != nil {
		return nil, err
	}
	canonical, err := transform.Canonical(map[string]any{"services": map[string]any{"web": fields}}, false)
	if err != nil {
		return nil, err
	}
	return servicesOf(map[string]map[string]any{"web": canonical["services"].(map[string]any)["web"].(map[string]any)})
}
