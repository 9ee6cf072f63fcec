package plan

import (
	"fmt"
	"strings"

	"github.com/sextant-dev/sextant/builtins/tiltfile"
)

// shapes distinguish the kinds of resources.
var shapes = map[string]string{
	tiltfile.KindKubernetes: "box",
	tiltfile.KindLocal:      "ellipse",
	tiltfile.KindCompose:    "component",
}

// Dot returns the resources as a graph for Graphviz: an arrow leads from a
// resource to each that it waits for. Disabled ones are dashed.
func Dot(resources []tiltfile.Resource) []byte {
	var b strings.Builder
	b.WriteString("digraph resources {\n  rankdir=LR;\n")
	for _, r := range resources {
		style := ""
		if !r.Enabled {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %s [shape=%s%s];\n", quoteDot(r.Name), shapes[r.Kind], style)
	}
	for _, r := range resources {
		for _, dep := range r.DependsOn {
			fmt.Fprintf(&b, "  %s -> %s;\n", quoteDot(r.Name), quoteDot(dep))
		}
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

// quoteDot quotes an identifier: only the quote is escaped there.
func quoteDot(s string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(s) + `"`
}
