package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestFilter(t *testing.T) {
	const crd = "---\nkind: CustomResourceDefinition\nspec: {}\n"
	for in, want := range map[string]string{
		"":                                       "",
		crd:                                      "",
		"a: b\n" + crd + "--- # x\nkind: Pod":    "a: b\n--- # x\nkind: Pod",
		"---\nkind: CustomResourceDefinitions\n": "---\nkind: CustomResourceDefinitions\n",
		"---\n{\"kind\": \"CustomResourceDefinition\"}\n---\na: CustomResourceDefinition": "---\na: CustomResourceDefinition",
	} {
		var out bytes.Buffer
		f := &filter{w: &out}
		if _, err := io.Copy(f, iotest.OneByteReader(strings.NewReader(in))); err != nil {
			t.Fatal(err)
		}
		if err := f.flush(); err != nil || out.String() != want {
			t.Errorf("%q: %q, %v; want %q", in, out.String(), err, want)
		}
	}
}
