package kube

import "context"

// Reach is what an observation of a context would connect to and start.
type Reach struct {
	// Hosts are the names or addresses, without ports, of the server and of a proxy.
	Hosts []string
	// Plugin reports whether the user's credentials come from a program.
	Plugin bool
}

// Reach reads the kubeconfig and connects to nothing; "" is the current context.
func (r *Resolver) Reach(ctx context.Context, name string) (Reach, error) {
	t, err := r.kubeconfig.target(ctx, name, "")
	if err != nil {
		return Reach{}, err
	}
	reach := Reach{Plugin: t.user.Exec != nil}
	if t.server != nil {
		reach.Hosts = append(reach.Hosts, t.server.Hostname())
	}
	if t.proxy != nil {
		reach.Hosts = append(reach.Hosts, t.proxy.Hostname())
	}
	return reach, nil
}
