package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/test/realcluster"
)

// install brings in the Debian packages whose programs are missing. Only root
// on Debian can; for others it describes what they may install.
func install(ctx context.Context, out io.Writer) error {
	missing := missingParts()
	if len(missing) == 0 {
		return nil
	}
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return remedies(missing)
	}
	if err := runAptGet(ctx, apt, out, "update", "-q"); err != nil {
		return err
	}
	// A package may go by its later name.
	for name := 0; len(missing) > 0; name++ {
		packages := packageNames(missing, name)
		if len(packages) == 0 {
			break
		}
		fmt.Fprintf(out, "install %s\n", strings.Join(packages, " "))
		if err := runAptGet(ctx, apt, out, append([]string{"install", "-q", "-y", "--no-install-recommends"}, packages...)...); err != nil {
			return err
		}
		missing = missingParts()
	}
	return remedies(missing)
}

func missingParts() []realcluster.Part {
	return slices.DeleteFunc(realcluster.Parts(), func(p realcluster.Part) bool {
		_, err := p.Find()
		return err == nil
	})
}

// remedies is an error a part.
func remedies(missing []realcluster.Part) error {
	var errs []error
	for _, part := range missing {
		_, err := part.Find()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// packageNames are the packages of the parts, each by its n-th name.
func packageNames(parts []realcluster.Part, n int) []string {
	var names []string
	for _, part := range parts {
		if n < len(part.Packages) {
			names = append(names, part.Packages[n])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// runAptGet shows what apt-get prints only if it fails.
func runAptGet(ctx context.Context, apt string, out io.Writer, args ...string) error {
	args = append([]string{"-o", "Acquire::Retries=5", "-o", "DPkg::Lock::Timeout=300"}, args...)
	cmd := exec.CommandContext(ctx, apt, args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	printed, err := cmd.CombinedOutput()
	if err != nil {
		fmt.Fprintf(out, "%s", printed)
		return fmt.Errorf("apt-get %s: %w", strings.Join(args, " "), err)
	}
	return nil
}
