package cluster

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sextant-dev/sextant/cluster/image"
)

// Validate checks a cluster as it was declared. Every failure carries the path
// of its field.
func (c *Cluster) Validate() field.ErrorList {
	var errs field.ErrorList
	if msg := ValidateName(c.Name); msg != "" {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), c.Name, msg))
	}
	return append(errs, c.Spec.Validate(field.NewPath("spec"))...)
}

// Validate checks the spec; path is where it stands.
func (s *ClusterSpec) Validate(path *field.Path) field.ErrorList {
	errs := s.Connection.Validate(path.Child("connection"))
	if s.DefaultRegistry != nil {
		errs = append(errs, s.DefaultRegistry.Validate(path.Child("defaultRegistry"))...)
	}
	return errs
}

// Validate checks that the connection names exactly one kind of cluster.
func (c *ClusterConnection) Validate(path *field.Path) field.ErrorList {
	switch {
	case c.Kubernetes == nil && c.Docker == nil:
		return field.ErrorList{field.Required(path, "one of kubernetes and docker")}
	case c.Kubernetes != nil && c.Docker != nil:
		return field.ErrorList{field.Forbidden(path, "only one of kubernetes and docker")}
	}
	return nil
}

// Validate checks the registry; path is where it stands, nil for a registry of
// its own.
func (r *RegistryHosting) Validate(path *field.Path) field.ErrorList {
	var errs field.ErrorList
	host := func(name, value string) {
		if value == "" {
			return
		}
		if err := image.ValidateHost(value); err != nil {
			errs = append(errs, field.Invalid(path.Child(name), value, err.Error()))
		}
	}
	if r.Host == "" {
		errs = append(errs, field.Required(path.Child("host"), "such as localhost:5000 or gcr.io/team"))
	}
	host("host", r.Host)
	host("hostFromClusterNetwork", r.HostFromClusterNetwork)
	host("hostFromContainerRuntime", r.HostFromContainerRuntime)
	if r.HostFromContainerRuntime != "" && r.Host == "" && r.HostFromClusterNetwork == "" {
		errs = append(errs, field.Forbidden(path.Child("hostFromContainerRuntime"), "needs host or hostFromClusterNetwork beside it"))
	}
	if r.SingleName != "" {
		if err := image.ValidateSingleName(r.SingleName); err != nil {
			errs = append(errs, field.Invalid(path.Child("singleName"), r.SingleName, err.Error()))
		}
	}
	return errs
}
