package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/sextant-dev/sextant/internal/printer"
)

// version is set by the linker of a release; without it the build information
// of the module has it.
var version string

type versionInfo struct {
	Version   string `json:"version"`
	Revision  string `json:"revision,omitempty"`
	GoVersion string `json:"goVersion"`
	Platform  string `json:"platform"`
}

func newVersionCommand(a *app) *cobra.Command {
	var format formatFlag
	cmd := &cobra.Command{
		Use:   "version [flags]",
		Short: "Print the version of sextant",
		Example: `  sextant version
  sextant version -o json`,
		Args: func(cmd *cobra.Command, args []string) error {
			return cmp.Or(noArgs(cmd, args), format.check())
		},
		RunE: func(*cobra.Command, []string) error {
			return printVersion(a.stdout, format.value)
		},
	}
	format.add(cmd, []string{"text", "json"})
	return cmd
}

func printVersion(stdout io.Writer, format string) error {
	info := readVersion()
	if format == "json" {
		return printer.JSON(stdout, info)
	}
	_, err := fmt.Fprintf(stdout, "sextant %s (%s, %s)\n", info.Version, info.GoVersion, info.Platform)
	return err
}

func readVersion() versionInfo {
	info := versionInfo{Version: version, GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if build, ok := debug.ReadBuildInfo(); ok {
		if info.Version == "" {
			info.Version = build.Main.Version
		}
		for _, s := range build.Settings {
			if s.Key == "vcs.revision" {
				info.Revision = s.Value
			}
		}
	}
	if info.Version == "" {
		info.Version = "(devel)"
	}
	return info
}
