package compose_test

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins/tiltfile/internal/compose"
)

// TestMerge reads projects of several files and documents. The files are those whose name
// begins with a digit, in order; a project is written as its services' images, builds and
// dependencies.
func TestMerge(t *testing.T) {
	type files map[string]string
	for _, tt := range []struct {
		name  string
		files files
		want  string
	}{
		{"a later document is merged", files{"1.yaml": "services: {a: {image: old}}\n---\nservices: {a: {image: new}, b: {image: b}}"}, "a new; b b"},
		{"reset", files{
			"1.yaml": "services: {a: {image: a, build: x, ports: ['8:80'], depends_on: [b]}, b: {image: b}}",
			"2.yaml": "services: {a: {build: !reset null, ports: !reset [], depends_on: !reset {}}}",
		}, "a a; b b"},
		{"reset of one entry", files{"1.yaml": "services: {a: {build: {args: {A: 1, B: 2}}}}", "2.yaml": "services: {a: {build: {args: {A: !reset null}}}}"}, "a . B=2"},
		{"reset of a service", files{"1.yaml": "services: {a: {image: a}, b: {image: b}}", "2.yaml": "services: {b: !reset null}"}, "a a"},
		{"override", files{
			"1.yaml": "services: {a: {image: a, build: {context: x, target: t}, ports: ['8:80'], depends_on: [b]}, b: {image: b}, c: {image: c}}",
			"2.yaml": "services: {a: {image: !override i, build: !override {dockerfile: D}, ports: !override ['9:90'], depends_on: !override [c]}}",
		}, "a i . 9 (c); b b; c c"},
		{"a value that overrides has its type", files{"1.yaml": "services: {a: {image: a, ports: [1]}}", "2.yaml": "services: {a: {ports: !override [{target: 80, published: !override 9}]}}"}, "a a 9"},
		{"reset by a merge key", files{
			"1.yaml": "services: {a: {image: a, ports: ['8:80']}, b: {image: b, ports: ['9:90']}}",
			"2.yaml": "x-no: &no\n  ports: !reset []\nx-none: &none\n  <<: *no\nservices: {a: {<<: *no}, b: {<<: *none}}",
		}, "a a; b b"},
		{"override by an alias", files{
			"1.yaml": "services: {a: {image: a, ports: ['8:80']}, b: {image: b, ports: ['9:90']}}",
			"2.yaml": "x-one: &one !override ['1:1']\nservices: {a: {ports: *one}, b: {ports: *one}}",
		}, "a a 1; b b 1"},
		{"what is extended can be reset", files{
			"1.yaml": "services: {a: {image: a, build: x, depends_on: [c]}, b: {extends: a, build: !reset null, depends_on: !override [a]}, c: {image: c}}",
		}, "a a x (c); b a (a); c c"},
		{"a merge key of an alias of a list", files{"1.yaml": "x: &x [{image: i}, {build: b}]\nservices: {a: {<<: *x}}"}, `"x" is not a section`},
		{"a merge key of an alias of a list with a prefix", files{"1.yaml": "x-x: &x [{image: i}, {build: b}]\nservices: {a: {<<: *x}}"}, "a i b"},
		{"an anchor that holds itself", files{"1.yaml": "services: {a: &a {image: a, labels: [*a]}}"}, "contains itself"},
		{"what others share is waited for", files{"1.yaml": `
services:
  a: {image: a, links: [b, 'c:x'], network_mode: 'service:d', volumes_from: ['e:ro', 'container:f'], ipc: 'service:d', pid: host}
  b: {image: b}
  c: {image: c}
  d: {image: d}
  e: {image: e}`}, "a a (b c d e); b b; c c; d d; e e"},
		{"a link to nothing", files{"1.yaml": "services: {a: {image: a, links: [b]}}"}, `depends on "b", which is not a service`},
		{"a model that is not there", files{"1.yaml": "services: {a: {image: a, models: [m]}}"}, `"m", which is none of the project's models`},
		{"a model", files{"1.yaml": "services: {a: {image: a, models: [m]}}\nmodels: {m: {model: x}}"}, "a a"},
		{"a secret of a build that is not there", files{"1.yaml": "services: {a: {build: {secrets: [s]}}}"}, `"s", which is none of the project's secrets`},
		{"a label file that is not there", files{"1/a.yaml": "services: {a: {image: a, label_file: l.env}}", "l.env": ""}, `no label file 1/l.env`},
		{"label files", files{"1/a.yaml": "services: {a: {image: a, label_file: [l.env, /x]}}", "1/l.env": ""}, "a a"},
		{"a service and a job of one name", files{"1.yaml": "{services: {a: {image: a}}, jobs: {a: {image: a}}}"}, `service "a": a job has that name`},
		{"two Dockerfiles", files{"1.yaml": "services: {a: {build: {dockerfile: D, dockerfile_inline: FROM x}}}"}, "both dockerfile and dockerfile_inline"},
		{"arguments of the environment", files{"1.yaml": "services: {a: {build: {args: [V, W, X=]}}, b: {build: {args: {V: null, W: null}}}}"}, "a . V=v X=; b . V=v"},
		{"paths are relative to the first file", files{
			"1/a.yaml":    "services: {a: {build: x}}",
			"2/b.yaml":    "services: {a: {build: {target: t}}, b: {build: y}, c: {extends: {file: in/z.yaml, service: z}}}",
			"1/in/z.yaml": "services: {z: {build: z}}",
		}, "a 1/x; b 1/y; c 1/in/z"},
		{"contexts elsewhere", files{"1/a.yaml": "services: {a: {build: 'git@h.test:x'}, b: {build: github.com/x}, c: {build: ~/x}, d: {build: /x}}"}, "a git@h.test:x; b github.com/x; c ~/x; d /x"},
		{"variables of an include", files{
			"1.yaml":    "include: [in/x.yaml]\nservices: {a: {image: 'a:$A$B'}}",
			".env":      "A=outer",
			"in/.env":   "A=inner\nB=$A\nV=inner",
			"in/x.yaml": "services: {b: {image: '$A/$B/$V', build: x}}",
		}, "a a:outer; b outer/outer/v in/x"},
		{"env files of an include", files{
			"1.yaml": "include: [{path: in/x.yaml, env_file: [e.env, f.env]}]", "e.env": "A=e\nB=e", "f.env": "B=f$A",
			"in/.env": "A=x", "in/x.yaml": "services: {b: {image: '$A$B'}}",
		}, "b efe"},
		{"no env files of an include", files{"1.yaml": "include: [{path: in/x.yaml, env_file: [/dev/null]}]", "in/.env": "A=x", "in/x.yaml": "services: {b: {image: 'b:${A-no}'}}"}, "b b:no"},
		{"a missing env file of an include", files{"1.yaml": "include: [{path: in/x.yaml, env_file: e.env}]", "in/x.yaml": "{}"}, "1.yaml: include: "},
		{"the folder of an include", files{
			"1.yaml":     "include: [{path: in/x.yaml, project_directory: other}]",
			"in/x.yaml":  "services: {a: {build: x, env_file: e.env}, b: {extends: {file: y.yaml, service: y}}}",
			"other/.env": "A=o", "other/e.env": "", "other/y.yaml": "services: {y: {image: '$A', build: .}}",
		}, "a other/x; b o other"},
		{"a service of an include", files{
			"1.yaml":    "include: [in/x.yaml]\nservices: {a: {build: {target: t}, ports: !override ['9:9']}, b: {extends: a}}",
			"in/x.yaml": "services: {a: {build: x, ports: ['8:8']}}",
		}, "a in/x 9; b in/x 9"},
		{"two includes of one file", files{
			"1.yaml": "include: [a.yaml, b.yaml]", "a.yaml": "include: [in/c.yaml]", "b.yaml": "include: [in/c.yaml]\nservices: {b: {image: b}}",
			"in/c.yaml": "services: {c: {build: c, ports: ['8:8']}}",
		}, "b b; c in/c 8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := compose.Options{
				Root:   "root",
				Lookup: func(key string) (string, bool) { return "v", key == "V" },
				Read: func(name string) ([]byte, error) {
					if text, ok := tt.files[name]; ok {
						return []byte(text), nil
					}
					return nil, fs.ErrNotExist
				},
			}
			for _, name := range slices.Sorted(maps.Keys(tt.files)) {
				if name[0] == '1' && !strings.Contains(name, "/in/") || name[0] == '2' {
					o.Files = append(o.Files, compose.File{Name: name, Data: []byte(tt.files[name])})
				}
			}
			p, err := compose.Load(o)
			if err != nil {
				if !strings.Contains(err.Error(), tt.want) {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, outline(p)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDockerfileOfABuild(t *testing.T) {
	for _, tt := range []struct {
		build compose.Build
		want  string
	}{
		{compose.Build{Context: "a"}, "a/Dockerfile"},
		{compose.Build{Context: "a", Dockerfile: "../D"}, "D"},
		{compose.Build{Context: "a", Dockerfile: "/d/D"}, "/d/D"},
		{compose.Build{Context: "https://h.test/x.git#main"}, "Dockerfile"},
		{compose.Build{Context: "git@h.test:x.git", Dockerfile: "in/D"}, "in/D"},
	} {
		if got := tt.build.File(); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.build, got, tt.want)
		}
	}
}

// outline is a line about each service: its image, its build, its ports and dependencies.
func outline(p *compose.Project) string {
	var all []string
	for _, s := range p.Services {
		parts := []string{s.Name}
		if s.Image != "" {
			parts = append(parts, s.Image)
		}
		if s.Build != nil {
			parts = append(parts, s.Build.Context)
			for _, name := range slices.Sorted(maps.Keys(s.Build.Args)) {
				parts = append(parts, name+"="+s.Build.Args[name])
			}
		}
		for _, port := range s.Ports {
			parts = append(parts, fmt.Sprint(port))
		}
		if len(s.DependsOn) > 0 {
			parts = append(parts, fmt.Sprint("(", strings.Join(s.DependsOn, " "), ")"))
		}
		all = append(all, strings.Join(parts, " "))
	}
	return strings.Join(all, "; ")
}
