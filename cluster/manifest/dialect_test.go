package manifest_test

import (
	"testing"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

// TestDialects: JSON's own escapes, and the directive of YAML 1.2.
func TestDialects(t *testing.T) {
	for _, tc := range []struct{ name, in, out, err string }{
		{
			name: "a pair of surrogates",
			in:   `{"a":{"note":"\ud83d\uDE80 \u0041\"\\/"},"containers":[{"image":"nginx"}]}`,
			out:  `{"a":{"note":"\ud83d\uDE80 \u0041\"\\/"},"containers":[{"image":"reg/nginx:v9"}]}`,
		},
		{
			name: "escaped slashes",
			in:   `{"containers":[{"image":"reg\/nginx:v1","x":"a\/b"},{"image":"keep\/it"}]}` + "\n",
			out:  `{"containers":[{"image":"reg/nginx:v9","x":"a\/b"},{"image":"keep\/it"}]}` + "\n",
		},
		{
			name: "an escaped key",
			in:   `{"im\u0061ge":1,"\/":2,"~/":3,"containers":[{"im\u0061ge":"nginx"}]}`,
			out:  `{"im\u0061ge":1,"\/":2,"~/":3,"containers":[{"im\u0061ge":"reg/nginx:v9"}]}`,
		},
		{
			name: "keys that only their escapes tell apart",
			in:   `{"\/":1,"/":2}`,
			err:  `m:1:9: duplicate key "/", first on line 1: remove one`,
		},
		{
			name: "several documents, not all JSON",
			in:   "a: 1\n---\n" + `{"containers":[{"image":"nginx","x":"\/"}]}` + "\n---\nb: 2\n",
			out:  "a: 1\n---\n" + `{"containers":[{"image":"reg/nginx:v9","x":"\/"}]}` + "\n---\nb: 2\n",
		},
		{
			name: "an escape that YAML 1.1 lacks in what is no JSON",
			in:   `{containers: [{image: "reg\/nginx"}]}`,
			err:  `m:1:27: broken YAML: found unknown escape character`,
		},
		{
			name: "YAML 1.2",
			in:   "# why\n%YAML  1.2 # so\n---\ncontainers:\n- image: nginx\n",
			out:  "# why\n%YAML  1.2 # so\n---\ncontainers:\n- image: reg/nginx:v9\n",
		},
		{
			name: "YAML 1.2 later",
			in:   "a: 1\n...\n%YAML 1.2\n---\ncontainers:\n- image: nginx\n",
			out:  "a: 1\n...\n%YAML 1.2\n---\ncontainers:\n- image: reg/nginx:v9\n",
		},
		{
			name: "YAML 2",
			in:   "%YAML 2.0\n---\na: 1\n",
			err:  "m:1:1: broken YAML: found incompatible YAML document",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rewrites(t, tc.in, manifest.Options{File: "m", Replace: onlyNginx}, tc.out, tc.err)
		})
	}
}
