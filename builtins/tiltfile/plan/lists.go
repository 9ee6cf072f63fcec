package plan

import "github.com/sextant-dev/sextant/builtins/tiltfile"

// APIVersion is that of [BuildList] and [ResourceList].
const APIVersion = "sextant.dev/v1alpha1"

// BuildList is what `sextant builds -o json` prints. Its schema is
// docs/builds.schema.json.
type BuildList struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Items are in the order of the calls.
	Items []tiltfile.Build `json:"items"`
}

// NewBuildList returns the list of builds.
func NewBuildList(builds []tiltfile.Build) *BuildList {
	return &BuildList{APIVersion, "BuildList", append([]tiltfile.Build{}, builds...)}
}

// ResourceList is what `sextant resources -o json` prints. Its schema is
// docs/resources.schema.json.
type ResourceList struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Items are in the order in which Tilt shows them.
	Items []tiltfile.Resource `json:"items"`
}

// NewResourceList returns the list of resources.
func NewResourceList(resources []tiltfile.Resource) *ResourceList {
	return &ResourceList{APIVersion, "ResourceList", append([]tiltfile.Resource{}, resources...)}
}
