package manifest_test

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// onlyNginx puts nginx at tag v9 of a registry, and matches nothing else.
func onlyNginx(found *manifest.Image) (string, bool, error) {
	name, _, _ := strings.Cut(strings.TrimPrefix(found.Text, "reg/"), ":")
	return "reg/nginx:v9", name == "nginx", nil
}

// rewrites holds what an image becomes, or else the error. After an error there is no
// plan.
func rewrites(t *testing.T, in string, opts manifest.Options, out, fault string) *manifest.Plan {
	t.Helper()
	got, plan, err := manifest.Rewrite([]byte(in), opts)
	switch {
	case fault != "":
		if err == nil || err.Error() != fault {
			t.Errorf("got %v, want %s", err, fault)
		}
		return nil
	case err != nil:
		t.Fatal(err)
	case string(got) != out:
		t.Errorf("got\n%s\nwant\n%s", got, out)
	}
	return plan
}

// TestSharedScalars: what containers and images share by anchors, aliases and
// merges changes for those that match, or it is said for whom else.
func TestSharedScalars(t *testing.T) {
	const object = "kind: Foo\nimages:\n"
	locators := mustLocators(
		manifest.Locator{Kind: "Foo", Object: &manifest.ImageObject{Path: "{.images[*]}", RepoField: "repository", TagField: "tag"}},
		manifest.Locator{Kind: "Foo", Paths: []string{"{.spec.image}", "{.spec.deep.image}"}},
	)
	for _, tc := range []struct {
		name, in, out, warning, err string
	}{
		{
			name: "a policy that a merge brings stays its own",
			in:   "containers:\n- &c\n  image: keep\n  imagePullPolicy: Always\n- <<: *c\n  image: nginx\n",
			out:  "containers:\n- &c\n  image: keep\n  imagePullPolicy: Always\n- <<: *c\n  image: reg/nginx:v9\n  imagePullPolicy: Never\n",
		},
		{
			name: "an alias of a policy",
			in:   "containers:\n- image: keep\n  imagePullPolicy: &p Always\n- image: nginx\n  imagePullPolicy: *p # why\n",
			out:  "containers:\n- image: keep\n  imagePullPolicy: &p Always\n- image: reg/nginx:v9\n  imagePullPolicy: Never # why\n",
		},
		{
			name:    "an anchor of a policy",
			in:      "containers:\n- image: nginx\n  imagePullPolicy: &p Always\n- image: keep\n  imagePullPolicy: *p\n",
			out:     "containers:\n- image: reg/nginx:v9\n  imagePullPolicy: &p Never\n- image: keep\n  imagePullPolicy: *p\n",
			warning: "m:5:20: imagePullPolicy changes here too: it is shared with the container in line 2",
		},
		{
			name:    "a container that is merged",
			in:      "containers:\n- &c\n  image: nginx\n- <<: *c\n  image: keep\n",
			out:     "containers:\n- &c\n  image: reg/nginx:v9\n  imagePullPolicy: Never\n- <<: *c\n  image: keep\n",
			warning: "m:4:7: imagePullPolicy changes here too",
		},
		{
			name:    "a container that is merged in a list",
			in:      "containers:\n- &c\n  image: nginx\n- <<: [*c]\n  image: keep\n",
			out:     "containers:\n- &c\n  image: reg/nginx:v9\n  imagePullPolicy: Never\n- <<: [*c]\n  image: keep\n",
			warning: "m:4:8: imagePullPolicy changes here too",
		},
		{
			name: "one that is merged and has a policy of its own",
			in:   "containers:\n- &c\n  image: nginx\n- <<: *c\n  image: keep\n  imagePullPolicy: Always\n",
			out:  "containers:\n- &c\n  image: reg/nginx:v9\n  imagePullPolicy: Never\n- <<: *c\n  image: keep\n  imagePullPolicy: Always\n",
		},
		{
			name: "flow mappings with properties",
			in:   "containers:\n- &c {image: nginx}\n- !!map {image: nginx}\n- &d\n  {\n  image: nginx}\n",
			out: "containers:\n- &c {image: reg/nginx:v9, imagePullPolicy: Never}\n- !!map {image: reg/nginx:v9, imagePullPolicy: Never}\n" +
				"- &d\n  {\n  image: reg/nginx:v9,\n  imagePullPolicy: Never}\n",
		},
		{
			name: "tags that are null",
			in:   object + "- {repository: nginx, tag: null}\n- {repository: nginx, tag: ~}\n- {repository: nginx, tag: NULL}\n- {repository: nginx, tag: }\n- {repository: keep, tag: ~}\n",
			out:  object + "- {repository: reg/nginx, tag: v9}\n- {repository: reg/nginx, tag: v9}\n- {repository: reg/nginx, tag: v9}\n- {repository: reg/nginx, tag: v9 }\n- {repository: keep, tag: ~}\n",
		},
		{
			name:    "a shared repository, two tags",
			in:      object + "- {repository: &r nginx, tag: v1}\n- {repository: *r, tag: v2}\n",
			out:     object + "- {repository: &r reg/nginx, tag: v9}\n- {repository: *r, tag: v9}\n",
			warning: "image \"nginx:v2\" is shared",
		},
		{
			name:    "a merged repository, two tags",
			in:      object + "- &i {repository: nginx, tag: v1}\n- {<<: *i, tag: v2}\n",
			out:     object + "- &i {repository: reg/nginx, tag: v9}\n- {<<: *i, tag: v9}\n",
			warning: "image \"nginx:v2\" is shared",
		},
		{
			name:    "a merged image",
			in:      object + "- &i {repository: nginx, tag: v1}\n- {<<: *i, other: 2}\n",
			out:     object + "- &i {repository: reg/nginx, tag: v9}\n- {<<: *i, other: 2}\n",
			warning: "image \"nginx:v1\" is shared",
		},
		{
			name: "a tag shared with an image that does not match",
			in:   object + "- {repository: nginx, tag: &t v1}\n- {repository: keep, tag: *t}\n",
			err:  `m:4:27: images share "v1" through an alias, and it would become "v9" for one and "v1" for another: write it out for each`,
		},
		{
			name: "a tag that all share and none changes",
			in:   object + "- {repository: a, tag: &t v1}\n- {repository: keep, tag: *t}\n",
			out:  object + "- {repository: a, tag: &t v1}\n- {repository: keep, tag: *t}\n",
		},
		{
			name:    "an image with a tag that makes it no string",
			in:      "containers:\n- image: !!st2 nginx\n- image: !!str nginx\n- image: !!int 1\n",
			out:     "containers:\n- image: !!st2 nginx\n- image: !!str reg/nginx:v9\n  imagePullPolicy: Never\n- image: !!int 1\n",
			warning: `m:2:16: image "nginx" has a tag that makes it no string to YAML: left alone`,
		},
		{
			name: "a tag field that is missing",
			in:   object + "- repository: nginx # why\n  other: 1\n- {repository: nginx}\n- {\"repository\":\"nginx\"}\n- repository: keep\n",
			out: object + "- repository: reg/nginx # why\n  tag: v9\n  other: 1\n- {repository: reg/nginx, tag: v9}\n- {\"repository\":\"reg/nginx\", \"tag\": \"v9\"}\n" +
				"- repository: keep\n",
		},
		{
			name:    "a locator through a merge",
			in:      "x: &b {image: nginx}\nkind: Foo\nspec: {<<: *b}\n",
			out:     "x: &b {image: reg/nginx:v9}\nkind: Foo\nspec: {<<: *b}\n",
			warning: "m:3:12: image \"nginx\" is shared",
		},
		{
			name:    "an image with an alias that is none",
			in:      "containers:\n- image: &i nginx\n  env: [{name: I, value: *i}]\n- image: *i\n",
			out:     "containers:\n- image: &i reg/nginx:v9\n  imagePullPolicy: Never\n  env: [{name: I, value: *i}]\n- image: *i\n  imagePullPolicy: Never\n",
			warning: "m:3:26: this changes too: it is an alias of the image in line 2; write it out if that is not meant",
		},
		{
			name: "an image that stays, with an alias that is none",
			in:   "containers:\n- image: &i keep\n  env: [{name: I, value: *i}]\n",
			out:  "containers:\n- image: &i keep\n  env: [{name: I, value: *i}]\n",
		},
		{
			name:    "a tag with an alias that is none",
			in:      object + "- {repository: nginx, tag: &t v1}\nversion: *t\n",
			out:     object + "- {repository: reg/nginx, tag: &t v9}\nversion: *t\n",
			warning: "m:4:10: this changes too: it is an alias of the image in line 3",
		},
		{
			name: "a merge that is written out",
			in:   "containers:\n- <<: {image: nginx}\n  name: c\n- <<: [{image: nginx}, {image: other}]\n",
			out:  "containers:\n- <<: {image: reg/nginx:v9, imagePullPolicy: Never}\n  name: c\n- <<: [{image: reg/nginx:v9, imagePullPolicy: Never}, {image: other}]\n",
		},
		{
			name: "a merge behind an image",
			in:   "x: &b {image: keep}\ncontainers:\n- image: nginx\n  <<: *b\n",
			err:  `m:3:10: a merge key (<<) behind this image brings "keep", which counts to kubectl and not to others: write the merge key first`,
		},
		{
			name: "a merge of the image that matches, behind one that does not",
			in:   "containers:\n- {image: keep, <<: {image: nginx}}\n",
			err:  `m:2:11: a merge key (<<) behind this image brings "nginx", which counts to kubectl and not to others: write the merge key first`,
		},
		{
			name: "a merge behind an image, and none matches",
			in:   "containers:\n- {image: keep, <<: {image: other}}\n",
			out:  "containers:\n- {image: keep, <<: {image: other}}\n",
		},
		{
			name: "a merge of other fields behind an image",
			in:   "containers:\n- {image: nginx, <<: {name: c}}\n",
			out:  "containers:\n- {image: reg/nginx:v9, imagePullPolicy: Never, <<: {name: c}}\n",
		},
		{
			name: "a merge behind the image of a compose file",
			in:   "x: &b {image: keep}\nservices:\n  web:\n    image: nginx\n    <<: *b\n",
			out:  "x: &b {image: keep}\nservices:\n  web:\n    image: reg/nginx:v9\n    <<: *b\n",
		},
		{
			name: "a merge behind a repository",
			in:   object + "- {repository: nginx, tag: v1, <<: {repository: keep}}\n",
			err:  `m:3:16: a merge key (<<) behind this image brings "keep", which counts to kubectl and not to others: write the merge key first`,
		},
		{
			name: "a tag beside a field that counts in its place",
			in:   "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: {baseImage: nginx, tag: v1, sha: abc}\n",
			err:  `m:3:19: image reg/nginx:v9 has another tag, and the field "sha" counts in place of the tag: remove it`,
		},
		{
			name: "an alias as a key",
			in:   "x: &k image\ncontainers:\n- *k : nginx\n  name: c\n",
			out:  "x: &k image\ncontainers:\n- *k : reg/nginx:v9\n  imagePullPolicy: Never\n  name: c\n",
		},
		{
			name: "a duplicate key that is an alias",
			in:   "containers:\n- &k image: nginx\n  *k : nginx\n",
			err:  `m:3:3: duplicate key "image", first on line 2: remove one`,
		},
		{
			name:    "a locator through an alias on the way",
			in:      "x: &b {image: nginx}\nkind: Foo\nspec: {deep: *b}\n",
			out:     "x: &b {image: reg/nginx:v9}\nkind: Foo\nspec: {deep: *b}\n",
			warning: "m:3:14: image \"nginx\" is shared",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			opts := manifest.Options{File: "m", Locators: locators, Replace: onlyNginx, PullPolicy: manifest.PullNever}
			plan := rewrites(t, tc.in, opts, tc.out, tc.err)
			if plan == nil {
				return
			}
			var warnings []string
			for _, w := range plan.Warnings {
				warnings = append(warnings, w.String())
			}
			if all := strings.Join(warnings, "\n"); tc.warning == "" && all != "" || !strings.Contains(all, tc.warning) {
				t.Errorf("warnings %q, want %q", all, tc.warning)
			}
			if rewrites(t, tc.out, opts, tc.out, "").Changed() {
				t.Error("again, it changes something")
			}
		})
	}
}

