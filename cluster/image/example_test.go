package image_test

import (
	"fmt"

	"github.com/sextant-dev/sextant/cluster/image"
	"github.com/sextant-dev/sextant/diag"
)

// A registry that this machine, the cluster's container runtime and pods each
// call by another name.
func ExampleNamer_Names() {
	registry := &image.Registry{
		Host:    "localhost:5000",
		Runtime: "registry:5000",
		Network: "registry.kube-system.svc:5000",
	}
	namer, err := image.NewNamer(registry, image.Flat)
	if err != nil {
		fmt.Println(err)
		return
	}
	names, err := namer.Names(image.Request{Ref: "gcr.io/foo/bar", Tag: "v2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("push", names.Local)
	fmt.Println("pull", names.Cluster)
	fmt.Println("pods", names.Network)
	fmt.Println("rule", names.Rule)
	// Output:
	// push localhost:5000/gcr.io_foo_bar:v2
	// pull registry:5000/gcr.io_foo_bar:v2
	// pods registry.kube-system.svc:5000/gcr.io_foo_bar:v2
	// rule flat
}

// One repository for all images, as on ECR.
func ExampleNamer_Names_singleName() {
	registry := &image.Registry{Host: "123456789012.dkr.ecr.us-east-1.amazonaws.com", SingleName: "team/dev"}
	namer, err := image.NewNamer(registry, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	names, err := namer.Names(image.Request{Ref: "fe", Tag: "abc"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(names.Local)
	// Output: 123456789012.dkr.ecr.us-east-1.amazonaws.com/team/dev:fe-abc
}

// A naming of one's own: a prefix for each developer.
func ExampleFunc() {
	mine := image.Func(func(familiar string) (image.Placement, error) {
		placement, err := image.Flat.Place(mustParse(familiar), 255)
		placement.Path = "jane/" + placement.Path
		return placement, err
	})
	namer, err := image.NewNamer(&image.Registry{Host: "registry.example.com"}, mine)
	if err != nil {
		fmt.Println(err)
		return
	}
	names, err := namer.Names(image.Request{Ref: "gcr.io/foo/bar:v1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(names.Local)
	// Output: registry.example.com/jane/gcr.io_foo_bar:v1
}

// Two images that would overwrite each other.
func ExampleDeclared() {
	namer, err := image.NewNamer(&image.Registry{Host: "registry.example.com"}, image.Flat)
	if err != nil {
		fmt.Println(err)
		return
	}
	var declared image.Declared
	for i, ref := range []string{"a/b", "a_b"} {
		names, err := namer.Names(image.Request{Ref: ref})
		if err != nil {
			fmt.Println(err)
			return
		}
		if err := declared.Add(names, diag.Position{File: "Clusterfile", Line: i + 1, Column: 1}); err != nil {
			fmt.Println(err)
		}
	}
	// Output: images "a/b" (Clusterfile:1:1) and "a_b" (Clusterfile:2:1) both become "registry.example.com/a_b": rename one of them or use the naming "nested" or "hashed"
}

func ExampleNamer_Explain() {
	registry := &image.Registry{Host: "localhost:5000", Runtime: "registry:5000", Source: "configmap"}
	namer, err := image.NewNamer(registry, image.Flat)
	if err != nil {
		fmt.Println(err)
		return
	}
	explanation, err := namer.Explain(image.Request{Ref: "registry:5000/foo"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(explanation.Names.Rule, "by the", explanation.Registry.Source)
	for _, step := range explanation.Steps {
		fmt.Printf("%s: %s -> %s\n", step.Kind, step.Before, step.After)
	}
	// Output:
	// already-here by the configmap
	// normalise: registry:5000/foo -> registry:5000/foo
	// rule: registry:5000/foo -> foo
	// local: foo -> localhost:5000/foo
	// cluster: foo -> registry:5000/foo
}

// A name in a manifest is the one declared, however it is spelt.
func ExampleRef_Match() {
	declared := mustParse("me/foo")
	fmt.Println(declared.Match(mustParse("docker.io/me/foo:v1")))
	fmt.Println(declared.Match(mustParse("gcr.io/me/foo:v1")))
	// Output:
	// true
	// false
}

func mustParse(text string) image.Ref {
	ref, err := image.Parse(text)
	if err != nil {
		panic(err)
	}
	return ref
}
