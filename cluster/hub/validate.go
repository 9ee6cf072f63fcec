package hub

import (
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/sextant-dev/sextant/cluster"
)

// maxHost is how long a registry's host may be on a hub.
const maxHost = 512

// Validate returns what keeps a cluster from being kept on a hub. The schema of
// the CustomResourceDefinition has the same rules, and the API server those for
// metadata.
func Validate(c *cluster.Cluster) field.ErrorList {
	errs := c.Validate()
	connection := field.NewPath("spec", "connection")
	if c.Spec.Connection.Docker != nil {
		errs = append(errs, field.Forbidden(connection.Child("docker"), "a hub keeps no Docker daemons: only the machine that runs a script reaches its own"))
	}
	if r := c.Spec.DefaultRegistry; r != nil {
		path := field.NewPath("spec", "defaultRegistry")
		for name, host := range map[string]string{
			"host": r.Host, "hostFromClusterNetwork": r.HostFromClusterNetwork, "hostFromContainerRuntime": r.HostFromContainerRuntime,
		} {
			if len(host) > maxHost {
				errs = append(errs, field.TooLong(path.Child(name), host, maxHost))
			}
		}
	}
	return errs
}
