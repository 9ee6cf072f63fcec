package manifest_test

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// TestRules rewrites what rules of each form find.
func TestRules(t *testing.T) {
	always := manifest.Options{PullPolicy: manifest.PullAlways}
	path := func(kind string, paths ...string) manifest.Options {
		return manifest.Options{Locators: mustLocators(manifest.Locator{Kind: kind, Paths: paths})}
	}
	for _, tc := range []struct {
		name, in, out string
		opts          manifest.Options
	}{
		{
			name: "a path into a ConfigMap",
			in:   "apiVersion: v1\nkind: ConfigMap\ndata:\n  image: me/app\n  other: me/app\n  containers: [{image: me/app}]\n",
			out:  "apiVersion: v1\nkind: ConfigMap\ndata:\n  image: localhost:5000/me_app\n  other: me/app\n  containers: [{image: me/app}]\n",
			opts: path("^ConfigMap$", "{.data.image}"),
		},
		{
			name: "a path into a ConfigMap of a list",
			in:   "apiVersion: v1\nkind: ConfigMapList\nitems:\n- data: {image: me/app, other: me/app}\n",
			out:  "apiVersion: v1\nkind: ConfigMapList\nitems:\n- data: {image: localhost:5000/me_app, other: me/app}\n",
			opts: path("^ConfigMap$", "data.image"),
		},
		{
			name: "a path with a recursion, which does not lead into one",
			in:   "apiVersion: v1\nkind: ConfigMap\ndata: {image: me/app}\n",
			out:  "apiVersion: v1\nkind: ConfigMap\ndata: {image: me/app}\n",
			opts: path("", "{..image}", "{.data..image}"),
		},
		{
			name: "a star over lists and mappings",
			in:   "kind: X\nspec:\n  list:\n  - image: a\n  - image: b\n  map: {c: {image: c}}\n",
			out:  "kind: X\nspec:\n  list:\n  - image: localhost:5000/a\n  - image: localhost:5000/b\n  map: {c: {image: localhost:5000/c}}\n",
			opts: path("X", "spec.list.*.image", "spec.map.*.image"),
		},
		{
			name: "a star of a known kind over a list",
			in:   "apiVersion: config.kubeflow.org/v1beta1\nkind: KatibConfig\nruntime:\n  suggestions:\n  - image: a\n",
			out:  "apiVersion: config.kubeflow.org/v1beta1\nkind: KatibConfig\nruntime:\n  suggestions:\n  - image: localhost:5000/a\n",
		},
		{
			name: "the pull policy of image volumes",
			in:   "spec:\n  volumes:\n  - image:\n      reference: a\n      pullPolicy: Never\n  - image: {reference: b}\n  - name: c\n    image:\n      reference: c\n",
			out: "spec:\n  volumes:\n  - image:\n      reference: localhost:5000/a\n      pullPolicy: Always\n  - image: {reference: localhost:5000/b, pullPolicy: Always}\n" +
				"  - name: c\n    image:\n      reference: localhost:5000/c\n      pullPolicy: Always\n",
			opts: always,
		},
		{
			name: "a scheme before the image",
			in:   "apiVersion: cdi.kubevirt.io/v1beta1\nspec: {source: {registry: {url: \"docker://me/disk:1\"}}}\n",
			out:  "apiVersion: cdi.kubevirt.io/v1beta1\nspec: {source: {registry: {url: \"docker://localhost:5000/me_disk:1\"}}}\n",
		},
		{
			name: "a scheme before the repository, a tag elsewhere",
			in:   "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://me/app\n  ref: {tag: v1}\n",
			out:  "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://localhost:5000/me_app\n  ref: {tag: v1}\n",
		},
		{
			name: "a digest that counts in place of the tag, which stays",
			in:   "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://me/app\n  ref: {tag: v1, semver: \"1\", digest: x}\n",
			out:  "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://localhost:5000/me_app\n  ref: {tag: v1, semver: \"1\", digest: x}\n",
		},
		{
			name: "an old name before the image",
			in:   "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {kustomize: {images: [me/a, \"b=me/c:1\"]}}}\n",
			out:  "apiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: {source: {kustomize: {images: [localhost:5000/me_a, \"b=localhost:5000/me_c:1\"]}}}\n",
		},
		{
			name: "a digest in the field of the tag",
			in: "apiVersion: argoproj.io/v1beta1\nkind: ArgoCD\nspec:\n  image: me/argo\n" +
				"  version: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
			out: "apiVersion: argoproj.io/v1beta1\nkind: ArgoCD\nspec:\n  image: localhost:5000/me_argo\n" +
				"  version: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n",
		},
		{
			name: "flags",
			in:   "containers:\n- args: [--image=me/app:1, -i=me/app, --url=http://me/app, --name=app, '--image', 'me/app', --a.b-c=me/x@bad]\n",
			out:  "containers:\n- args: [\"--image=localhost:5000/me_app:1\", \"-i=localhost:5000/me_app\", --url=http://me/app, --name=app, '--image', 'localhost:5000/me_app', --a.b-c=me/x@bad]\n",
			opts: manifest.Options{Env: true},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := tc.opts
			opts.Replace = flat
			if plan := rewrites(t, tc.in, opts, tc.out, ""); len(plan.Warnings) > 0 {
				t.Error(plan.Warnings)
			}
			if rewrites(t, tc.out, opts, tc.out, "").Changed() {
				t.Error("again, it changes something")
			}
		})
	}
}

// TestQualifiedParameters leaves alone, and warns of nothing, where other values than
// images are expected.
func TestQualifiedParameters(t *testing.T) {
	in := "apiVersion: tekton.dev/v1\nspec:\n  params:\n  - {name: image, default: \"$(context.image):x\"}\n  - {name: IMAGES, default: \"a/b, c/d\"}\n"
	if plan := rewrites(t, in, manifest.Options{Replace: flat}, in, ""); len(plan.Warnings) > 0 || strings.Contains(in, "localhost") {
		t.Error(plan.Warnings)
	}
}
