package plan_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/builtins/tiltfile/plan"
)

// docker is a build of a Dockerfile in a folder of the image's name.
func docker(ref string, change func(*tiltfile.Build)) tiltfile.Build {
	b := tiltfile.Build{Ref: ref, Place: "Tiltfile:1:13", Docker: &tiltfile.DockerBuild{Context: ref, Dockerfile: ref + "/Dockerfile"}}
	if change != nil {
		change(&b)
	}
	return b
}

func custom(ref string, args ...string) tiltfile.Build {
	return tiltfile.Build{Ref: ref, Place: "Tiltfile:2:13", Custom: &tiltfile.CustomBuild{Command: tiltfile.Command{Args: args}}}
}

var files = fstest.MapFS{
	"huge/Dockerfile":                  {Data: make([]byte, plan.MaxFile+1)},
	"api/Dockerfile":                   {Data: []byte("FROM scratch\n")},
	"web/Dockerfile":                   {Data: []byte("FROM api:dev\nCOPY . .\n")},
	"web/.dockerignore":                {Data: []byte("\ufeff# all\r\nnode_modules\r\n\r\n*.log\r\n")},
	"hash/Dockerfile":                  {Data: []byte("FROM scratch\n")},
	"hash/Dockerfile.dockerignore":     {Data: []byte("# a comment\n #x\n")},
	"web/prod.Dockerfile":              {Data: []byte("FROM scratch\n")},
	"web/prod.Dockerfile.dockerignore": {Data: []byte("*\n!src\n")},
}

