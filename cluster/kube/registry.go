package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"sigs.k8s.io/yaml"

	"github.com/sextant-dev/sextant/cluster"
)

// An advert is a registry as one source has it, before it is validated.
type advert struct {
	source   string
	registry cluster.RegistryHosting
	// err is set where the text cannot be read as a registry.
	err error
}

// advertKey is the key and the version of the format, from KEP-1755, "A
// Standard for Communicating a Local Registry".
const advertKey = "localRegistryHosting.v1"

// configMap asks for the ConfigMap of KEP-1755.
func (c *client) configMap(ctx context.Context) (*advert, error) {
	const path = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
	body, err := c.get(ctx, path, acceptJSON)
	if err != nil {
		return nil, notFoundIsNone(err)
	}
	var m struct {
		Kind string            `json:"kind"`
		Data map[string]string `json:"data"`
	}
	if err := json.Unmarshal(body, &m); err != nil || m.Kind != "ConfigMap" {
		return nil, &answerError{path, "no ConfigMap"}
	}
	text, ok := m.Data[advertKey]
	if !ok {
		return nil, nil
	}
	return readHosting(text), nil
}

// readHosting reads the text of KEP-1755. The format may grow fields, so unknown
// ones are no error. It has no singleName: that one is only ever declared.
func readHosting(text string) *advert {
	a := &advert{source: cluster.SourceConfigMap}
	var hosting struct {
		Host                     string `json:"host"`
		HostFromClusterNetwork   string `json:"hostFromClusterNetwork"`
		HostFromContainerRuntime string `json:"hostFromContainerRuntime"`
		Help                     string `json:"help"`
	}
	if err := yaml.Unmarshal([]byte(text), &hosting); err != nil {
		a.err = fmt.Errorf("%s is not YAML with the fields of KEP-1755", advertKey)
		return a
	}
	a.registry = cluster.RegistryHosting{
		Host:                     hosting.Host,
		HostFromClusterNetwork:   hosting.HostFromClusterNetwork,
		HostFromContainerRuntime: hosting.HostFromContainerRuntime,
		Help:                     hosting.Help,
	}
	return a
}

// nodePort asks for the Service of the MicroK8s registry add-on, which the
// nodes serve on a port of their own: https://microk8s.io/docs/registry-built-in.
func (c *client) nodePort(ctx context.Context) (*advert, error) {
	const path = "/api/v1/namespaces/container-registry/services/registry"
	body, err := c.get(ctx, path, acceptJSON)
	if err != nil {
		return nil, notFoundIsNone(err)
	}
	var s struct {
		Kind string `json:"kind"`
		Spec struct {
			Ports []struct {
				NodePort int32 `json:"nodePort"`
			} `json:"ports"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(body, &s); err != nil || s.Kind != "Service" {
		return nil, &answerError{path, "no Service"}
	}
	for _, p := range s.Spec.Ports {
		if p.NodePort != 0 {
			host := fmt.Sprintf("localhost:%d", p.NodePort)
			return &advert{source: cluster.SourceMicroK8s, registry: cluster.RegistryHosting{Host: host}}, nil
		}
	}
	return nil, nil
}

// advert is the registry that a node's annotations name: Tilt's own pair, else
// the one that kind's documentation had before KEP-1755.
func (n nodes) advert() *advert {
	if host, others := n.annotation("tilt.dev/registry"); host != "" {
		return &advert{source: cluster.SourceNodeAnnotation, registry: cluster.RegistryHosting{
			Host: host, HostFromContainerRuntime: others["tilt.dev/registry-from-cluster"],
		}}
	}
	if host, _ := n.annotation("kind.x-k8s.io/registry"); host != "" {
		return &advert{source: cluster.SourceNodeAnnotation, registry: cluster.RegistryHosting{Host: host}}
	}
	return nil
}

func notFoundIsNone(err error) error {
	if status(err) == http.StatusNotFound {
		return nil
	}
	return err
}

// registry puts the first usable registry into obs: the ConfigMap's, the
// MicroK8s add-on's, a node's. One that cannot be used counts as none, and an
// reason says why. One that could not be asked for ends the search: it may
// be the true one, and a wrong name is worse than none.
func (a *answers) registry(obs *cluster.Observation) {
	obs.Status.RegistrySource = cluster.SourceNone
	var reason string
	for _, found := range []struct {
		advert *advert
		err    error
	}{
		{a.advert, a.advertErr},
		{a.nodePort, a.nodePortErr},
		{a.nodes.advert(), nil}, // the architecture already says where nodes are unreadable
	} {
		if found.err != nil && status(found.err) != http.StatusForbidden {
			reason = cluster.ReasonUnreadable + found.err.Error()
			break
		}
		why := found.advert.unusable()
		if found.advert != nil && why == "" {
			obs.Status.Registry = &found.advert.registry
			obs.Status.RegistrySource = found.advert.source
			break
		}
		if found.err != nil {
			why = cluster.ReasonForbidden
		}
		if reason == "" {
			reason = why
		}
	}
	if reason != "" {
		obs.Status.RegistryReason = reason
	}
}

// unusable says why an advertised registry is not used, "" where it is, or
// where none is advertised.
func (a *advert) unusable() string {
	if a == nil {
		return ""
	}
	r := a.registry
	if a.err == nil && r.Host == "" && r.HostFromClusterNetwork == "" && r.HostFromContainerRuntime == "" && r.Help != "" {
		return cluster.ReasonHelp + r.Help
	}
	err := a.err
	if errs := r.Validate(nil); err == nil && len(errs) > 0 {
		err = cluster.Invalid(errs)
	}
	if err == nil {
		return ""
	}
	return cluster.ReasonInvalid + a.source + ": " + err.Error()
}
