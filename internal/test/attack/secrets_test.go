//go:build unix

package attack

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/kube"
)

// declareAll is a script that says all that a script can say of every context.
const declareAll = `
clusters = [k8s_cluster(context = c, name = "c%d" % i) for i, c in enumerate(k8s_contexts())]
clusters.append(docker_cluster())
for c in clusters:
    print(c, repr(c), c.spec, c.status, c.status.error, c.connected, c.architectures)
    output(c.name, c.status.error)
output("all", clusters)
print(encode_json(clusters), encode_yaml(clusters))
k8s_yaml(blob("{kind: Pod, apiVersion: v1, metadata: {name: p}, spec: {containers: [{image: busybox}]}}"), cluster = [c for c in clusters if c.connected][0])
`

// runCommand runs the command and returns what it wrote.
func runCommand(t *testing.T, dir string, env []string, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), command(t), args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState.ExitCode() < 0 {
		t.Fatalf("sextant %v: %v", args, err)
	}
	if out.Len()+errs.Len() == 0 {
		t.Errorf("sextant %v wrote nothing", args)
	}
	return out.String(), errs.String()
}

// No secret of the kubeconfig, of the environment, of a plugin or of an answer
// is in anything that the command writes, whatever the format, at any verbosity.
func TestSecretsOfCommand(t *testing.T) {
	config := leaky(t)
	dir := t.TempDir()
	kubeconfig := writeConfig(t, config)
	writeFile(t, declareAll, 0o644, dir, "Clusterfile")
	writeFile(t, "c = k8s_cluster(context = k8s_contexts()[0])\nc.image('busybox')\n", 0o644, dir, "fails.star")
	writeFile(t, "#!/bin/sh\necho "+canary+" >&2\nexit 255\n", 0o755, dir, "bin", "ssh")
	base := []string{
		"HOME=" + dir, "PATH=" + filepath.Join(dir, "bin") + ":/bin:/usr/bin", "KUBECONFIG=" + kubeconfig,
		"HTTPS_PROXY=http://jane:" + canary + "@127.0.0.1:1", "ANY_SECRET=" + canary,
	}
	// sextant runs the command and returns its standard output, which like its
	// standard error must hold no secret.
	sextant := func(env []string, args ...string) string {
		t.Helper()
		stdout, stderr := runCommand(t, dir, env, args...)
		for _, text := range []string{stdout, stderr} {
			if leak := spilled(text); leak != "" {
				t.Errorf("sextant %v wrote a secret: …%s…", args, leak)
			}
		}
		return stdout
	}
	daemon := "DOCKER_HOST=tcp://jane:" + canary + "@127.0.0.1:1"
	var recording string
	for _, args := range [][]string{
		{"eval", "-o", "table", "-v"}, {"eval", "-o", "wide"}, {"eval", "-o", "json"}, {"eval", "-o", "yaml"},
		{"output", "-o", "json", "-v"}, {"output", "-o", "yaml"}, {"output", "-o", "env"},
		{"image", "busybox", "--file", "Clusterfile", "-v"}, {"render", "-v"}, {"eval", "fails.star", "-v"},
	} {
		stdout := sextant(append(slices.Clone(base), daemon), append(args, "--timeout", "5s")...)
		if slices.Equal(args, []string{"eval", "-o", "yaml"}) {
			recording = stdout
		}
	}
	list, err := cluster.ParseList("c.yaml", []byte(recording))
	if err != nil || len(list.Items) != len(config.Contexts)+1 {
		t.Fatalf("the recording is not whole, %v: %.2000s", err, recording)
	}
	writeFile(t, "docker_cluster()\n", 0o644, dir, "docker.star")
	for _, host := range []string{
		"ssh://jane@127.0.0.1:1", "ssh://jane:" + canary + "@127.0.0.1", "tcp://jane:" + canary + "@[::1", "tcp://127.0.0.1:1?token=" + canary,
		"http://jane:" + canary + "@127.0.0.1:1", "jane:" + canary + "@127.0.0.1:1",
	} {
		sextant(append(slices.Clone(base), "DOCKER_HOST="+host), "eval", "docker.star", "-o", "yaml", "-v")
	}

	// Golden files, made from the recording.
	writeFile(t, recording, 0o644, dir, "golden", "clusters.yaml")
	writeFile(t, declareAll, 0o644, dir, "golden", "Clusterfile")
	for _, name := range []string{"want.clusters.yaml", "want.outputs.json", "want.print", "want.error"} {
		writeFile(t, "", 0o644, dir, "golden", name)
	}
	for _, args := range [][]string{{"test", "--diff", "golden"}, {"test", "golden"}, {"test", "--update", "golden"}} {
		sextant(base, args...)
	}
	err = filepath.WalkDir(filepath.Join(dir, "golden"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if leak := spilled(string(text)); leak != "" {
			t.Errorf("%s holds a secret: …%s…", path, leak)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// A kubeconfig that cannot be read shows no secret of its own.
func TestSecretsOfBrokenKubeconfig(t *testing.T) {
	for _, text := range []string{
		"users: [{name: u, user: {token: *" + canary + "}}]",
		"users: [{name: u, user: {token: " + canary,
		"users: [{name: u, user: {token: \"" + canary + "}}]",
		"users:\n- name: u\n\tuser: {token: " + canary + "}",
		"users: " + canary,
		"users: [" + canary + "]",
		"users: [{name: u, user: " + canary + "}]",
		"users: [{name: u, user: {token: [" + canary + "]}}]",
		"users: [{name: u, user: {token: {" + canary + ": 1}}}]",
		"users: [{name: u, user: {client-key-data: " + canary + "!}}]",
		"users: [{name: u, user: {exec: {env: " + canary + "}}}]",
		"users: {? {token: " + canary + "} : 1}",
		"users: !!int " + canary,
		"users: !<" + canary + "> x",
		"%" + canary,
		"kind: " + canary, "apiVersion: " + canary, "kind: Config\napiVersion: " + canary + "/v9",
		canary, "- " + canary, `{"users": "` + canary, "<<: " + canary, "a: &a [*a, " + canary + "]",
		canary + ": " + canary + ": " + canary,
		"contexts: [{name: c, context: {cluster: c, user: u}}]\ncurrent-context: [" + canary + "]",
	} {
		r := kube.New(kube.Options{Kubeconfig: writeFile(t, text, 0o600, t.TempDir(), "config"), Env: []string{}})
		_, err := r.Contexts()
		_, _, currentErr := r.CurrentContext()
		_, pinErr := r.Pinned("c", "")
		obs, resolveErr := r.Resolve(t.Context(), cluster.Request{Name: "c", Connection: cluster.ClusterConnection{Kubernetes: &cluster.KubernetesClusterConnection{Context: "c"}}})
		r.Close()
		for _, all := range []string{chain(err), chain(currentErr), chain(pinErr), chain(resolveErr), fmt.Sprintf("%+v", obs)} {
			if leak := spilled(all); leak != "" {
				t.Errorf("%q: …%s…", text, leak)
			}
		}
	}
}

// Errors show no secret, however far they are taken apart.
func TestSecretsOfErrors(t *testing.T) {
	config := leaky(t)
	r := kube.New(kube.Options{Kubeconfig: writeConfig(t, config), Env: []string{}})
	defer r.Close()
	for _, name := range slices.Sorted(maps.Keys(config.Contexts)) {
		if _, err := r.Pinned(name, ""); err != nil && spilled(chain(err)) != "" {
			t.Errorf("%s: …%s…", name, spilled(chain(err)))
		}
	}
	// The kubeconfig of one context holds its secrets, or the others are no test.
	pinned, err := r.Pinned("refused by token", "")
	if err != nil || spilled(string(pinned)) == "" {
		t.Errorf("%v: %s", err, pinned)
	}
	if _, err := clientcmd.Load(pinned); err != nil {
		t.Error(err)
	}
}

// chain is an error in every verb, with all that it wraps.
func chain(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%v %+v %#v %q", err, err, err, err)
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		for _, inner := range several.Unwrap() {
			text += chain(inner)
		}
		return text
	}
	return text + chain(errors.Unwrap(err))
}
