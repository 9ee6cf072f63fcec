package image

import (
	"fmt"
	"slices"
	"strings"
)

// Registry is where the images of one cluster live. The hosts are those of
// KEP-1755 ("Communicating a local registry"); each is the start of a name, as
// [ValidateHost] wants it.
type Registry struct {
	// Host is the registry as seen from this machine. Required.
	Host string
	// Runtime is the registry as seen from the cluster's container runtime,
	// hostFromContainerRuntime. Empty: Host.
	Runtime string
	// Network is the registry as seen from pods, hostFromClusterNetwork.
	// Empty: pods have no name for it.
	Network string
	// SingleName is the one repository under the host that takes every image,
	// each under its own tag. Empty: every image has its own repository.
	SingleName string
	// Source names how the registry was found, for explanations only.
	Source string
}

func (r *Registry) runtime() string {
	if r.Runtime == "" {
		return r.Host
	}
	return r.Runtime
}

// validate checks each field, the hosts in the order of the struct.
func (r *Registry) validate() error {
	for i, host := range []string{r.Host, r.Runtime, r.Network} {
		if i > 0 && host == "" {
			continue
		}
		if err := ValidateHost(host); err != nil {
			return err
		}
	}
	if r.SingleName == "" {
		return nil
	}
	return ValidateSingleName(r.SingleName)
}

// aliases are the hosts of one registry: host/x is the same image under each.
type aliases struct {
	hosts []alias // longest first
	// repeats holds, for each host that lies inside another one, the path
	// between the two, with a slash at its end. With hosts reg and reg/dev,
	// reg/dev/x can be x of the second or dev/x of the first; a rest never
	// begins with a repeat, so that it is always x.
	repeats []string
}

// alias is one host, cut as the references under it are.
type alias struct {
	host   string
	domain string
	prefix string // of the paths under it: empty, or ends in a slash
}

// newAliases takes the hosts of a valid registry.
func newAliases(reg *Registry) aliases {
	var a aliases
	for _, host := range []string{reg.Host, reg.runtime(), reg.Network} {
		if host == "" || slices.ContainsFunc(a.hosts, func(other alias) bool { return other.host == host }) {
			continue
		}
		probe, _ := Parse(host + "/x")
		a.hosts = append(a.hosts, alias{host: host, domain: probe.Domain, prefix: strings.TrimSuffix(probe.Path, "x")})
	}
	slices.SortStableFunc(a.hosts, func(x, y alias) int { return len(y.host) - len(x.host) })
	for _, outer := range a.hosts {
		for _, inner := range a.hosts {
			between, inside := strings.CutPrefix(inner.prefix, outer.prefix)
			if inside && between != "" && inner.domain == outer.domain {
				a.repeats = append(a.repeats, between)
			}
		}
	}
	return a
}

// rest is the path of ref under the host that it is found under.
func (a aliases) rest(ref Ref) (rest, host string, ok bool) {
	for _, alias := range a.hosts {
		if ref.Domain != alias.domain {
			continue
		}
		if rest, ok := strings.CutPrefix(ref.Path, alias.prefix); ok {
			return a.unrepeated(rest), alias.host, true
		}
	}
	return "", "", false
}

// exactly is the host that ref is found under with the given path.
func (a aliases) exactly(ref Ref, path string) (host string, ok bool) {
	for _, alias := range a.hosts {
		if rest, ok := strings.CutPrefix(ref.Path, alias.prefix); ok && rest == path && ref.Domain == alias.domain {
			return alias.host, true
		}
	}
	return "", false
}

// hold reports whether one of the hosts has the domain.
func (a aliases) hold(domain string) bool {
	return slices.ContainsFunc(a.hosts, func(alias alias) bool { return alias.domain == domain })
}

// unrepeated drops every repeat that path begins with.
func (a aliases) unrepeated(path string) string {
	for again := true; again; {
		again = false
		for _, repeat := range a.repeats {
			if rest, ok := strings.CutPrefix(path, repeat); ok {
				path, again = rest, true
			}
		}
	}
	return path
}

// longest is the length of the longest host.
func (a aliases) longest() int { return len(a.hosts[0].host) }

// ValidateHost reports whether host can be put before a path: a registry such
// as localhost:5000 or [::1]:5000, or a place inside one such as gcr.io/foo or
// docker.io/me. The rule is that host + "/x" is a name equal to its normalised
// self, as ParseNamed of github.com/distribution/reference wants it. The error
// is a [*ParseError].
func ValidateHost(host string) error {
	fault := func(reason string) error {
		return &ParseError{What: WhatHost, Text: host, Reason: reason}
	}
	if host == "" {
		return fault("it is empty")
	}
	if reason := urlFault(host); reason != "" {
		return fault(reason)
	}
	if bare := strings.TrimRight(host, "/"); bare != host && bare != "" {
		return fault(fmt.Sprintf("leave out the slash at the end: write %q", bare))
	}
	probe := host + "/x"
	ref, err := Parse(probe)
	if err != nil {
		if _, path, ok := strings.Cut(host, "/"); ok && !strings.HasPrefix(path, "/") && strings.ContainsAny(path, ":@") {
			return fault("it must have no tag and no digest")
		}
		// Some upper-case letters, such as 𝐀, have no lower case.
		if domain, path, ok := strings.Cut(host, "/"); ok {
			if lower := strings.ToLower(path); lower != path && ValidateHost(domain+"/"+lower) == nil {
				return fault(fmt.Sprintf("its path has an upper-case letter: write %q", domain+"/"+lower))
			}
		}
		return fault(err.(*ParseError).Reason)
	}
	switch name := ref.Name(); {
	case name == probe:
		return nil
	case strings.HasPrefix(host, hubLegacyDomain+"/"):
		return fault(fmt.Sprintf("write it as %q", name[:len(name)-len("/x")]))
	case ref.Path == hubNamespace+"x":
		return fault("Docker Hub takes images under an account only, write docker.io/<account>")
	default:
		return fault(fmt.Sprintf("it means %q: a host has a dot or a port, or is localhost", name[:len(name)-len("/x")]))
	}
}

// ValidateSingleName reports whether name can be the one repository that all
// images of a registry go to: a path such as team/dev, without a tag. The
// error is a [*ParseError].
func ValidateSingleName(name string) error {
	fault := func(reason string) error {
		return &ParseError{What: WhatSingleName, Text: name, Reason: reason}
	}
	end, ok := scanPath(name)
	switch {
	case !ok:
		return fault(pathFault(name, name, end))
	case end < len(name):
		return fault("it must have no tag and no digest, each image gets its own tag there")
	case len(name) > maxPath:
		return fault(tooLong("it", len(name), maxPath))
	}
	return nil
}
