package tiltfile_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// behaviour is what Tilt does with a script, one call or a few.
type behaviour struct {
	script string
	// want is what comes of it: "" for a script that ends well, ! and a part of the
	// error, | and what it prints, = and its resources, # and its builds, ? and a part
	// of a warning.
	want string
}

// behaviourFiles are what the scripts of behaviours have beside them.
var behaviourFiles = map[string]string{
	"web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n" +
		"    spec:\n      containers:\n      - {name: web, image: gcr.io/web}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n",
	"db.yaml":   "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {template: {spec: {containers: [{name: db, image: 'postgres:16'}]}}}\n",
	"cm.yaml":   "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: conf}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: lone, namespace: other}\n",
	"crd.yaml":  "apiVersion: runtimes.example.org/v1\nkind: Environment\nmetadata: {name: env}\nspec:\n  runtime: {image: gcr.io/web}\n  builder: {repo: gcr.io/web, tag: v1}\n  count: 3\n",
	"env.yaml":  "apiVersion: v1\nkind: Pod\nmetadata: {name: e}\nspec: {containers: [{name: e, image: alpine, env: [{name: IMG, value: gcr.io/web}]}]}\n",
	"two.yaml":  "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {containers: [{name: c, image: x}]}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: b}\nspec: {containers: [{name: c, image: x}]}\n",
	"list.yaml": "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: one}\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: two}\n",

	"Dockerfile": "FROM alpine\n", "foo/Dockerfile": "FROM gcr.io/base\n", "empty/Dockerfile": "", "comment/Dockerfile": "# nothing\n",
	"foo/main.go": "package main\n", "cyc/a/Dockerfile": "FROM gcr.io/cyc-b\n", "cyc/b/Dockerfile": "FROM gcr.io/cyc-a\n",
	"dc.yaml":      "services:\n  api: {image: gcr.io/api, ports: ['8080:80']}\n  cache: {image: redis, depends_on: [api]}\n",
	"dc2.yaml":     "services:\n  api: {image: gcr.io/api, environment: {A: b}}\n  more: {build: ./foo}\n",
	"lib/Tiltfile": "x = 1\n_y = 2\ndef where():\n    return os.getcwd()\ndef read(p):\n    return str(read_file(p))\n",
	"lib/a.txt":    "lib", "a.txt": "root", "empty.yaml": "", "nulls.yaml": "---\n---\nnull\n---\n# c\n",
	"a.json": `{"a": [1, "b", null, true, 1.5]}`, "bad.json": `{"a"`, "a.yaml": "a: [1, b, null, true, 1.5]\n", "stream.yaml": "a: 1\n---\nb: 2\n",
}

// outcome runs the script and describes what came of it in the form of want.
func (b behaviour) outcome(t *testing.T) (got string, ok bool) {
	t.Helper()
	p := files(b.script)
	for name, text := range behaviourFiles {
		p.files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	o := p.run(t)
	kind, want := "", b.want
	if want != "" {
		kind, want = want[:1], want[1:]
	}
	if o.err != nil {
		return "error: " + o.err.Error(), kind == "!" && strings.Contains(o.err.Error(), want)
	}
	switch kind {
	case "":
		return "", true
	case "!":
		return "no error", false
	case "|":
		got = strings.TrimSuffix(o.said, "\n")
	case "?":
		return "said: " + o.said, strings.Contains(o.said, "warning: ") && strings.Contains(o.said, want)
	case "=":
		got = resourcesOf(o)
	case "#":
		got = buildsOf(o)
	}
	return kind + got, got == want
}

func resourcesOf(o *outcome) string {
	var all []string
	for _, r := range o.Resources() {
		text := r.Name
		if r.Kubernetes != nil {
			var objects []string
			for _, id := range r.Kubernetes.Objects {
				objects = append(objects, id.Name+":"+strings.ToLower(id.Kind))
			}
			text += "[" + strings.Join(objects, " ") + "]"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func buildsOf(o *outcome) string {
	var all []string
	for _, b := range o.Builds() {
		text := b.Ref
		if len(b.DependsOn) > 0 {
			text += "<" + strings.Join(b.DependsOn, ",")
		}
		if len(b.UsedBy) > 0 {
			text += "@" + strings.Join(b.UsedBy, ",")
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// TestBehaviours runs each script on its own.
func TestBehaviours(t *testing.T) {
	for name, all := range behaviours {
		t.Run(name, func(t *testing.T) {
			for _, b := range all {
				if got, ok := b.outcome(t); !ok {
					t.Errorf("%s\n\twant %s\n\tgot  %s", b.script, b.want, got)
				}
			}
		})
	}
}
