package tiltfile_test

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkTiltfile evaluates a Tiltfile of the size of a large project's: a megabyte
// of manifests that it decodes, changes and encodes, 100 images and 200 local
// resources.
func BenchmarkTiltfile(b *testing.B) {
	var yaml strings.Builder
	const schema = "            field:\n              description: What the field is for, in a line of usual length.\n              type: string\n"
	for i := range 100 {
		yaml.WriteString(deployment(fmt.Sprintf("app-%d", i), fmt.Sprintf("acme/app-%d", i)) + service(fmt.Sprintf("app-%d", i), fmt.Sprintf("app-%d", i)))
		fmt.Fprintf(&yaml, "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: things-%d.acme.dev\nspec:\n  versions:\n  - schema:\n      openAPIV3Schema:\n        properties:\n", i)
		for j := range 80 {
			yaml.WriteString(strings.ReplaceAll(schema, "field", fmt.Sprintf("field%d", j)))
		}
		yaml.WriteString("---\n")
	}
	p := files(`docs = read_yaml_stream("all.yaml")
for d in docs:
    d["metadata"].setdefault("labels", {})["team"] = "shop"
k8s_yaml(encode_yaml_stream(docs))
for i in range(100):
    docker_build("acme/app-%d" % i, ".", dockerfile_contents = "FROM scratch", only = ["a"], live_update = [sync(".", "/app"), run("make")])
    k8s_resource("app-%d" % i, labels = ["app"], port_forwards = 8000 + i)
for i in range(200):
    local_resource("r%d" % i, "make", deps = ["a", "b"], resource_deps = ["r%d" % (i - 1)] if i else [])
`, "all.yaml", yaml.String())
	b.SetBytes(int64(yaml.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if o := p.run(b); o.err != nil {
			b.Fatal(o.err)
		}
	}
}