// TestNoStrings: what YAML takes for a number, a time or a bool is no image, and kept.
func TestNoStrings(t *testing.T) {
	const in = "containers:\n- image: 1:20\n- image: 2001-12-14\n- image: 1.5\n- image: true\n- image: ~\n"
	plan := rewrites(t, in, manifest.Options{File: "m", Replace: flat}, in, "")
	var warnings []string
	for _, w := range plan.Warnings {
		warnings = append(warnings, w.String())
	}
	want := "m:2:10: image 1:20 is not a string to YAML: left alone (write it in quotes)\n" +
		"m:3:10: image 2001-12-14 is not a string to YAML: left alone (write it in quotes)\n" +
		"m:4:10: image 1.5 is not a string to YAML: left alone (write it in quotes)\n" +
		"m:5:10: image true is not a string to YAML: left alone (write it in quotes)"
	if got := strings.Join(warnings, "\n"); got != want {
		t.Errorf("warnings\n%s\nwant\n%s", got, want)
	}
}

// TestEnvIsDecidedApart: a caller may decide otherwise on an env value than on a
// container's image of the same spelling.
func TestEnvIsDecidedApart(t *testing.T) {
	rewrites(t, "containers:\n- image: a/b\n  env: [{name: I, value: a/b}]\n- image: a/b\n", manifest.Options{
		File: "m", Env: true,
		Replace: func(found *manifest.Image) (string, bool, error) {
			return "reg/b", found.Source != manifest.FromEnv, nil
		},
	}, "containers:\n- image: reg/b\n  env: [{name: I, value: a/b}]\n- image: reg/b\n", "")
}

// TestTwoRulesOfOneScalar: where one rule takes for a tag what another takes for an
// image, none of the two is right for certain.
func TestTwoRulesOfOneScalar(t *testing.T) {
	opts := manifest.Options{File: "m", Replace: onlyNginx, Locators: mustLocators(
		manifest.Locator{Kind: "Foo", Object: &manifest.ImageObject{Path: "{.spec}", RepoField: "image", TagField: "tag"}},
		manifest.Locator{Kind: "Foo", Paths: []string{"{.spec.tag}"}},
	)}
	rewrites(t, "kind: Foo\nspec: {image: nginx, tag: nginx}\n", opts, "", "m:2:27: two rules change this string in different ways")
}
