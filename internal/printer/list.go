package printer

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
)

// ListFormats are the formats of a cluster list, the default first.
var ListFormats = []string{"table", "wide", "yaml", "json", "name"}

// ListFormat is how to write a cluster list.
type ListFormat struct {
	name   string
	fields fields // of jsonpath= and custom-columns=
	// NoHeaders leaves the first line of a table out.
	NoHeaders bool
	// Color marks that line, and the clusters that are not connected, for a terminal.
	Color bool
}

// ParseListFormat reads one of [ListFormats], or jsonpath=TEMPLATE or
// custom-columns=HEADER:FIELD,… as kubectl has them.
func ParseListFormat(format string) (*ListFormat, error) {
	fields, err := parseFields(format)
	if err != nil {
		return nil, err
	}
	if fields == nil && !slices.Contains(ListFormats, format) {
		return nil, fmt.Errorf("-o %s: want one of %s, custom-columns=HEADER:FIELD,... or jsonpath=TEMPLATE", format, strings.Join(ListFormats, ", "))
	}
	return &ListFormat{name: format, fields: fields}, nil
}

// List writes a cluster list in one of [ListFormats].
func List(w io.Writer, format string, list *cluster.ClusterList) error {
	return (&ListFormat{name: format}).Print(w, list)
}

// Print writes a cluster list.
func (f *ListFormat) Print(w io.Writer, list *cluster.ClusterList) error {
	if f.fields != nil {
		object, err := asJSON(list)
		if err != nil {
			return err
		}
		if _, ok := f.fields.(*template); ok {
			return f.fields.print(w, object)
		}
		return f.lines(w, list, func(w io.Writer) error { return f.fields.print(w, object) })
	}
	switch f.name {
	case "table":
		return f.lines(w, list, func(w io.Writer) error { return table(w, list.Items, narrowColumns) })
	case "wide":
		return f.lines(w, list, func(w io.Writer) error { return table(w, list.Items, slices.Concat(narrowColumns, wideColumns)) })
	case "yaml":
		return YAML(w, list)
	case "json":
		return JSON(w, list)
	case "name":
		for i := range list.Items {
			if _, err := fmt.Fprintf(w, "cluster.%s/%s\n", cluster.GroupVersion.Group, diag.PrintableLine(list.Items[i].Name)); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("no format %q for clusters", f.name)
}

// The colors of a terminal.
const (
	bold    = "\x1b[1m"
	red     = "\x1b[31m"
	noColor = "\x1b[0m"
)

// lines writes a table, a line for the headers and one for each cluster.
func (f *ListFormat) lines(w io.Writer, list *cluster.ClusterList, table func(io.Writer) error) error {
	var b bytes.Buffer
	if err := table(&b); err != nil {
		return err
	}
	var out strings.Builder
	i := -1 // the headers
	for line := range strings.Lines(b.String()) {
		color := ""
		switch {
		case i < 0 && f.NoHeaders:
			i++
			continue
		case i < 0:
			color = bold
		case !list.Items[i].Status.Connected():
			color = red
		}
		if f.Color && color != "" {
			line = color + strings.TrimSuffix(line, "\n") + noColor + "\n"
		}
		out.WriteString(line)
		i++
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// column is one column of a table of T; an empty value prints as "-".
type column[T any] struct {
	head  string
	value func(*T) string
}

var narrowColumns = []column[cluster.Cluster]{
	{"NAME", func(c *cluster.Cluster) string { return c.Name }},
	{"CONNECTION", connection},
	{"PRODUCT", func(c *cluster.Cluster) string { return kubernetes(c).Product }},
	{"VERSION", func(c *cluster.Cluster) string { return c.Status.Version }},
	{"ARCH", func(c *cluster.Cluster) string { return c.Status.Arch }},
	{"REGISTRY", registryHost},
	{"STATUS", status},
}

var wideColumns = []column[cluster.Cluster]{
	{"NAMESPACE", func(c *cluster.Cluster) string { return kubernetes(c).Namespace }},
	{"ARCHITECTURES", func(c *cluster.Cluster) string { return strings.Join(c.Status.Architectures, ",") }},
	{"REGISTRY SOURCE", registrySource},
	{"ENDPOINT", func(c *cluster.Cluster) string { return c.Status.Endpoint }},
	{"CONNECTED AT", func(c *cluster.Cluster) string {
		if c.Status.ConnectedAt == nil {
			return ""
		}
		return c.Status.ConnectedAt.UTC().Format(time.RFC3339)
	}},
}

// table writes a row for each item, nothing if there is none.
func table[T any](w io.Writer, items []T, columns []column[T]) error {
	if len(items) == 0 {
		return nil
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.head
	}
	t := newGrid(w, cells...)
	for i := range items {
		for j, c := range columns {
			cells[j] = c.value(&items[i])
		}
		t.row(cells...)
	}
	return t.flush()
}

func kubernetes(c *cluster.Cluster) cluster.KubernetesClusterConnectionStatus {
	if conn := c.Status.Connection; conn != nil && conn.Kubernetes != nil {
		return *conn.Kubernetes
	}
	return cluster.KubernetesClusterConnectionStatus{}
}

func connection(c *cluster.Cluster) string {
	if c.Spec.Connection.Docker != nil {
		return "docker"
	}
	if ctx := kubernetes(c).Context; ctx != "" {
		return "k8s:" + ctx
	}
	if k := c.Spec.Connection.Kubernetes; k != nil && k.Context != "" {
		return "k8s:" + k.Context
	}
	return "k8s"
}

// registryHost shows the registry in use as far as the object has it: what the
// cluster advertises, else what was declared.
func registryHost(c *cluster.Cluster) string {
	switch {
	case c.Status.Registry != nil:
		return c.Status.Registry.Host
	case c.Status.RegistrySource == cluster.SourceUnknown:
		return cluster.SourceUnknown
	case c.Status.RegistrySource == cluster.SourceNone:
		return "" // the script prefers none to the declared one
	case c.Spec.DefaultRegistry != nil:
		return c.Spec.DefaultRegistry.Host
	}
	return ""
}

// registrySource shows where the registry comes from, and that the cluster's own
// could not be read.
func registrySource(c *cluster.Cluster) string {
	source := c.Status.RegistrySource
	if c.Status.RegistryReason == cluster.ReasonForbidden {
		source += " (forbidden)"
	}
	return source
}

func status(c *cluster.Cluster) string {
	if c.Status.Connected() {
		return "connected"
	}
	return "not connected"
}
