package kube

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/distribution/reference"

	"github.com/sextant-dev/sextant/cluster"
)

// FuzzReadHosting: whatever a cluster advertises, it is a registry under whose
// hosts image names are valid, or there is one line that explains why it is not.
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
		hosting, err := readHosting(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		body, err := json.Marshal(map[string]any{"kind": "ConfigMap", "data": map[string]string{hostingKey: text}})
		if err != nil {
			t.Fatal(err)
		}
		found, reason := discoveries[0].outcome(answer{body: body})
		switch {
		case reason != "":
			if !strings.HasPrefix(reason, cluster.ReasonInvalid) {
				t.Errorf("reason %q", reason)
			}
			return
		case onlyHelp(hosting):
			return
		}
		for _, host := range []string{found.Host, found.HostFromContainerRuntime, found.HostFromClusterNetwork} {
			if host == "" {
				continue
			}
			if _, err := reference.ParseNormalizedNamed(host + "/x"); err != nil {
				t.Errorf("host %q: %v", host, err)
			}
		}
	})
}

// TestDiscoveryRows holds that each row is complete, documented, and has a case
// of TestRegistry.
func TestDiscoveryRows(t *testing.T) {
	page, err := os.ReadFile("../../docs/resolution.md")
	if err != nil {
		t.Fatal(err)
	}
	cases, err := os.ReadFile("observe_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range discoveries {
		if d.source == "" || d.path == "" || d.read == nil {
			t.Errorf("%+v is incomplete", d)
		}
		if !strings.Contains(string(page), "\n| `"+d.source+"` |") {
			t.Errorf("docs/resolution.md has no row for %s", d.source)
		}
		if !strings.Contains(string(cases), `source: "`+d.source+`"`) {
			t.Errorf("TestRegistry has no case for %s", d.source)
		}
	}
}
