// Sextant-controller keeps the statuses of Cluster objects on a hub true.
//
//	sextant-controller run        checks the clusters, as a Deployment runs it
//	sextant-controller manifests  prints what a hub needs, for kubectl apply
//
// docs/fleet.md describes how a team uses it. It wires flags to package fleet and
// does nothing else.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/sextant-dev/sextant/cluster/kube"
	"github.com/sextant-dev/sextant/controller/internal/fleet"
	"github.com/sextant-dev/sextant/controller/internal/manifests"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := command(os.Stdout).ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "sextant-controller:", err)
		os.Exit(1)
	}
}

func command(out io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:           "sextant-controller",
		Short:         "keep the statuses of clusters on a hub up to date",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetOut(out)
	root.AddCommand(runCommand(), manifestsCommand())
	return root
}

// flags are those that both subcommands have: what run takes, manifests puts
// into the Deployment.
type flags struct {
	watched   []string
	networks  []string
	providers []string
}

func (f *flags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.watched, "watch", nil, "a namespace whose clusters are checked; repeat it for more")
	cmd.Flags().StringArrayVar(&f.networks, "network", nil, "a CIDR where clusters may be; without it everywhere but loopback and link-local addresses")
	cmd.Flags().StringArrayVar(&f.providers, "provider", nil, "NAME=COMMAND [ARG…], the credential plugin of an access provider; repeat it for more")
}

// complete checks the flags and puts them into o.
func (f *flags) complete(o *fleet.RunOptions) error {
	if len(f.watched) == 0 {
		return errors.New("name a namespace with --watch")
	}
	for _, ns := range f.watched {
		if msgs := validation.IsDNS1123Label(ns); len(msgs) > 0 {
			return fmt.Errorf("--watch %q: %s", ns, msgs[0])
		}
	}
	o.Watched = f.watched
	for _, text := range f.networks {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("--network %q is not a CIDR such as 10.0.0.0/8", text)
		}
		o.Networks = append(o.Networks, network.Masked())
	}
	o.Providers = map[string]kube.Plugin{}
	for _, text := range f.providers {
		name, command, ok := strings.Cut(text, "=")
		words := strings.Fields(command)
		if !ok || name == "" || len(words) == 0 {
			return fmt.Errorf("--provider %q is not NAME=COMMAND [ARG…]", text)
		}
		o.Providers[name] = kube.Plugin{Command: words[0], Args: words[1:]}
	}
	return nil
}

// checkRun refuses options with which no cluster would be checked, or only once.
func checkRun(o fleet.RunOptions) error {
	switch {
	case o.Interval <= 0:
		return fmt.Errorf("--interval %s: it must be more than 0", o.Interval)
	case o.Timeout <= 0:
		return fmt.Errorf("--timeout %s: it must be more than 0", o.Timeout)
	case o.Workers <= 0:
		return fmt.Errorf("--workers %d: it must be more than 0", o.Workers)
	}
	return nil
}

func runCommand() *cobra.Command {
	var f flags
	var o fleet.RunOptions
	// What a credential plugin needs of it, and nothing of the controller's own.
	o.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent"}
	cmd := &cobra.Command{
		Use:   "run",
		Short: "check the clusters until interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.complete(&o); err != nil {
				return err
			}
			if err := checkRun(o); err != nil {
				return err
			}
			ctrl.SetLogger(zap.New())
			config, err := ctrl.GetConfig()
			if err != nil {
				return fmt.Errorf("find the hub: %w", err)
			}
			// A hundred checks a second must not wait for a client's own limit.
			config.QPS, config.Burst = 200, 400
			return fleet.Run(cmd.Context(), config, o)
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&o.Interval, "interval", fleet.DefaultInterval, "the time between two checks of a cluster")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", fleet.DefaultTimeout, "the deadline of a check")
	cmd.Flags().IntVar(&o.Workers, "workers", 32, "how many clusters are resolved at the same time, but for those that do not answer")
	cmd.Flags().StringVar(&o.Metrics, "metrics", "0", "the address to serve metrics on; 0 is not to")
	cmd.Flags().StringVar(&o.Health, "health", "0", "the address to serve /healthz and /readyz on; 0 is not to")
	return cmd
}

func manifestsCommand() *cobra.Command {
	var f flags
	var o manifests.Options
	cmd := &cobra.Command{
		Use:     "manifests",
		Short:   "print what a hub needs",
		Example: "  sextant-controller manifests --image registry.example/sextant-controller:v1 --watch team-a | kubectl --context hub apply -f -",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.complete(new(fleet.RunOptions)); err != nil { // what run will refuse
				return err
			}
			if o.Image == "" {
				return errors.New("name the controller's image with --image")
			}
			o.Watched = f.watched
			for _, n := range f.networks {
				o.Args = append(o.Args, "--network="+n)
			}
			for _, p := range f.providers {
				o.Args = append(o.Args, "--provider="+p)
			}
			text, err := manifests.All(o)
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	f.add(cmd)
	cmd.Flags().StringVar(&o.Image, "image", "", "the controller's image")
	return cmd
}
