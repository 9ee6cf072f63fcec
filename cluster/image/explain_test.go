package image

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	advertised := &Registry{Host: "localhost:5000", Runtime: "registry:5000", Network: "registry.svc:5000", Source: "configmap"}
	single := &Registry{Host: "localhost:5000", SingleName: "team/dev", Source: "declared"}
	for _, tt := range []struct {
		name             string
		registry         *Registry
		naming           Naming
		ref, tag, digest string
		rule             Rule
		want             Explanation // Names left out
	}{
		{name: "no registry", ref: "docker.io/library/busybox:1", tag: "2", rule: RuleUnchanged,
			want: Explanation{Naming: RuleFlat, Steps: []Step{
				{Kind: StepNormalise, Before: "docker.io/library/busybox:1", After: "busybox:1"},
				{Kind: StepReplace, Before: "busybox:1", After: "busybox:2"},
				{Kind: StepRule, Before: "busybox:2", After: "busybox:2"},
			}}},
		{name: "naming", registry: advertised, naming: Nested, ref: "gcr.io/foo/bar:v1", rule: RuleNested,
			want: Explanation{Registry: advertised, Naming: RuleNested, Steps: []Step{
				{Kind: StepNormalise, Before: "gcr.io/foo/bar:v1", After: "gcr.io/foo/bar:v1"},
				{Kind: StepRule, Before: "gcr.io/foo/bar:v1", After: "gcr.io/foo/bar:v1"},
				{Kind: StepLocal, Host: "localhost:5000", Before: "gcr.io/foo/bar:v1", After: "localhost:5000/gcr.io/foo/bar:v1"},
				{Kind: StepCluster, Host: "registry:5000", Before: "gcr.io/foo/bar:v1", After: "registry:5000/gcr.io/foo/bar:v1"},
				{Kind: StepNetwork, Host: "registry.svc:5000", Before: "gcr.io/foo/bar:v1", After: "registry.svc:5000/gcr.io/foo/bar:v1"},
			}}},
		{name: "already here", registry: advertised, ref: "registry.svc:5000/foo", rule: RuleAlreadyHere,
			want: Explanation{Registry: advertised, Naming: RuleFlat, Steps: []Step{
				{Kind: StepNormalise, Before: "registry.svc:5000/foo", After: "registry.svc:5000/foo"},
				{Kind: StepRule, Host: "registry.svc:5000", Before: "registry.svc:5000/foo", After: "foo"},
				{Kind: StepLocal, Host: "localhost:5000", Before: "foo", After: "localhost:5000/foo"},
				{Kind: StepCluster, Host: "registry:5000", Before: "foo", After: "registry:5000/foo"},
				{Kind: StepNetwork, Host: "registry.svc:5000", Before: "foo", After: "registry.svc:5000/foo"},
			}}},
		{name: "single name", registry: single, ref: "fe", digest: digest, rule: RuleSingleName,
			want: Explanation{Registry: single, Naming: RuleFlat, Steps: []Step{
				{Kind: StepNormalise, Before: "fe", After: "fe"},
				{Kind: StepReplace, Before: "fe", After: "fe@" + digest},
				{Kind: StepRule, Before: "fe@" + digest, After: "team/dev:fe@" + digest},
				{Kind: StepLocal, Host: "localhost:5000", Before: "team/dev:fe@" + digest, After: "localhost:5000/team/dev:fe@" + digest},
				{Kind: StepCluster, Host: "localhost:5000", Before: "team/dev:fe@" + digest, After: "localhost:5000/team/dev:fe@" + digest},
			}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			namer := mustNamer(t, tt.registry, tt.naming)
			got, err := namer.Explain(tt.ref, tt.tag, tt.digest)
			if err != nil {
				t.Fatal(err)
			}
			if got.Names.Rule != tt.rule {
				t.Errorf("rule %q, want %q", got.Names.Rule, tt.rule)
			}
			tt.want.Names = got.Names // TestNamesProperties compares them with what Names gives
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestExplainError(t *testing.T) {
	_, err := mustNamer(t, flatHost, nil).Explain("Foo", "", "")
	checkFault(t, err, WhatReference, "Foo", "upper-case")
}
