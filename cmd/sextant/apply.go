package main

import (
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
)

func newApplyCommand(a *app) *cobra.Command {
	var script scriptFlags
	var dryRun dryRunFlag
	var force bool
	cmd := &cobra.Command{
		Use:   "apply [flags] [CLUSTER] [-- ARGS]",
		Short: "Render the manifests of a script and apply them to their cluster",
		Long: `Apply runs a script and passes the manifests that it renders for CLUSTER to
kubectl apply --server-side, with a kubeconfig that leads to that cluster alone.
CLUSTER can be omitted if the script has manifests for one cluster.

Nothing is applied if a manifest is broken, if the cluster is not connected, or if
the script does not allow its context. Sextant exits with kubectl's exit code.`,
		Example: `  sextant apply --dry-run
  sextant apply staging
  sextant apply -f deploy/Clusterfile prod -- --tag=v2`,
		Args: func(cmd *cobra.Command, args []string) error {
			own, _ := scriptArgs(cmd, args)
			if err := atMostOne(cmd, own, "CLUSTER"); err != nil {
				return err
			}
			return script.mustConnect(cmd)
		},
		ValidArgsFunction: completer{a, &script, false, clusterNames}.argument,
		RunE: func(cmd *cobra.Command, args []string) error {
			own, forScript := scriptArgs(cmd, args)
			p := pinnedProgram{app: a, command: []string{"kubectl", "apply", "--server-side", "--field-manager=sextant", "-f", "-"}}
			if dryRun {
				p.command = append(p.command, "--dry-run=server")
			}
			if force {
				p.command = append(p.command, "--force-conflicts")
			}
			var manifests *os.File
			defer func() { manifests.Close() }() // a nil file has no effect
			return p.run(cmd.Context(), scriptRun{flags: &script, args: forScript}, clusterName(first(own)), func(run *builtins.Run, target *cluster.Cluster) error {
				if target.Spec.Connection.Kubernetes == nil {
					return usagef("cluster %q is a Docker daemon, and kubectl applies to Kubernetes alone", target.Name)
				}
				var err error
				if manifests, err = os.OpenFile(filepath.Join(p.folder, "manifests.yaml"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
					return err
				}
				if err := render(manifests, run, target.Name); err != nil {
					return err
				}
				p.stdin = manifests
				_, err = manifests.Seek(0, 0)
				return err
			})
		},
	}
	script.addConnecting(cmd)
	cmd.Flags().Var(&dryRun, "dry-run", "have the server check the manifests and change nothing, as kubectl does with --dry-run=server")
	cmd.Flags().Lookup("dry-run").NoOptDefVal = "true"
	cmd.Flags().BoolVar(&force, "force-conflicts", false, "take over fields that others manage")
	return cmd
}

// dryRunFlag is --dry-run, which takes kubectl's words too. A dry run of the client
// would check nothing that render does not.
type dryRunFlag bool

func (f *dryRunFlag) Type() string   { return "bool" } // so that help shows no value
func (f *dryRunFlag) String() string { return strconv.FormatBool(bool(*f)) }

func (f *dryRunFlag) Set(value string) error {
	switch value {
	case "server":
		*f = true
		return nil
	case "none":
		*f = false
		return nil
	case "client":
		return usagef("want server, or the flag alone for it; to see the manifests without a server, use sextant render")
	}
	on, err := strconv.ParseBool(value)
	*f = dryRunFlag(on)
	return err
}
