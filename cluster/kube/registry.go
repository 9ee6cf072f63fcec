package kube

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/internal/wire"
)

// A discovery is one way in which a cluster advertises a registry. To support
// another, add a row to discoveries, its case to TestRegistry, and its row to
// docs/resolution.md.
type discovery struct {
	// source is the value of status.registrySource.
	source string
	// product is the only product to ask, "" for every one.
	product string
	// path is what is asked for.
	path string
	// read returns the registry that the answer advertises, nil for none. It
	// need not be valid.
	read func(answer) (*cluster.RegistryHosting, error)
}

const (
	hostingPath  = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
	microK8sPath = "/api/v1/namespaces/container-registry/services/registry"
)

// discoveries are all of them, the first having precedence.
var discoveries = []discovery{
	{source: cluster.SourceConfigMap, path: hostingPath, read: readConfigMap},
	{source: cluster.SourceMicroK8s, product: cluster.ProductMicroK8s, path: microK8sPath, read: readNodePort},
	{source: cluster.SourceNodeAnnotation, path: nodesPath, read: readNodeAnnotations},
}

// discoveriesFor returns those that apply to a product.
func discoveriesFor(product string) []discovery {
	var out []discovery
	for _, d := range discoveries {
		if d.product == "" || d.product == product {
			out = append(out, d)
		}
	}
	return out
}

// hostingKey is the key and the version of the format, from KEP-1755, "A
// Standard for Communicating a Local Registry".
const (
	hostingPrefix = "localRegistryHosting."
	hostingKey    = hostingPrefix + "v1"
)

// readConfigMap reads the ConfigMap of KEP-1755.
func readConfigMap(a answer) (*cluster.RegistryHosting, error) {
	var m struct {
		object
		Data       map[string]string          `json:"data"`
		BinaryData map[string]json.RawMessage `json:"binaryData"`
	}
	if err := wire.DecodeJSON(a.body, &m); err != nil || !m.is("ConfigMap", hostingPath) {
		return nil, &answerError{hostingPath, "no ConfigMap"}
	}
	if text, ok := m.Data[hostingKey]; ok {
		return readHosting(text)
	}
	if _, ok := m.BinaryData[hostingKey]; ok {
		return nil, &invalidError{fmt.Errorf("it has %q as bytes", hostingKey)}
	}
	for _, key := range slices.Sorted(maps.Keys(m.Data)) {
		if len(key) >= len(hostingPrefix) && strings.EqualFold(key[:len(hostingPrefix)], hostingPrefix) {
			return nil, &invalidError{fmt.Errorf("it has %q, and of the versions of KEP-1755 only %s is understood", key, hostingKey)}
		}
	}
	return nil, nil
}

// object is what every object has.
type object struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
}

// is reports whether o is the object of a kind that has this path. One without a
// name may be.
func (o *object) is(kind, path string) bool {
	parts := strings.Split(path, "/") // "", api, v1, namespaces, NAMESPACE, RESOURCE, NAME
	return o.Kind == kind && (o.Metadata.Name == "" || o.Metadata.Name == parts[6]) &&
		(o.Metadata.Namespace == "" || o.Metadata.Namespace == parts[4])
}

// maxHosting is how long the value of [hostingKey] may be: comparing every key of a
// mapping with every other, as a YAML parser does, takes seconds for 128 KiB.
const maxHosting = 8 << 10

// readHosting reads the value of [hostingKey]. The format may grow fields, so
// unknown ones are ignored, but for a known one in another case. It has no singleName:
// that one is only ever declared.
func readHosting(text string) (*cluster.RegistryHosting, error) {
	if len(text) > maxHosting {
		return nil, &invalidError{fmt.Errorf("%s has more than %d KiB", hostingKey, maxHosting>>10)}
	}
	// A duplicate key or a second document is an error: it is not for us to
	// choose one.
	documents := yaml.NewDecoder(strings.NewReader(text))
	var fields map[string]any
	err := documents.Decode(&fields)
	if err == nil {
		err = documents.Decode(new(any))
	}
	valid := err == io.EOF
	var hosting cluster.RegistryHosting
	known := map[string]*string{
		"host":                     &hosting.Host,
		"hostFromClusterNetwork":   &hosting.HostFromClusterNetwork,
		"hostFromContainerRuntime": &hosting.HostFromContainerRuntime,
		"help":                     &hosting.Help,
	}
	for name, to := range known {
		var isString bool
		*to, isString = fields[name].(string)
		valid = valid && (isString || fields[name] == nil)
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		for name := range known {
			if field != name && strings.EqualFold(field, name) { // some readers would take it
				return nil, &invalidError{fmt.Errorf("%s has %q in place of %q", hostingKey, field, name)}
			}
		}
	}
	if !valid {
		return nil, &invalidError{fmt.Errorf("%s is not YAML with the fields of KEP-1755", hostingKey)}
	}
	return &hosting, nil
}

