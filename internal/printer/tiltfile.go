package printer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/builtins/tiltfile"
	"github.com/sextant-dev/sextant/builtins/tiltfile/plan"
)

// Builds writes builds as a table or as JSON.
func Builds(w io.Writer, format string, builds []tiltfile.Build) error {
	switch format {
	case "table":
		return table(w, builds, buildColumns)
	case "json":
		return JSON(w, plan.NewBuildList(builds))
	}
	return fmt.Errorf("no format %q for builds", format)
}

var buildColumns = []column[tiltfile.Build]{
	{"IMAGE", func(b *tiltfile.Build) string { return b.Ref }},
	{"LOCAL", func(b *tiltfile.Build) string { return b.Local }},
	{"CLUSTER", func(b *tiltfile.Build) string { return b.Cluster }},
	{"FROM", buildSource},
	{"NEEDS", func(b *tiltfile.Build) string { return strings.Join(b.DependsOn, ",") }},
	{"USED BY", func(b *tiltfile.Build) string { return strings.Join(b.UsedBy, ",") }},
}

// buildSource is what an image is built from.
func buildSource(b *tiltfile.Build) string {
	switch {
	case b.Custom != nil:
		return commandLine(b.Custom.Command)
	case b.Docker.Dockerfile == "":
		return "dockerfile_contents"
	}
	return b.Docker.Dockerfile
}

// commandLine is a command on one line of bounded length.
func commandLine(c tiltfile.Command) string {
	const most = 40
	words := slices.Clone(c.Args)
	if len(words) == 3 && words[0] == "sh" && words[1] == "-c" {
		words = words[2:]
	} else {
		for i, w := range words {
			words[i] = builtins.ShellQuote(w)
		}
	}
	line := []rune(strings.Join(strings.Fields(strings.Join(words, " ")), " "))
	if len(line) > most {
		line = append(line[:most-1], '…')
	}
	return string(line)
}

// Resources writes resources as a table, as JSON or as a graph for Graphviz.
func Resources(w io.Writer, format string, resources []tiltfile.Resource) error {
	switch format {
	case "table":
		return table(w, resources, resourceColumns)
	case "json":
		return JSON(w, plan.NewResourceList(resources))
	case "dot":
		_, err := w.Write(plan.Dot(resources))
		return err
	}
	return fmt.Errorf("no format %q for resources", format)
}

// ResourceFormats are the formats of resources, the default first.
var ResourceFormats = []string{"table", "json", "dot"}

var resourceColumns = []column[tiltfile.Resource]{
	{"NAME", func(r *tiltfile.Resource) string { return r.Name }},
	{"KIND", func(r *tiltfile.Resource) string { return r.Kind }},
	{"WAITS FOR", func(r *tiltfile.Resource) string { return strings.Join(r.DependsOn, ",") }},
	{"TRIGGER", func(r *tiltfile.Resource) string { return r.TriggerMode }},
	{"STARTS", starts},
	{"LABELS", func(r *tiltfile.Resource) string { return strings.Join(r.Labels, ",") }},
	{"HOLDS", holds},
}

// starts is when a resource starts: by itself, when it is asked for, or never.
func starts(r *tiltfile.Resource) string {
	switch {
	case !r.Enabled:
		return "disabled"
	case !r.AutoInit:
		return "on demand"
	}
	return "at once"
}

// holds is what a resource consists of.
func holds(r *tiltfile.Resource) string {
	switch {
	case r.Kubernetes != nil && r.Kubernetes.CustomDeploy != nil:
		return commandLine(r.Kubernetes.CustomDeploy.Apply)
	case r.Kubernetes != nil:
		var objects []string
		for _, o := range r.Kubernetes.Objects {
			objects = append(objects, strings.ToLower(o.Kind)+"/"+o.Name)
		}
		return strings.Join(objects, ",")
	case r.Compose != nil:
		return r.Compose.Image
	case r.Local != nil && r.Local.Cmd != nil:
		return commandLine(*r.Local.Cmd)
	case r.Local != nil && r.Local.ServeCmd != nil:
		return commandLine(*r.Local.ServeCmd)
	}
	return ""
}
