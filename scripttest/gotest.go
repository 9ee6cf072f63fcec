package scripttest

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// updateVariable makes [Run] write golden files if it is 1.
const updateVariable = "SEXTANT_UPDATE"

// Run runs the tests that the paths name, each as a subtest of t. With the
// environment variable SEXTANT_UPDATE=1 it writes the golden files that differ.
// It fails t where the paths name no test.
func Run(t *testing.T, paths ...string) {
	t.Helper()
	Config{}.Run(t, paths...)
}

// Run does what the function [Run] does, under a configuration. A project that
// has an -update flag of its own sets c.Update to it.
func (c Config) Run(t *testing.T, paths ...string) {
	t.Helper()
	c.Update = c.Update || os.Getenv(updateVariable) == "1"
	if c.Accept == nil {
		pattern := "^" + strings.Join(strings.Split(t.Name(), "/"), "$/^") + "$"
		c.Accept = func(string) string { return fmt.Sprintf("%s=1 go test -run '%s'", updateVariable, pattern) }
	}
	report, err := c.Test(t.Context(), paths...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range report.Results {
		r := &report.Results[i]
		t.Run(r.Name, func(t *testing.T) {
			if len(r.Failures) > 0 {
				t.Fatal("\n" + r.text())
			}
			for _, name := range r.Updated {
				t.Logf("wrote %s", name)
			}
		})
	}
}
