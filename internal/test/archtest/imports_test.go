package archtest

import (
	"slices"
	"strings"
	"testing"
)

// rule is what the files of a package, tests aside, may import beside the
// standard library.
type rule struct {
	// own are packages of this module. "x/..." is x and all below it.
	own []string
	// others are path prefixes of other modules.
	others []string
}

// rules has a row for each package. Whoever adds a package adds a row, and
// whoever widens one explains why in the review.
var rules = map[string]rule{
	// The interpreter knows no cluster, the builtins no interpreter: they meet
	// in the interpreter's interface for plugins.
	"starlark": {own: []string{"diag", "starlark/analysis", "internal/suggest"}, others: []string{"go.starlark.net"}},
	// It knows syntax trees, and neither values nor the interpreter.
	"starlark/analysis": {own: []string{"diag", "internal/suggest"}, others: []string{"go.starlark.net/syntax", "go.starlark.net/resolve"}},
	"starlark/convert":  {own: []string{"internal/suggest"}, others: []string{"go.starlark.net"}},
	// Leaves: what every layer may use.
	"diag":             {},
	"internal/suggest": {},

	"builtins/internal/data":     {own: []string{"cluster/manifest", "internal/yaml11", "starlark/convert"}, others: []string{"go.starlark.net", "go.yaml.in/yaml/v3"}},
	"builtins/internal/table":    {own: []string{"internal/suggest", "starlark/analysis"}, others: []string{"go.starlark.net"}},
	"builtins/internal/settings": {own: []string{"builtins/internal/table", "diag", "internal/suggest"}, others: []string{"go.starlark.net", "github.com/spf13/pflag"}},
	"builtins": {
		own:    []string{"builtins/internal/data", "builtins/internal/settings", "builtins/internal/table", "cluster", "cluster/image", "cluster/manifest", "diag", "starlark/analysis", "starlark/convert", "internal/suggest"},
		others: []string{"go.starlark.net"},
	},

	"builtins/tiltfile/plan":       {own: []string{"builtins", "builtins/tiltfile", "cluster/image", "internal/suggest"}},
	"builtins/tiltfile/extensions": {},
	"builtins/tiltfile": {
		own: []string{
			"builtins", "builtins/internal/settings", "builtins/internal/table", "builtins/tiltfile/extensions", "builtins/tiltfile/internal/compose", "builtins/tiltfile/internal/kubetypes", "cluster", "cluster/image", "cluster/manifest", "diag", "internal/suggest",
			"starlark/analysis", "starlark/convert",
		},
		others: []string{"go.starlark.net", "github.com/blang/semver/v4", "go.yaml.in/yaml/v2", "sigs.k8s.io/yaml"},
	},
	"builtins/tiltfile/lint": {
		// Of the Tiltfile's names it knows the error of an extension that is unknown.
		own:    []string{"builtins/tiltfile", "cluster", "cluster/manifest", "diag", "internal/suggest", "starlark/analysis"},
		others: []string{"go.starlark.net/syntax"},
	},
	"builtins/tiltfile/internal/kubetypes": {others: []string{"go.starlark.net", "k8s.io/apimachinery/pkg/api/resource", "k8s.io/apimachinery/pkg/apis/meta/v1"}},
	"builtins/tiltfile/internal/compose":   {own: []string{"internal/suggest"}, others: []string{"github.com/compose-spec/compose-go/v2", "go.yaml.in/yaml/v3"}},

	// The types know nobody who observes, and no Starlark. Of client-go they
	// have the kubeconfig's types only.
	"cluster": {
		own:    []string{"cluster/image", "diag", "internal/yaml11"},
		others: []string{"k8s.io/apimachinery", "k8s.io/client-go/tools/clientcmd/api", "github.com/tilt-dev/clusterid", "go.yaml.in/yaml/v3", "sigs.k8s.io/json", "sigs.k8s.io/yaml"},
	},
	"cluster/image":                      {own: []string{"diag"}},
	"cluster/manifest":                   {own: []string{"cluster/image", "diag", "cluster/manifest/internal/locate", "cluster/manifest/internal/yamltree"}},
	"cluster/manifest/internal/locate":   {own: []string{"cluster/manifest/internal/yamltree"}, others: []string{"k8s.io/client-go/util/jsonpath"}},
	"cluster/manifest/internal/yamltree": {own: []string{"internal/yaml11"}, others: []string{"go.yaml.in/yaml/v3"}},
	"cluster/manifest/sample":            {},
	"cluster/internal/wire":              {own: []string{"cluster"}, others: []string{"golang.org/x/sys", "sigs.k8s.io/json"}},
	"cluster/kube": {
		own: []string{"cluster", "cluster/internal/wire", "internal/environ", "internal/localfile", "internal/suggest", "internal/procgroup"},
		others: []string{
			"k8s.io/apimachinery", "k8s.io/client-go/rest", "k8s.io/client-go/tools/clientcmd", "k8s.io/client-go/transport",
			"k8s.io/client-go/pkg/apis/clientauthentication", "golang.org/x/net/http", "golang.org/x/sys", "go.yaml.in/yaml/v3",
		},
	},
	"cluster/docker": {
		own: []string{"cluster", "cluster/internal/wire", "internal/environ", "internal/localfile", "internal/suggest", "internal/procgroup"},
		others: []string{
			"github.com/docker/cli/cli", "github.com/docker/docker/client", "github.com/Microsoft/go-winio",
			"golang.org/x/net/http", "golang.org/x/sys", "k8s.io/apimachinery/pkg/apis/meta/v1",
		},
	},
	"cluster/hub": {
		own:    []string{"cluster", "cluster/internal/wire", "cluster/kube", "internal/suggest"},
		others: []string{"k8s.io/apimachinery/pkg/apis/meta/v1", "k8s.io/apimachinery/pkg/util/validation"},
	},
	"cluster/watch":       {own: []string{"cluster", "cluster/docker", "cluster/kube"}, others: []string{"github.com/fsnotify/fsnotify"}},
	"cluster/clustertest": {own: []string{"internal/test/certs"}, others: []string{"k8s.io/apimachinery", "k8s.io/client-go/tools/clientcmd"}},

	"scripttest": {
		own:    []string{"builtins", "builtins/tiltfile", "internal/dialect", "cluster", "diag", "starlark", "starlark/analysis", "internal/atomicfile", "internal/execlog", "internal/localfile", "internal/overdue", "internal/suggest", "internal/printer"},
		others: []string{"go.starlark.net", "github.com/rogpeppe/go-internal", "golang.org/x/tools/txtar", "sigs.k8s.io/yaml"},
	},
	"examples": {},
	// What an embedder needs: the public packages, and nothing that is internal.
	"examples/embed": {
		own:    []string{"builtins", "cluster", "cluster/docker", "cluster/kube", "diag", "scripttest", "starlark", "starlark/analysis", "starlark/convert"},
		others: []string{"go.starlark.net"},
	},

	"bench/hub":     {},
	"bench/peers":   {own: []string{"cluster/manifest", "cluster/manifest/sample", "internal/test/program"}, others: []string{"go.yaml.in/yaml/v3"}},
	"bench/startup": {},

	"internal/test/archtest":       {},
	"internal/atomicfile":          {own: []string{"internal/localfile"}},
	"internal/test/attack":         {},
	"internal/test/certs":          {},
	"cmd/sextant/internal/console": {own: []string{"diag"}, others: []string{"golang.org/x/term"}},
	"internal/test/embedtest":      {},
	"internal/test/fleet":          {own: []string{"cluster"}, others: []string{"k8s.io/apimachinery"}},
	"internal/environ":             {others: []string{"golang.org/x/net/http"}},
	"internal/dialect":             {own: []string{"builtins", "builtins/tiltfile", "starlark", "starlark/analysis"}},
	"internal/execlog":             {own: []string{"builtins", "internal/yaml11"}, others: []string{"go.yaml.in/yaml/v3"}},
	"internal/localexec":           {own: []string{"builtins", "internal/environ", "internal/procgroup"}},
	"internal/localfile":           {},
	"internal/foreground":          {others: []string{"golang.org/x/sys"}},
	"internal/format":              {own: []string{"starlark/analysis"}, others: []string{"github.com/bazelbuild/buildtools/build", "go.starlark.net/syntax"}},
	"internal/overdue":             {},
	"internal/lsp": {
		own:    []string{"diag", "starlark", "starlark/analysis"},
		others: []string{"github.com/sourcegraph/jsonrpc2", "go.starlark.net/syntax"},
	},
	"internal/printer": {
		own:    []string{"builtins", "builtins/tiltfile", "builtins/tiltfile/plan", "cluster", "cluster/image", "diag", "internal/suggest", "starlark/analysis"},
		others: []string{"go.yaml.in/yaml/v3", "k8s.io/client-go/util/jsonpath", "sigs.k8s.io/yaml"},
	},
	"internal/yaml11": {},
	// What reaches real servers is in files with the tag real.
	"internal/test/e2e":             {},
	"internal/test/editors":         {},
	"internal/test/shells":          {},
	"internal/test/program":         {},
	"internal/test/longscript":      {},
	"internal/test/terminal":        {others: []string{"github.com/creack/pty"}},
	"internal/procgroup":            {others: []string{"golang.org/x/sys"}},
	"internal/tools/fuzz":           {},
	"internal/tools/generated":      {},
	"internal/tools/licences":       {},
	"internal/tools/tour":           {},
	"internal/tools/reference":      {own: []string{"internal/printer"}},
	"internal/tools/schema":         {own: []string{"builtins/tiltfile/plan"}},
	"internal/test/realcluster/...": {own: []string{"internal/test/certs", "internal/test/realcluster/..."}, others: []string{"golang.org/x/sys"}},

	// The command wires everything together.
	"cmd/sextant": {own: []string{"..."}, others: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/rogpeppe/go-internal/diff", "go.yaml.in/yaml/v3", "golang.org/x/term"}},
}

// ruleOf finds the row of a package, or the nearest one above it that ends in
// "...".
func ruleOf(dir string) (rule, bool) {
	if r, ok := rules[dir]; ok {
		return r, true
	}
	for above := dir; above != ""; {
		if r, ok := rules[above+"/..."]; ok {
			return r, true
		}
		i := strings.LastIndexByte(above, '/')
		above = above[:max(i, 0)]
	}
	return rule{}, false
}

func (r rule) allows(path string) bool {
	if inner, ok := strings.CutPrefix(path, module+"/"); ok {
		return slices.ContainsFunc(r.own, func(own string) bool {
			tree, all := strings.CutSuffix(own, "...")
			return inner == own || all && strings.HasPrefix(inner+"/", tree)
		})
	}
	return slices.ContainsFunc(r.others, func(other string) bool { return path == other || strings.HasPrefix(path, other+"/") })
}

func isStandard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func TestImports(t *testing.T) {
	for _, f := range files(t) {
		if f.isTest() {
			continue
		}
		r, ok := ruleOf(f.dir)
		if !ok {
			t.Errorf("%s: package %s has no row in rules: add one", f.path, f.dir)
			continue
		}
		for _, path := range f.imports() {
			if !isStandard(path) && !r.allows(path) {
				t.Errorf("%s imports %s, which package %s may not", f.path, path, f.dir)
			}
		}
	}
}

// TestRowsHavePackages finds rows of packages that are gone.
func TestRowsHavePackages(t *testing.T) {
	dirs := map[string]bool{}
	for _, f := range files(t) {
		dirs[f.dir] = true
	}
	for dir := range rules {
		if !dirs[strings.TrimSuffix(dir, "/...")] {
			t.Errorf("there is no package %s", dir)
		}
	}
}

// TestPureImports: these packages do no input and no output.
func TestPureImports(t *testing.T) {
	pure := []string{"builtins/internal/data", "builtins/internal/table", "cluster/image", "cluster/manifest", "diag", "starlark/analysis", "starlark/convert", "internal/suggest", "internal/yaml11"}
	effects := []string{"os", "os/exec", "net", "net/http", "syscall", "log", "io/ioutil", "path/filepath"}
	for _, f := range files(t) {
		if f.isTest() || !slices.Contains(pure, f.dir) {
			continue
		}
		for _, path := range f.imports() {
			if slices.Contains(effects, path) {
				t.Errorf("%s imports %s: package %s is pure", f.path, path, f.dir)
			}
		}
	}
}

// TestOneWayOut: what people read goes through the tables of internal/printer and
// the console, which make it printable. A new place cannot forget that.
func TestOneWayOut(t *testing.T) {
	for _, f := range files(t) {
		if f.isTest() || strings.HasPrefix(f.dir, "internal/t") || strings.HasPrefix(f.dir, "bench/") || strings.HasPrefix(f.dir, "examples") {
			continue
		}
		if slices.Contains(f.imports(), "text/tabwriter") && f.path != "internal/printer/grid.go" {
			t.Errorf("%s makes a table of its own: use the one of internal/printer", f.path)
		}
		for _, out := range []string{"os.Stdout", "os.Stderr"} {
			if strings.Contains(f.text, out) && f.path != "cmd/sextant/main.go" {
				t.Errorf("%s writes to %s: use the app's stdout or console", f.path, out)
			}
		}
	}
}

// TestNoFileHasTwoStarlarks: a file that had both packages of this name would
// read as if they were one.
func TestNoFileHasTwoStarlarks(t *testing.T) {
	both := 0
	for _, f := range files(t) {
		imports := f.imports()
		ours, theirs := slices.Contains(imports, module+"/starlark"), slices.Contains(imports, "go.starlark.net/starlark")
		if ours || theirs {
			both++
		}
		if ours && theirs {
			t.Errorf("%s imports both packages starlark", f.path)
		}
	}
	if both == 0 {
		t.Error("no file imports either")
	}
}
