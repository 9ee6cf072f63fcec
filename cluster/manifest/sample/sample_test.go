package sample_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/cluster/manifest"
	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

func TestVaried(t *testing.T) {
	const n = 2000
	var b, again bytes.Buffer
	if err := errors.Join(sample.WriteVaried(&b, n), sample.WriteVaried(&again, n)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("it is not the same the second time")
	}
	text := b.String()
	for _, style := range []string{"&labels ", " *labels", "\r\n", " |\n", " >-\n", "  # ", "\n{\n", ": {", ": [", "'", `\"`, "kind: List", "$patch"} {
		if !strings.Contains(text, style) {
			t.Errorf("it has no %q", style)
		}
	}
	documents, images := 0, 0
	for dec := yaml.NewDecoder(&b); ; documents++ {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_, plan, err := manifest.Rewrite([]byte(text), manifest.Options{
		OnImage: func(found *manifest.Image, _ string, _ bool) {
			if images++; !strings.HasPrefix(found.Text, "registry.example.com/") {
				t.Error(found.Text)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if documents != n || images < n {
		t.Errorf("%d documents, %d images", documents, images)
	}
	if share := float64(plan.Parsed) / float64(plan.Size); share > 0.01 {
		t.Errorf("%.1f%% of it is left to the YAML parser", 100*share)
	}
}
