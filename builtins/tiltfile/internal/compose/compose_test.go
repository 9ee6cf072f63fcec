package compose_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins/tiltfile/internal/compose"
)

// An env file is read once, however many services have it.
func TestEnvFileIsReadOnce(t *testing.T) {
	const project = `
services:
  a: {image: a, env_file: common.env}
  b: {image: b, env_file: [common.env, ./common.env]}
  c: {image: c, env_file: [{path: other.env, required: false}]}
`
	read := map[string]int{}
	_, err := compose.Load(compose.Options{
		Files:  []compose.File{{Name: "app/compose.yaml", Data: []byte(project)}},
		Root:   "root",
		Lookup: func(string) (string, bool) { return "", false },
		Read: func(name string) ([]byte, error) {
			read[name]++
			if name == "app/common.env" {
				return nil, nil
			}
			return nil, fs.ErrNotExist
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := read["app/common.env"]; n != 1 {
		t.Errorf("common.env was read %d times: %v", n, read)
	}
}

// load reads app/compose.yaml and what it names. It returns how many files were read.
func load(files map[string]string) (p *compose.Project, reads int, err error) {
	p, err = compose.Load(compose.Options{
		Files:  []compose.File{{Name: "app/compose.yaml", Data: []byte(files["app/compose.yaml"])}},
		Root:   "root",
		Lookup: func(string) (string, bool) { return "", false },
		Read: func(name string) ([]byte, error) {
			reads++
			if text, ok := files[name]; ok {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		},
	})
	return p, reads, err
}

// What a service changes of the one that it extends is its own, and paths are relative
// to the file that has them. A build that names no context has the project's folder.
func TestExtends(t *testing.T) {
	p, _, err := load(map[string]string{
		"app/compose.yaml": `
services:
  base: {build: {context: src, args: {A: 1}}}
  a: {extends: base, build: {args: {B: 2}}}
  b: {extends: {service: base}, build: {args: {A: 3}}}
  c: {extends: a, image: c}
  d: {extends: {service: short, file: ../common/x.yaml}, build: {target: t}}
  e: {extends: {service: deep, file: ../common/x.yaml}}
  f: {extends: {service: remote, file: ../common/x.yaml}}
`,
		"common/x.yaml":    "services: {short: {build: ./src, env_file: a.env}, deep: {extends: {service: z, file: in/y.yaml}}, remote: {build: 'https://h/x.git', env_file: [/b.env]}}",
		"common/in/y.yaml": "services: {z: {build: {dockerfile: D}, env_file: [{path: c.env}]}}",
		"common/a.env":     "", "common/in/c.env": "",
	})
	if err != nil {
		t.Fatal(err)
	}
	type args = map[string]string
	want := map[string]*compose.Build{
		"base": {Context: "app/src", Args: args{"A": "1"}},
		"a":    {Context: "app/src", Args: args{"A": "1", "B": "2"}},
		"b":    {Context: "app/src", Args: args{"A": "3"}},
		"c":    {Context: "app/src", Args: args{"A": "1", "B": "2"}},
		"d":    {Context: "common/src", Target: "t"},
		"e":    {Context: "app", Dockerfile: "D"},
		"f":    {Context: "https://h/x.git"},
	}
	got := map[string]*compose.Build{}
	for _, s := range p.Services {
		got[s.Name] = s.Build
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

// Files that read others again and again: 2^40 times, or each of many services one of
// many services.
func TestManyFiles(t *testing.T) {
	doubling := map[string]string{"app/compose.yaml": "include: [f0.yaml]", "app/f40.yaml": "services: {a: {image: a}}"}
	for i := range 40 {
		doubling[fmt.Sprintf("app/f%d.yaml", i)] = fmt.Sprintf("include: [f%[1]d.yaml, f%[1]d.yaml]", i+1)
	}
	if _, reads, err := load(doubling); err == nil || !strings.Contains(err.Error(), "more than 1000 files") || reads > 1002 {
		t.Errorf("%d reads, error %v", reads, err)
	}
	var services strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&services, "  s%d: {extends: {service: base, file: x.yaml}}\n", i)
	}
	p, reads, err := load(map[string]string{"app/compose.yaml": "services:\n" + services.String(), "app/x.yaml": "services: {base: {image: a}}"})
	if err != nil || len(p.Services) != 2000 || reads > 2 {
		t.Errorf("%d reads, error %v", reads, err)
	}
	for name, text := range map[string]string{
		"includes itself": "include: [compose.yaml]", "extends itself": "services: {a: {extends: a}}",
		"extends itself by a file": "services: {a: {extends: {service: a, file: compose.yaml}}}",
		"two extend each other":    "services: {a: {extends: b}, b: {extends: a}}",
	} {
		if _, reads, err := load(map[string]string{"app/compose.yaml": text}); err == nil || reads > 200 {
			t.Errorf("%s: %d reads, error %v", name, reads, err)
		}
	}
}

// What docker compose refuses is an error, not left out or a panic.
func TestWrongTypes(t *testing.T) {
	for text, want := range map[string]string{
		"services: {a: {image: a, depends_on: [1]}}":                                              "a value is of a wrong type: int, not string",
		"services: {a: {image: a, depends_on: [null]}}":                                           "wrong type",
		"services: {a: {image: a, networks: [[]]}}":                                               "wrong type",
		"services: {a: {build: {context: ., args: [1]}}}":                                         "unexpected type",
		"services: {a: {build: {context: ., additional_contexts: [1]}}}":                          "wrong type",
		"version: 3.8\nservices: {a: {image: a}}":                                                 "compose.yaml: version is not a string",
		"services: {a: {image: a}}\n---\nversion:":                                                "compose.yaml: version is not a string",
		"services: {a: {image: a, volumes: null}}":                                                `service "a": volumes is not a list: it is null`,
		"services: {a: {image: a, user: 1000}}":                                                   "user is not a string: it is a number",
		"services: {a: {image: a, profiles: dev}}":                                                "profiles is not a list: it is a string",
		"services: {a: {image: a, environment: A=b}}":                                             "environment is not a list or a mapping",
		"services: {a: {image: a, environment: null}}\n---\nservices: {a: {environment: {A: b}}}": "environment is not",
		"services: {a: {image: 1}}":                                                               "image is not a string",
		"services: {a: {image: a, platform: [x]}}":                                                "platform is not a string",
		"services: {a: {build: {context: 1}}}":                                                    "build.context is not a string",
		"services: {a: {build: {dockerfile: {}}}}":                                                "build.dockerfile is not a string",
		"services: {a: {build: {target: [x]}}}":                                                   "build.target is not a string",
		"services: {b: {build: {context: 1}}, a: {extends: b}}":                                   "build.context is not a string",
		"{include: x.yaml, services: {a: {image: a}}}":                                            "include is not a list",
		"{include: [1], services: {a: {image: a}}}":                                               "include names no file",
		"services: {a b: {image: a}}":                                                             `service "a b": a name has`,
		"services: {'': {image: a}}":                                                              "a name has",
		"services: {\u212a: {image: a}}":                                                          "a name has",
		"services: {A-b_c.9: {image: a}}":                                                         "",
		"services: {a: {image: a, env_file: {x: y}}, b: {image: b, extends: a}}":                  "env_file is not a string or a list: it is a mapping",
		"services: {a: {image: a, ports: [1]}, b: {extends: a, ports: [{target: x}]}}":            "",
	} {
		_, _, err := load(map[string]string{"app/compose.yaml": text})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}
