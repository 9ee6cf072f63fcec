package builtins

import (
	"fmt"
	"slices"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/internal/suggest"
)

// Warning is one line for the user, with the place in the script it is about.
type Warning struct {
	// Position is in a script or a manifest, zero if no line is to blame.
	diag.Position
	// Text is one line.
	Text string
}

// String returns "position: warning: text".
func (w Warning) String() string {
	if w.IsZero() {
		return "warning: " + w.Text
	}
	return w.Position.String() + ": warning: " + w.Text
}

// warnf passes on a warning, up to a number: a file of a stranger may make as many as it
// has lines.
func (r *Run) warnf(at diag.Position, format string, args ...any) {
	r.warned++
	if r.options.Warn == nil || r.warned > maxWarnings+1 {
		return
	}
	text := "there are more warnings, which are not shown"
	if r.warned <= maxWarnings {
		text = diag.Shortened(fmt.Sprintf(format, args...))
	}
	r.options.Warn(Warning{Position: at, Text: text})
}

// maxWarnings is how many warnings of one run are passed on.
const maxWarnings = 1000

// warnAt passes on a warning that the script makes itself, and counts its line.
func (r *Run) warnAt(c *call, at diag.Position, line string) error {
	if err := r.outputs.count(c, len(at.String())+len(": warning: ")+len(line)+1); err != nil {
		return err
	}
	if r.options.Warn != nil {
		r.options.Warn(Warning{Position: at, Text: diag.Shortened(line)})
	}
	return nil
}

func (r *Run) warnPlan(plan *manifest.Plan) {
	for _, w := range plan.Warnings {
		r.warnf(w.Position, "%s", w.Reason)
	}
}

// warnings returns what resolution found and could not use.
func (c *clusterValue) warnings() []string {
	all := slices.Concat(c.obs.Status.Warnings, cluster.RegistryWarnings(c.final(), *c.obs, c.usedRegistry))
	if found := c.obs.Status.Product(); c.decl.Product != "" && found != "" && found != c.decl.Product {
		if reason := c.obs.Status.ProductReason; reason != "" { // a recording by hand may lack it
			found += " (" + reason + ")"
		}
		all = append(all, fmt.Sprintf("product=%q is not used: it is %s, which no script can make a local development cluster", c.decl.Product, found))
	}
	return all
}

// clusterWarnings returns the warnings of some clusters. What several have in common,
// such as a kubeconfig that everybody can read, is one warning.
func clusterWarnings(clusters []*clusterValue) []Warning {
	type group struct {
		at    diag.Position
		names []string
	}
	groups := map[string]*group{}
	var order []string
	for _, c := range clusters {
		for _, text := range c.warnings() {
			if groups[text] == nil {
				groups[text] = &group{at: c.site.at}
				order = append(order, text)
			}
			groups[text].names = append(groups[text].names, c.decl.Name)
		}
	}
	const shown = 3
	var all []Warning
	for _, text := range order {
		g := groups[text]
		who := fmt.Sprintf("clusters %s", suggest.Quoted(g.names[:min(len(g.names), shown)]))
		switch more := len(g.names) - shown; {
		case len(g.names) == 1:
			who = fmt.Sprintf("cluster %q", g.names[0])
		case more > 0:
			who += fmt.Sprintf(" and %d more", more)
		}
		all = append(all, Warning{Position: g.at, Text: who + ": " + text})
	}
	return all
}
