package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// untrustedTime is how long an untrusted script may run, unless --max-time is set.
const untrustedTime = timeLimit(time.Minute)

// trustFlags bound what a script may reach of the machine and the network.
type trustFlags struct {
	untrusted bool
	env       []string
	hosts     []string
	// maxTime is --max-time.
	maxTime *pflag.Flag
}

func (f *trustFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.untrusted, "untrusted", false, "run a stranger's script: no environment variables, no hosts but the kubeconfig's, no credential plugins, no ssh, one minute, and a memory limit enforced by the operating system")
	flags.StringArrayVar(&f.env, "env", nil, "with --untrusted, an environment variable that the script may read; may be repeated")
	flags.StringArrayVar(&f.hosts, "allow-host", nil, "a host that the script may connect to, such as api.example.com, or docker for the daemon of the environment; may be repeated; by default every host, with --untrusted those of the kubeconfig")
	f.maxTime = flags.Lookup("max-time")
}

// check refuses flags that contradict each other, and completes the limits.
func (f *trustFlags) check(s *scriptFlags) error {
	switch {
	case !f.untrusted && len(f.env) > 0:
		return usagef("--env needs --untrusted: without it a script sees the whole environment; a value for config.parse() goes after --")
	case !f.untrusted:
		return nil
	case s.programs.allow:
		return usagef("--untrusted and --allow-exec do not go together: a program may do all that you may")
	case s.from != "":
		return usagef("--untrusted and --clusters-from do not go together: a hub is not what the kubeconfig names")
	}
	if f.maxTime == nil || !f.maxTime.Changed {
		s.limits.time = untrustedTime
	}
	return nil
}

// confine runs an untrusted script in a process that the operating system limits,
// and reports whether that was done. The process itself goes on.
func (a *app) confine(flags *scriptFlags) (done bool, err error) {
	if !flags.trust.untrusted || a.confined {
		return false, nil
	}
	// The limit of Sextant's own comes first, and reports where in the script it was.
	limit := 2*int64(flags.limits.memory) + 512<<20
	if flags.limits.memory == 0 {
		return true, usagef("--untrusted needs a limit: give --max-memory more than 0")
	}
	stderr, _ := a.stderr.(*os.File) // in the command it is one
	code, err := confine(a.args, limit, a.raw, stderr, a.console)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		a.console.Printf("warning: this operating system has no limit of memory for a process: the limit is Sextant's own, which a hostile script can pass")
		return false, nil
	case err != nil:
		return true, failure{err}
	}
	if code == exitDone {
		return true, nil
	}
	return true, programExit(code)
}

// environ is the environment that scripts see.
func (f *trustFlags) environ() []string {
	if !f.untrusted {
		return os.Environ()
	}
	env := []string{}
	for _, name := range f.env {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// wall returns a resolver that connects to what the flags allow and to nothing else.
func (f *trustFlags) wall(inner cluster.Resolver, k *kube.Resolver) cluster.Resolver {
	if !f.untrusted && len(f.hosts) == 0 {
		return inner
	}
	return cluster.ResolverFunc(func(ctx context.Context, req cluster.Request) (cluster.Observation, error) {
		why := ""
		if docker := req.Connection.Docker; docker != nil {
			why = f.refusesDaemon(docker.Host)
		} else if kubernetes := req.Connection.Kubernetes; kubernetes != nil {
			reach, err := k.Reach(ctx, kubernetes.Context)
			if err != nil {
				return inner.Resolve(ctx, req) // which reports it best, and connects to nothing
			}
			why = f.refusesCluster(reach)
		}
		if why == "" {
			return inner.Resolve(ctx, req)
		}
		return cluster.Observation{Status: cluster.ClusterStatus{Error: why}}, nil
	})
}

// refusesCluster is why a cluster of the kubeconfig may not be connected to.
func (f *trustFlags) refusesCluster(reach kube.Reach) string {
	if f.untrusted && reach.Plugin {
		return "its credentials come from a plugin, which --untrusted does not run"
	}
	if len(f.hosts) == 0 {
		return "" // an untrusted script may ask what the kubeconfig names
	}
	for _, host := range reach.Hosts {
		if !slices.Contains(f.hosts, host) {
			return fmt.Sprintf("the host %s is not allowed: add --allow-host %s", host, host)
		}
	}
	return ""
}

// refusesDaemon is why a Docker daemon may not be connected to.
func (f *trustFlags) refusesDaemon(host string) string {
	name := "docker"
	if host != "" {
		u, err := url.Parse(host)
		switch {
		case err != nil:
			return "the address of the daemon is not a URL"
		case f.untrusted && u.Scheme == "ssh":
			return "it is reached by ssh, which --untrusted does not start"
		case u.Hostname() != "":
			name = u.Hostname()
		default:
			name = host // a socket, by its whole address
		}
	}
	if name == "docker" && f.untrusted && strings.HasPrefix(os.Getenv("DOCKER_HOST"), "ssh://") {
		return "it is reached by ssh, which --untrusted does not start"
	}
	if slices.Contains(f.hosts, name) {
		return ""
	}
	return fmt.Sprintf("the host %s is not allowed: add --allow-host %s", name, name)
}
