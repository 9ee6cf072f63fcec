package attack

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
)

// generator writes scripts by a grammar, from the table of the builtins. Its
// choices come from data, and are the first ones if that has ended, so equal
// data makes equal scripts and the fuzzer can change one choice.
type generator struct {
	data  []byte
	out   strings.Builder
	depth int
}

var (
	functions  = builtins.Functions()
	attributes = builtins.Attributes()

	// variables hold what the first lines of each script put there.
	variables = []string{"c", "d", "r", "i", "x", "y", "f"}
	texts     = []string{
		`""`, `"dev"`, `"busybox"`, `"gcr.io/team/api:v1"`, `"localhost:5000"`, `"a.yaml"`, `"lib.star"`, `"../x"`, `"/x"`, `"."`, `"nested"`, `"\x00"`, `"ü\n"`,
		`"` + strings.Repeat("a", 300) + `"`, `"{}"`, `"[1, {\"a\": null}]"`, `"a: &x [*x]"`, `"- b\n---\n- c"`, `"Always"`, `"sha256:` + strings.Repeat("0", 64) + `"`, `"default"`, `"all"`, `"k"`,
	}
	numbers  = []string{"0", "1", "-1", "7", "1.5", "1 << 70", `float("nan")`, `float("inf")`}
	universe = []string{"str", "repr", "len", "bool", "type", "list", "tuple", "set", "sorted", "dir", "enumerate", "reversed", "any", "all", "int", "zip", "struct"}
	binary   = []string{"+", "-", "*", "/", "//", "%", "|", "&", "==", "!=", "<", "in", "not in", "and", "or"}
)

const scriptStart = `c = k8s_cluster("dev")
d = docker_cluster(default_registry="localhost:5000")
r = registry("gcr.io/team")
i = c.image("busybox", tag="v1")
x = [1, "a", None]
y = {"a": [1], "b": {"c": "d"}}
def f(*args, **kwargs):
    return args[0] if args else "path"
`

// script writes one whole script.
func (g *generator) script() string {
	g.out.WriteString(scriptStart)
	for range 1 + g.pick(6) {
		g.statement("")
	}
	return g.out.String()
}

func (g *generator) pick(n int) int {
	if len(g.data) == 0 {
		return 0
	}
	b := g.data[0]
	g.data = g.data[1:]
	return int(b) % n
}

func (g *generator) one(of []string) string { return of[g.pick(len(of))] }

func (g *generator) statement(indent string) {
	block := func() {
		for range 1 + g.pick(2) {
			g.statement(indent + "    ")
		}
	}
	kind := g.pick(8)
	if len(indent) > 8 {
		kind %= 4
	}
	g.out.WriteString(indent)
	switch kind {
	case 0, 1:
		fmt.Fprintf(&g.out, "%s\n", g.call())
	case 2:
		fmt.Fprintf(&g.out, "%s = %s\n", g.one(variables), g.expression())
	case 3:
		fmt.Fprintf(&g.out, "print(%s)\n", g.expression())
	case 4:
		fmt.Fprintf(&g.out, "if %s:\n", g.expression())
		block()
		fmt.Fprintf(&g.out, "%selse:\n", indent)
		block()
	case 5:
		fmt.Fprintf(&g.out, "for x in %s:\n", g.one([]string{"[1, c]", "range(3)", "y", "x"}))
		block()
	case 6:
		fmt.Fprintf(&g.out, "def f(a=%s, *args):\n", g.expression())
		block()
		fmt.Fprintf(&g.out, "%s    return %s\n", indent, g.expression())
	case 7:
		fmt.Fprintf(&g.out, "x = [%s for x in [1, 2] if %s]\n", g.expression(), g.expression())
	}
}

func (g *generator) expression() string {
	g.depth++
	defer func() { g.depth-- }()
	kind := g.pick(10)
	if g.depth > 3 {
		kind %= 4
	}
	switch kind {
	case 0:
		return g.one(variables)
	case 1:
		return g.one(texts)
	case 2:
		return g.one(numbers)
	case 3:
		return g.one([]string{"None", "True", "[]", "{}", "()", "set([])", "f", "fail", "math", "time.now()", "os.environ"})
	case 4:
		return g.call()
	case 5:
		return fmt.Sprintf("[%s, %s]", g.expression(), g.expression())
	case 6:
		return fmt.Sprintf("{%s: %s}", g.one(texts), g.expression())
	case 7:
		return fmt.Sprintf("(%s %s %s)", g.expression(), g.one(binary), g.expression())
	case 8:
		return fmt.Sprintf("%s.%s", g.one(variables), attributes[g.pick(len(attributes))].Name)
	}
	return fmt.Sprintf("%s(%s)", g.one(universe), g.expression())
}

// call calls any function of the table. A method is called on any variable.
func (g *generator) call() string {
	fn := functions[(g.pick(256)+g.pick(256))%len(functions)]
	name := fn.Name
	if name[0] >= 'A' && name[0] <= 'Z' {
		_, method, _ := strings.Cut(name, ".")
		name = g.one(variables) + "." + method
	}
	var args []string
	for _, p := range fn.Params {
		if strings.HasPrefix(p.Name, "*") {
			args = append(args, g.expression())
			continue
		}
		if p.Optional() && g.pick(3) > 0 {
			continue
		}
		args = append(args, p.Name+"="+g.argument(p.Type))
	}
	if g.pick(16) == 1 {
		args = append(args, "**"+g.expression())
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

// argument is mostly of the type that is wanted.
func (g *generator) argument(wanted string) string {
	if g.pick(8) == 1 {
		return g.expression()
	}
	choices := []string{g.expression()}
	for _, one := range strings.Split(wanted, " | ") {
		switch one {
		case "str":
			choices = append(choices, g.one(texts))
		case "bool":
			choices = append(choices, "True")
		case "int":
			choices = append(choices, g.one(numbers))
		case "list[str]":
			choices = append(choices, fmt.Sprintf("[%s, %s]", g.one(texts), g.one(texts)))
		case "dict[str, str]":
			choices = append(choices, fmt.Sprintf("{%s: %s}", g.one(texts), g.one(texts)))
		case "Cluster":
			choices = append(choices, "c", "d")
		case "Registry":
			choices = append(choices, "r")
		case "Blob":
			choices = append(choices, fmt.Sprintf("blob(%s)", g.one(texts)))
		case "dict":
			choices = append(choices, `{"kind": "Pod", "spec": {"containers": [{"image": "busybox"}]}}`)
		case "function":
			choices = append(choices, "f")
		}
	}
	return choices[(1+g.pick(8))%len(choices)]
}