// readNodePort reads the Service of the MicroK8s registry add-on, which the nodes
// serve on a port of their own: https://microk8s.io/docs/registry-built-in.
func readNodePort(a answer) (*cluster.RegistryHosting, error) {
	var s struct {
		object
		Spec struct {
			Ports []struct {
				NodePort int32 `json:"nodePort"`
			} `json:"ports"`
		} `json:"spec"`
	}
	if err := wire.DecodeJSON(a.body, &s); err != nil || !s.is("Service", microK8sPath) {
		return nil, &answerError{microK8sPath, "no Service"}
	}
	var found int32
	for _, p := range s.Spec.Ports {
		switch {
		case p.NodePort == 0 || p.NodePort == found:
		case found != 0:
			return nil, &invalidError{fmt.Errorf("the Service has two node ports, %d and %d", found, p.NodePort)}
		case p.NodePort < 0 || p.NodePort > math.MaxUint16:
			return nil, &invalidError{fmt.Errorf("%d is not a node port", p.NodePort)}
		default:
			found = p.NodePort
		}
	}
	if found == 0 {
		return nil, nil
	}
	return &cluster.RegistryHosting{Host: fmt.Sprintf("localhost:%d", found)}, nil
}

// readNodeAnnotations reads the registry that the nodes' annotations name: Tilt's
// own pair, else the one that kind's documentation had before KEP-1755. Nodes
// that name different ones are no answer.
func readNodeAnnotations(a answer) (*cluster.RegistryHosting, error) {
	for _, keys := range [][2]string{
		{"tilt.dev/registry", "tilt.dev/registry-from-cluster"},
		{"kind.x-k8s.io/registry", ""},
	} {
		var found *cluster.RegistryHosting
		for _, node := range a.nodes {
			annotations := node.Metadata.Annotations
			hosting := cluster.RegistryHosting{Host: annotations[keys[0]], HostFromContainerRuntime: annotations[keys[1]]}
			switch {
			case hosting.Host == "" && hosting.HostFromContainerRuntime != "":
				return nil, &invalidError{fmt.Errorf("a node has the annotation %s, and not %s", keys[1], keys[0])}
			case hosting.Host == "":
			case found == nil:
				found = &hosting
			case hosting != *found:
				return nil, &invalidError{fmt.Errorf("the registry of %s differs between the nodes", keys[0])}
			}
		}
		if found != nil {
			return found, nil
		}
	}
	return nil, nil
}

// invalidError is a registry that was found and cannot be used.
type invalidError struct{ cause error }

func (e *invalidError) Error() string { return e.cause.Error() }
func (e *invalidError) Unwrap() error { return e.cause }

// registry puts into s the registry of the first source that advertises one. A
// source that is not there, or that this user may not read, advertises none. One
// that could not be asked, or whose registry is invalid, makes the registry
// unknown: it may be the true one, and a wrong name is worse than no name.
func (a *answers) registry(s *cluster.ClusterStatus) {
	s.RegistrySource = cluster.SourceNone
	for i, d := range a.discoveries {
		got := a.registries[i]
		switch ownStatus(got.err) {
		case http.StatusNotFound:
			continue
		case http.StatusForbidden:
			if d.path != nodesPath { // that one is status.archReason
				s.RegistryReason = cluster.ReasonForbidden
			}
			continue
		}
		hosting, reason := d.outcome(got)
		switch {
		case reason != "":
			s.RegistrySource, s.RegistryReason = cluster.SourceUnknown, reason
			return
		case hosting == nil:
		case onlyHelp(hosting):
			s.RegistryReason = cluster.ReasonHelp + hosting.Help
		default:
			s.Registry, s.RegistrySource = hosting, d.source
			if s.RegistryReason != cluster.ReasonForbidden {
				s.RegistryReason = ""
			}
			return
		}
	}
}

// outcome returns the registry that an answer advertises, nil for none, or why it
// is unknown.
func (d *discovery) outcome(got answer) (hosting *cluster.RegistryHosting, reason string) {
	err := got.err
	if err == nil {
		hosting, err = d.read(got)
	}
	if err == nil && hosting != nil && !onlyHelp(hosting) {
		if errs := hosting.Validate(nil); len(errs) > 0 {
			err = &invalidError{cluster.Invalid(errs)}
		}
	}
	switch err := err.(type) {
	case nil:
		return hosting, ""
	case *invalidError:
		return nil, cluster.ReasonInvalid + d.source + ": " + err.Error()
	default:
		return nil, cluster.ReasonUnreadable + err.Error()
	}
}

// onlyHelp reports whether a cluster advertises no registry but how to set one up.
func onlyHelp(r *cluster.RegistryHosting) bool {
	return r.Host == "" && r.HostFromClusterNetwork == "" && r.HostFromContainerRuntime == "" && r.Help != ""
}
