package kube

import (
	"strings"
	"testing"

	"github.com/distribution/reference"

	"github.com/sextant-dev/sextant/cluster"
)

// FuzzReadHosting: whatever a cluster advertises, it is a registry under whose
// hosts image names are valid, or there is one line that says why it is not.
func FuzzReadHosting(f *testing.F) {
	for _, text := range []string{
		"", "{}", "host: [", "host: [a]", "host: localhost:5000",
		"host: localhost:5000\nhostFromContainerRuntime: registry:5000\nhostFromClusterNetwork: registry:5000\nhelp: https://example.test\nfuture: field",
		"host: https://gcr.io/foo", "host: foo", "host: docker.io", "host: docker.io/me", "host: '[::1]:5000'",
		"hostFromClusterNetwork: net:5000", "help: https://example.test", "&a {b: *a}", "host: \"a\\nb:5000\"",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a := readHosting(text)
		if why := a.unusable(); why != "" {
			if !strings.HasPrefix(why, cluster.ReasonInvalid) && !strings.HasPrefix(why, cluster.ReasonHelp) {
				t.Errorf("reason %q", why)
			}
			return
		}
		for _, host := range []string{a.registry.Host, a.registry.HostFromContainerRuntime, a.registry.HostFromClusterNetwork} {
			if host == "" {
				continue
			}
			if _, err := reference.ParseNormalizedNamed(host + "/x"); err != nil {
				t.Errorf("host %q: %v", host, err)
			}
		}
	})
}
