package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/sextant-dev/sextant/cluster/manifest/sample"
)

// peer is one command. It runs in the bench's folder, where the input is.
type peer struct {
	name string
	args []string
	// file is the output; empty: standard output.
	file string
	// once runs it a single time, since it takes long.
	once bool
}

const (
	host = "localhost:5000"
	// atMost is the largest size for kustomize, whose time grows with images
	// times objects; skaffold's grows faster than the input too, and a YAML
	// parser's memory is what bounds the round trip.
	atMost     = 100
	atMostSlow = 1000
)

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// peers are the commands that this machine has and that can take the input, sextant
// first. Some know the images of the sample alone.
func (b *bench) peers(in *input, file string) []peer {
	n := in.deployments
	self, err := os.Executable()
	if err != nil {
		self = os.Args[0]
	}
	all := []peer{
		{name: "sextant render", args: []string{b.sextant, "render", "--clusters", "clusters.yaml", "Clusterfile"}},
		{name: "cat", args: []string{"cat", file}},
		{name: "cp", args: []string{"cp", file, "copied.yaml"}, file: "copied.yaml"},
		{name: "sed", args: []string{"sed", "-E", `s#^( *(- )?image: )registry\.example\.com/([^/]*)/#\1` + host + `/registry.example.com_\3_#`, file}},
	}
	if n > 0 {
		all = append(all, []peer{
			{name: "kbld", args: []string{"kbld", "-f", file, "-f", "kbld.yaml"}, once: n > atMost},
			{name: "ytt", args: []string{"ytt", "-f", file, "-f", "ytt.yaml"}, once: n > atMost},
		}...)
	}
	if n > 0 && n <= atMostSlow {
		all = append(all,
			peer{name: "skaffold render", args: []string{"skaffold", "render", "-f", "skaffold.yaml", "--offline=true", "--digest-source=tag", "-a", "artifacts.json"}, once: true},
			peer{name: "YAML nodes, decode and encode", args: []string{self, "-round-trip", file}, once: n > atMost})
	}
	if b.kustomize != "" && n > 0 && n <= atMost {
		all = append(all,
			peer{name: "kustomize, 20 images", args: []string{b.kustomize, "build", "--load-restrictor=LoadRestrictionsNone", "kustomize20"}},
			peer{name: "kustomize, 200 images", args: []string{b.kustomize, "build", "--load-restrictor=LoadRestrictionsNone", "kustomize200"}, once: true})
	}
	var here []peer
	for _, p := range all {
		if _, err := exec.LookPath(p.args[0]); err == nil || filepath.IsAbs(p.args[0]) {
			here = append(here, p)
		}
	}
	return here
}

// recordedClusters is what sextant replays: one cluster with a registry at host.
const recordedClusters = `apiVersion: tilt.dev/v1alpha1
kind: ClusterList
metadata: {}
items:
- apiVersion: tilt.dev/v1alpha1
  kind: Cluster
  metadata:
    name: default
  spec:
    connection:
      kubernetes: {context: bench}
  status:
    arch: amd64
    connectedAt: "2026-01-01T00:00:00.000000Z"
    connection:
      kubernetes: {cluster: bench, context: bench, namespace: default, product: kind}
    registry: {host: "` + host + `"}
    registrySource: configmap
    version: v1.36.3
`

// yttOverlay has ytt name every image of a Deployment.
const yttOverlay = `#@ load("@ytt:overlay", "overlay")
#@ def image(old, _):
#@   return old.replace("/", "_").replace("registry.example.com", "` + host + `/registry.example.com", 1)
#@ end
#@overlay/match by=overlay.subset({"kind": "Deployment"}), expects="0+"
---
spec:
  template:
    spec:
      initContainers:
      #@overlay/match by=overlay.all, expects="0+"
      -
        #@overlay/replace via=image
        image:
      containers:
      #@overlay/match by=overlay.all, expects="0+"
      -
        #@overlay/replace via=image
        image:
`

// peerFiles are what the peers need besides the input, by path.
func peerFiles(input string) map[string]string {
	files := map[string]string{
		"Clusterfile":   "k8s_cluster(\"bench\", name = \"default\")\nk8s_yaml(\"" + input + "\", images = \"all\", allow_duplicates = True)\n",
		"clusters.yaml": recordedClusters,
		"ytt.yaml":      yttOverlay,
		"skaffold.yaml": "apiVersion: skaffold/v4beta11\nkind: Config\nmanifests:\n  rawYaml: [" + input + "]\n",
	}
	var kbld, artifacts strings.Builder
	kbld.WriteString("apiVersion: kbld.k14s.io/v1alpha1\nkind: Config\noverrides:\n")
	for i := range sample.Images {
		name, tag := split(sample.Image(i))
		fmt.Fprintf(&kbld, "- image: %s:%s\n  newImage: %s:%s\n  preresolved: true\n", name, tag, moved(name), tag)
		if i > 0 {
			artifacts.WriteString(",")
		}
		fmt.Fprintf(&artifacts, `{"imageName":%q,"tag":%q}`, name, moved(name)+":"+tag)
	}
	files["kbld.yaml"] = kbld.String()
	files["artifacts.json"] = `{"builds":[` + artifacts.String() + `]}`
	for _, n := range []int{20, 200} {
		var k strings.Builder
		k.WriteString("resources: [../" + input + "]\nimages:\n")
		for i := range n {
			name, _ := split(sample.Image(i))
			fmt.Fprintf(&k, "- {name: %s, newName: %q}\n", name, moved(name))
		}
		files[fmt.Sprintf("kustomize%d/kustomization.yaml", n)] = k.String()
	}
	return files
}

func split(image string) (name, tag string) {
	i := strings.LastIndexByte(image, ':')
	return image[:i], image[i+1:]
}

// moved is the name that sextant's flat naming makes.
func moved(name string) string { return host + "/" + strings.ReplaceAll(name, "/", "_") }
