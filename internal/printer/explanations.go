package printer

import (
	"fmt"
	"io"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster/image"
)

// ExplanationFormats are the formats of image names, the default first.
var ExplanationFormats = []string{"table", "json"}

// explanation is the JSON form of one image's names on one cluster.
type explanation struct {
	ClusterName string    `json:"clusterName"`
	Ref         string    `json:"ref"`
	Local       string    `json:"local"`
	Cluster     string    `json:"cluster"`
	Network     string    `json:"network,omitempty"`
	Rule        string    `json:"rule"`
	Registry    *registry `json:"registry,omitempty"`
	Forbidden   bool      `json:"registryForbidden,omitempty"`
	Parts       parts     `json:"parts"`
	Steps       []step    `json:"steps"`
}

// parts are the parts of each name; those of the network may be missing.
type parts struct {
	Local   image.Parts  `json:"local"`
	Cluster image.Parts  `json:"cluster"`
	Network *image.Parts `json:"network,omitempty"`
}

type registry struct {
	Host   string `json:"host"`
	Source string `json:"source"`
}

type step struct {
	Kind   string `json:"kind"`
	Host   string `json:"host,omitempty"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// Explanations writes the names of images in one of [ExplanationFormats].
func Explanations(w io.Writer, format string, all []builtins.Explanation) error {
	if format == "json" {
		out := make([]explanation, len(all))
		for i := range all {
			out[i] = explanationOf(&all[i])
		}
		return JSON(w, out)
	}
	if len(all) == 0 {
		return nil
	}
	t := newGrid(w, "ON", "REF", "LOCAL", "CLUSTER", "NETWORK", "RULE")
	for i := range all {
		e := &all[i]
		t.row(e.Cluster, e.Ref, e.Names.Local, e.Names.Cluster, e.Names.Network, reason(e))
	}
	return t.flush()
}

// reason is the rule and what it was applied with.
func reason(e *builtins.Explanation) string {
	rule := string(e.Names.Rule)
	switch {
	case e.Registry == nil && e.Forbidden:
		return rule + " (the registry could not be read: forbidden)"
	case e.Registry == nil:
		return rule + " (no registry)"
	case e.Registry.Source == "": // a recording by hand may lack it
		return rule
	case e.Forbidden:
		return fmt.Sprintf("%s (registry %s; the one advertised could not be read: forbidden)", rule, e.Registry.Source)
	}
	return fmt.Sprintf("%s (registry %s)", rule, e.Registry.Source)
}

func explanationOf(e *builtins.Explanation) explanation {
	out := explanation{
		ClusterName: e.Cluster,
		Ref:         e.Ref,
		Local:       e.Names.Local,
		Cluster:     e.Names.Cluster,
		Network:     e.Names.Network,
		Rule:        string(e.Names.Rule),
		Forbidden:   e.Forbidden,
		Steps:       make([]step, len(e.Steps)),
	}
	out.Parts = parts{Local: e.Names.Parts(image.ViewLocal), Cluster: e.Names.Parts(image.ViewCluster)}
	if e.Names.Network != "" {
		network := e.Names.Parts(image.ViewNetwork)
		out.Parts.Network = &network
	}
	if r := e.Registry; r != nil {
		out.Registry = &registry{Host: r.Host, Source: r.Source}
	}
	for i, s := range e.Steps {
		out.Steps[i] = step{Kind: string(s.Kind), Host: s.Host, Before: s.Before, After: s.After}
	}
	return out
}

// FoundImages writes a table of the images in manifests: where each was found,
// whether it was the script's to change, and what it becomes; and of strings that
// look like images and that no rule covers. A cluster other than "" leaves out the
// rest.
func FoundImages(w io.Writer, found []builtins.FoundImage, cluster string) error {
	t := newGrid(w, "CLUSTER", "PLACE", "OBJECT", "IMAGE", "MATCHED", "LOCAL", "CLUSTER")
	for i := range found {
		f := &found[i]
		if cluster != "" && cluster != f.Cluster {
			continue
		}
		object := "-"
		if f.Object.Kind != "" {
			object = f.Object.Kind + "/" + f.Object.Name
		}
		matched := "no"
		switch {
		case f.Matched:
			matched = "yes"
		case f.Uncovered:
			matched = "no rule"
		}
		t.row(f.Cluster, fmt.Sprint(f.Position), object, f.Text, matched, f.Local, f.Becomes)
	}
	return t.flush()
}
