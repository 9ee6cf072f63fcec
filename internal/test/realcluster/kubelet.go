package realcluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/sextant-dev/sextant/internal/test/certs"
	"github.com/sextant-dev/sextant/internal/test/realcluster/kubeconfig"
)

// Kubelet is a node that really runs pods: those that name it in
// spec.nodeName, with hostNetwork and automountServiceAccountToken: false.
// Images come from the Site's registry as localhost:PORT/… or SecondName/….
type Kubelet struct {
	*Server
	// Node is its name.
	Node string
	// PodLogs is the folder that holds what the containers print, in
	// NAMESPACE_POD_UID/CONTAINER/0.log.
	PodLogs string
}

func startKubelet(at place, api *APIServer, registry *Registry) (*Kubelet, []*Server, error) {
	if runtime.GOOS != "linux" {
		return nil, nil, &MissingError{Part: "a kubelet", Remedy: "run the tests on Linux"}
	}
	if err := needRoot("a kubelet"); err != nil {
		return nil, nil, err
	}
	runtimeDir := at.file("containerd")
	const sandbox = "pause"
	if _, err := registry.pushPause(sandbox, "1"); err != nil {
		return nil, nil, fmt.Errorf("push the sandbox image: %w", err)
	}
	if err := os.Mkdir(runtimeDir, 0o755); err != nil {
		return nil, nil, fmt.Errorf("make a folder for containerd: %w", err)
	}
	containers, socket, err := startContainerd(runtimeDir, registry, registry.Host+"/"+sandbox+":1")
	if err != nil {
		return nil, nil, err
	}
	started := []*Server{containers}

	health, config, err := writeKubeletFiles(at, socket)
	if err != nil {
		return nil, started, err
	}
	file := at.file
	client := api.Context("node", Admin)
	client.User = kubeconfig.User{Name: "kubelet", Pair: at.certs.Kubelet}
	var access kubeconfig.Config
	access.Add(client)
	if err := access.Write(file("kubeconfig")); err != nil {
		return nil, started, err
	}
	kubelet := &Kubelet{Node: certs.NodeName, PodLogs: file("pods")}
	cmd := exec.Command(api.tools.Kubelet, "--config", config, "--kubeconfig", file("kubeconfig"),
		"--root-dir", file("root"), "--cert-dir", file("pki"), "--hostname-override", kubelet.Node)
	clean := nodeCleaner(kubelet.PodLogs)
	admin, err := httpsClient(at.certs, at.certs.Admin)
	if err != nil {
		return nil, started, err
	}
	healthy := probeHTTP(&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, "http://"+health+"/healthz")
	registered := probeHTTP(admin, api.URL+"/api/v1/nodes/"+kubelet.Node)
	kubelet.Server, err = launch("kubelet of "+api.Name, file("log"), cmd, func(ctx context.Context) error {
		return errors.Join(healthy(ctx), registered(ctx))
	})
	if err != nil {
		return nil, started, err
	}
	kubelet.before, kubelet.after = api.deletePods, clean
	return kubelet, append(started, kubelet.Server), nil
}

// deletePods has the kubelet end every pod and remove its containers, cgroups
// and links, which it does not do when it ends itself.
func (a *APIServer) deletePods() error {
	if _, err := a.kubectl("", "delete", "pods", "--all", "--all-namespaces", "--grace-period=1", "--wait", "--timeout=90s"); err != nil {
		return fmt.Errorf("delete the pods before the kubelet ends: %w", err)
	}
	return nil
}

// nodeCleaner looks at the machine before a kubelet starts and returns what
// removes the traces of that kubelet outside its folder: links to the logs of
// containers, and the cgroup above all pods if nobody else's was there.
func nodeCleaner(podLogs string) (clean func() error) {
	const cgroups = "/sys/fs/cgroup/*/kubepods"
	before, _ := filepath.Glob(cgroups) // the pattern is well formed
	return func() error {
		var errs []error
		links, _ := filepath.Glob("/var/log/containers/*.log")
		for _, link := range links {
			if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, podLogs) {
				errs = append(errs, os.Remove(link))
			}
		}
		after, _ := filepath.Glob(cgroups)
		for _, top := range after {
			if !slices.Contains(before, top) {
				errs = append(errs, removeFolders(top))
			}
		}
		return errors.Join(errs...)
	}
}

// removeFolders removes a cgroup and those in it. The files in a cgroup are not
// removed by anybody.
func removeFolders(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("remove a cgroup: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			if err := removeFolders(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove a cgroup: %w", err)
	}
	return nil
}

// writeKubeletFiles returns the address of the kubelet's health and the path of
// its configuration.
func writeKubeletFiles(at place, socket string) (health, config string, err error) {
	port, err := freePort()
	if err != nil {
		return "", "", err
	}
	healthPort, err := freePort()
	if err != nil {
		return "", "", err
	}
	ca, config := at.file("ca.crt"), at.file("config.yaml")
	text := fmt.Sprintf(kubeletConfig, port, healthPort, socket, ca, at.file("pods"))
	if err := errors.Join(os.WriteFile(ca, at.certs.CA.PEM, 0o600), os.WriteFile(config, []byte(text), 0o600)); err != nil {
		return "", "", fmt.Errorf("write what the kubelet reads: %w", err)
	}
	return fmt.Sprintf("127.0.0.1:%d", healthPort), config, nil
}

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: %d
healthzBindAddress: 127.0.0.1
healthzPort: %d
containerRuntimeEndpoint: unix://%s
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: %q}}
authorization: {mode: Webhook}
podLogsDir: %q
failSwapOn: false
failCgroupV1: false
cgroupDriver: cgroupfs
cgroupRoot: /
enforceNodeAllocatable: []
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
nodeStatusUpdateFrequency: 2s
syncFrequency: 2s
registryPullQPS: 0
serializeImagePulls: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 10Mi, nodefs.available: "0%%", nodefs.inodesFree: "0%%", imagefs.available: "0%%"}
`