func TestBake(t *testing.T) {
	builds := []tiltfile.Build{
		docker("api", nil),
		docker("gcr.io/team/web", func(b *tiltfile.Build) {
			b.Local = "localhost:5000/gcr.io_team_web"
			b.DependsOn = []string{"api"}
			*b.Docker = tiltfile.DockerBuild{
				Context: "web", Dockerfile: "docker/web.Dockerfile", Target: "run", BuildArgs: map[string]string{"A": "${HOME} %{x} $1"},
				Platform: "linux/amd64, linux/arm64", Network: "host", SSH: []string{"default"}, Secrets: []string{"id=s,src=s.txt"},
				ExtraTags: []string{"web:extra"}, CacheFrom: []string{"web:cache"}, ExtraHosts: []string{"db:10.0.0.1", "v6:::1"}, Pull: true,
				Bases: []tiltfile.Base{{Image: "api:dev", Build: "api"}, {Image: "docker.io/library/api:latest", Build: "api"}},
			}
		}),
		docker("inline", func(b *tiltfile.Build) {
			b.Docker.Context, b.Docker.Dockerfile, b.Docker.DockerfileContents = ".", "", "FROM api\nENV A=${B}\n"
		}),
		docker("docker.io/me/web", func(b *tiltfile.Build) { b.Docker.Context, b.Docker.Dockerfile = "/src", "web/Dockerfile" }),
	}
	got, made, err := plan.Bake(builds, files, "gen")
	if err != nil || made != nil {
		t.Fatal(err, made)
	}
	const want = `{
  "group": {
    "default": {
      "targets": [
        "api",
        "gcr_io_team_web",
        "inline",
        "docker_io_me_web"
      ]
    }
  },
  "target": {
    "api": {
      "context": "api",
      "dockerfile": "Dockerfile",
      "tags": [
        "api"
      ]
    },
    "docker_io_me_web": {
      "context": "/src",
      "dockerfile": "cwd://web/Dockerfile",
      "tags": [
        "docker.io/me/web"
      ]
    },
    "gcr_io_team_web": {
      "context": "web",
      "contexts": {
        "api": "target:api",
        "api:dev": "target:api"
      },
      "dockerfile": "../docker/web.Dockerfile",
      "target": "run",
      "args": {
        "A": "$${HOME} %%{x} $1"
      },
      "tags": [
        "localhost:5000/gcr.io_team_web",
        "web:extra"
      ],
      "platforms": [
        "linux/amd64",
        "linux/arm64"
      ],
      "cache-from": [
        "web:cache"
      ],
      "ssh": [
        "default"
      ],
      "secret": [
        "id=s,src=s.txt"
      ],
      "network": "host",
      "extra-hosts": {
        "db": "10.0.0.1",
        "v6": "::1"
      },
      "pull": true
    },
    "inline": {
      "context": ".",
      "dockerfile-inline": "FROM api\nENV A=$${B}\n",
      "tags": [
        "inline"
      ]
    }
  }
}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// rooted are files that refuse a name outside of them, as those of a run do.
type rooted struct{ fs.FS }

func (r rooted) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	return r.FS.Open(name)
}

// TestIgnoreFiles: what a build sees is what only=, ignore= and its ignore file let
// it see together.
func TestIgnoreFiles(t *testing.T) {
	const header = "# Generated for the build of web.\n"
	tests := []struct {
		name, dockerfile string
		only, ignore     []string
		want             string
	}{
		{"ignore", "web/Dockerfile", nil, []string{"tmp", "**/x"}, "node_modules\n*.log\ntmp\n**/x\n"},
		{"only", "web/Dockerfile", []string{"./src/", "a[1]"}, nil, "**\n!src\n!a\\[1]\nnode_modules\n*.log\n"},
		{"both", "web/Dockerfile", []string{"src"}, []string{"src/tmp"}, "**\n!src\nsrc/tmp\nnode_modules\n*.log\n"},
		{"exceptions of the ignore file", "web/prod.Dockerfile", nil, []string{"src/tmp"}, "*\n!src\nsrc/tmp\n"},
		{"a pattern that begins as a comment", "hash/Dockerfile", nil, []string{"#tmp"}, " #x\n #tmp\n"},
		{"a line break", "web/Dockerfile", nil, []string{"tmp\n!src"},
			`Tiltfile:1:13: image "web": the pattern "tmp\n!src" of only or ignore has a line break, which an ignore file cannot hold`},
		{"a line break in only", "web/Dockerfile", []string{"a\r"}, nil,
			`Tiltfile:1:13: image "web": the pattern "!a\r" of only or ignore has a line break, which an ignore file cannot hold`},
		{"exceptions of both", "web/prod.Dockerfile", []string{"src"}, nil,
			`Tiltfile:1:13: image "web": both web/prod.Dockerfile.dockerignore and only or ignore have exceptions, which one ignore file cannot hold: remove the ! lines of one`},
		{"too large", "huge/Dockerfile", []string{"src"}, nil,
			`Tiltfile:1:13: image "web": huge/Dockerfile: over the limit of 4194304 bytes for a Dockerfile or an ignore file`},
		{"outside", "/etc/Dockerfile", []string{"src"}, nil,
			`Tiltfile:1:13: image "web": /etc/Dockerfile is outside the root: a larger one can be set with --root`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := docker("web", func(b *tiltfile.Build) {
				b.Docker.Dockerfile, b.Docker.Only, b.Docker.Ignore = tt.dockerfile, tt.only, tt.ignore
			})
			file, made, err := plan.Bake([]tiltfile.Build{b}, rooted{files}, "gen")
			if err != nil {
				if err.Error() != tt.want {
					t.Error(err)
				}
				return
			}
			if !strings.Contains(string(file), `"dockerfile": "../gen/web.Dockerfile"`) {
				t.Errorf("got %s", file)
			}
			if len(made) != 2 || made[0].Path != "gen/web.Dockerfile" || string(made[0].Data) != string(files[tt.dockerfile].Data) ||
				made[1].Path != "gen/web.Dockerfile.dockerignore" || string(made[1].Data) != header+tt.want {
				t.Errorf("got %q", made)
			}
		})
	}
}

// TestGeneratedStayOut: generated files are in no image, also not in one whose
// context their folder is in.
func TestGeneratedStayOut(t *testing.T) {
	builds := []tiltfile.Build{
		docker("web", func(b *tiltfile.Build) { b.Docker.Ignore = []string{"tmp"} }),
		docker("all", func(b *tiltfile.Build) { b.Docker.Context, b.Docker.Dockerfile = ".", "api/Dockerfile" }),
		docker("inline", func(b *tiltfile.Build) {
			b.Docker.Context, b.Docker.Dockerfile, b.Docker.DockerfileContents = ".", "", "FROM x\n"
		}),
	}
	_, made, err := plan.Bake(builds, files, "gen/[x]")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range made {
		got = append(got, fmt.Sprintf("%s %q", g.Path, g.Data))
	}
	want := []string{
		`gen/[x]/web.Dockerfile "FROM api:dev\nCOPY . .\n"`,
		`gen/[x]/web.Dockerfile.dockerignore "# Generated for the build of web.\nnode_modules\n*.log\ntmp\n"`,
		`gen/[x]/all.Dockerfile "FROM scratch\n"`,
		`gen/[x]/all.Dockerfile.dockerignore "# Generated for the build of all.\ngen/\\[x]\n"`,
		`gen/[x]/inline.Dockerfile "FROM x\n"`,
		`gen/[x]/inline.Dockerfile.dockerignore "# Generated for the build of inline.\ngen/\\[x]\n"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	loop := []tiltfile.Build{
		docker("a", func(b *tiltfile.Build) { b.DependsOn = []string{"b"} }),
		docker("b", func(b *tiltfile.Build) { b.DependsOn = []string{"a"} }),
	}
	only := []tiltfile.Build{docker("web", func(b *tiltfile.Build) { b.Docker.Only = []string{"src"} })}
	inline := []tiltfile.Build{docker("web", func(b *tiltfile.Build) { b.Docker.Dockerfile, b.Docker.DockerfileContents = "", "FROM x" })}
	many := slices.Repeat([]tiltfile.Build{custom("x", "make")}, 257)
	type form = func([]tiltfile.Build) error
	bake := func(b []tiltfile.Build) error { _, _, err := plan.Bake(b, files, ""); return err }
	matrix := func(b []tiltfile.Build) error { _, _, err := plan.Matrix(b, files, ""); return err }
	tests := []struct {
		name   string
		form   form
		builds []tiltfile.Build
		want   string
	}{
		{"cycle in bake", bake, loop, "the builds need each other in a cycle: a -> b -> a"},
		{"cycle in matrix", matrix, loop, "the builds need each other in a cycle: a -> b -> a"},
		{"custom in bake", bake, []tiltfile.Build{custom("x", "make")}, `Tiltfile:2:13: image "x": custom_build has no form in a bake file: choose the others with --image, and run its command yourself`},
		{"only", bake, only, `Tiltfile:1:13: image "web": only and ignore need an ignore file beside a Dockerfile: name a folder for generated files with --generated DIR`},
		{"only in matrix", matrix, only, `Tiltfile:1:13: image "web": only and ignore need an ignore file beside a Dockerfile: name a folder for generated files with --generated DIR`},
		{"contents in bake", bake, inline, "<nil>"},
		{"contents in matrix", matrix, inline, `Tiltfile:1:13: image "web": dockerfile_contents needs a Dockerfile: name a folder for generated files with --generated DIR`},
		{"extra host", bake, []tiltfile.Build{docker("a", func(b *tiltfile.Build) { b.Docker.ExtraHosts = []string{"x"} })}, `Tiltfile:1:13: image "a": extra host "x": want name:address`},
		{"lines", matrix, []tiltfile.Build{docker("a", func(b *tiltfile.Build) { b.Docker.BuildArgs = map[string]string{"K": "a\nb"} })}, `Tiltfile:1:13: image "a": build argument K has several lines, which a matrix cannot hold`},
		{"many", matrix, many, "257 builds, and GitHub makes at most 256 jobs of a matrix: choose some with --image"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(tt.form(tt.builds)); got != tt.want {
			t.Errorf("%s: got %s", tt.name, got)
		}
	}
}

func TestMatrix(t *testing.T) {
	builds := []tiltfile.Build{
		docker("api", func(b *tiltfile.Build) { b.Local = "reg/api" }),
		docker("web", func(b *tiltfile.Build) {
			b.Local, b.Cluster, b.DependsOn = "reg/web", "cluster/web", []string{"api"}
			b.Docker.BuildArgs = map[string]string{"B": "2", "A": "1 ${x}"}
			b.Docker.Platform, b.Docker.ExtraTags = "linux/amd64,linux/arm64", []string{"web:more"}
			b.Docker.Bases = []tiltfile.Base{{Image: "api:dev", Build: "api"}}
		}),
		custom("gen", "sh", "-c", "make image && push"),
		custom("argv", "make", "a b"),
	}
	builds[3].Custom.Command.Env = map[string]string{"A": "x y"}
	builds[3].Custom.Command.Dir = "sub"
	got, _, err := plan.Matrix(builds, files, "")
	if err != nil || strings.Count(string(got), "\n") != 1 {
		t.Fatal(err, string(got))
	}
	var m struct{ Include []map[string]any }
	if err := json.Unmarshal(got, &m); err != nil {
		t.Fatal(err)
	}
	want := []map[string]any{
		{"name": "api", "kind": "docker", "ref": "api", "local": "reg/api", "stage": 0.0, "context": "api", "file": "api/Dockerfile", "tags": "reg/api"},
		{"name": "web", "kind": "docker", "ref": "web", "local": "reg/web", "cluster": "cluster/web", "stage": 1.0, "context": "web", "file": "web/Dockerfile",
			"tags": "reg/web\nweb:more", "platforms": "linux/amd64,linux/arm64", "build-args": "A=1 ${x}\nB=2", "build-contexts": "api:dev=docker-image://reg/api"},
		{"name": "gen", "kind": "custom", "ref": "gen", "stage": 0.0, "run": "make image && push"},
		{"name": "argv", "kind": "custom", "ref": "argv", "stage": 0.0, "run": "A='x y' make 'a b'", "working-directory": "sub"},
	}
	if diff := cmp.Diff(want, m.Include); diff != "" {
		t.Error(diff)
	}
}

func TestSelect(t *testing.T) {
	builds := []tiltfile.Build{
		docker("base", nil), docker("other", nil),
		docker("mid", func(b *tiltfile.Build) { b.DependsOn = []string{"base"} }),
		docker("top", func(b *tiltfile.Build) { b.DependsOn = []string{"mid"} }),
	}
	for want, refs := range map[string][]string{
		"base other mid top": nil, "base mid top": {"top"}, "other": {"other"}, "base other": {"other", "base"},
		`the script builds no image "topp" (did you mean "top"?)`: {"topp"},
	} {
		got, err := plan.Select(builds, refs)
		var names []string
		for _, b := range got {
			names = append(names, b.Ref)
		}
		if err != nil {
			names = []string{err.Error()}
		}
		if strings.Join(names, " ") != want {
			t.Errorf("%q: got %q", refs, names)
		}
	}
}

func TestDot(t *testing.T) {
	got := plan.Dot([]tiltfile.Resource{
		{Name: "api", Kind: tiltfile.KindKubernetes, DependsOn: []string{`a "b"`}, Enabled: true},
		{Name: `a "b"`, Kind: tiltfile.KindLocal, Enabled: true},
		{Name: "db", Kind: tiltfile.KindCompose},
	})
	want := `digraph resources {
  rankdir=LR;
  "api" [shape=box];
  "a \"b\"" [shape=ellipse];
  "db" [shape=component, style=dashed];
  "api" -> "a \"b\"";
}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestTargetNames: refs that differ in characters which no target may have.
func TestTargetNames(t *testing.T) {
	var builds []tiltfile.Build
	for i := range 4096 {
		ref := []byte("a")
		for bit := range 12 {
			ref = append(ref, "._"[i>>bit&1], 'a')
		}
		builds = append(builds, docker(string(ref), nil))
	}
	file, _, err := plan.Bake(builds, files, "gen")
	if err != nil {
		t.Fatal(err)
	}
	var bake struct{ Target map[string]any }
	if err := json.Unmarshal(file, &bake); err != nil || len(bake.Target) != len(builds) {
		t.Errorf("%d targets of %d builds: %v", len(bake.Target), len(builds), err)
	}
}
