package sample

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// WriteVaried writes n documents that differ in kind, order of keys, depth and style:
// block and flow, plain and quoted scalars of one line and of several, comments, literal
// and folded blocks, JSON, anchors and aliases, LF and CRLF. The same n writes the same
// bytes. Every image is one of [Image].
func WriteVaried(w io.Writer, n int) error {
	b := bufio.NewWriterSize(w, 64<<10)
	for i := range n {
		r := rand.New(rand.NewPCG(uint64(i), 2026))
		v := varied{Rand: r, i: i}
		kind := v.pick(variedKinds)
		p := printer{varied: &v, step: 2 + 2*v.IntN(2), quoting: v.IntN(4), flow: v.IntN(4), comments: v.IntN(3)}
		text := ""
		if v.IntN(25) == 0 {
			text = p.json(kind(&v), 0)
		} else {
			text = p.document(kind(&v))
		}
		text = "---\n" + text
		if v.IntN(12) == 0 {
			text = strings.ReplaceAll(text, "\n", "\r\n")
		}
		b.WriteString(text)
	}
	return b.Flush()
}

// varied makes the values of one document.
type varied struct {
	*rand.Rand
	i int
}

// field and the types of values: string, int, bool, prose, literal, []any and []field.
type (
	field struct {
		key   string
		value any
	}
	prose   string // may be over several lines
	literal string // a block
)

func (v *varied) pick(kinds []func(*varied) []field) func(*varied) []field {
	return kinds[v.IntN(len(kinds))]
}

func (v *varied) one(of ...string) string { return of[v.IntN(len(of))] }

// some leaves out fields, and shuffles the rest but for the first keep.
func (v *varied) some(keep int, fields ...field) []field {
	out := fields[:keep:keep]
	for _, f := range fields[keep:] {
		if v.IntN(4) > 0 {
			out = append(out, f)
		}
	}
	rest := out[keep:]
	v.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
	return out
}

func (v *varied) object(apiVersion, kind string, more ...field) []field {
	return append([]field{{"apiVersion", apiVersion}, {"kind", kind}, {"metadata", v.metadata()}}, more...)
}

func (v *varied) metadata() []field {
	return v.some(1,
		field{"name", fmt.Sprintf("%s-%d", v.word(), v.i)},
		field{"namespace", v.one("default", "shop", "team-a", "monitoring")},
		field{"labels", v.labels(1 + v.IntN(5))},
		field{"annotations", v.annotations()},
	)
}

var words = strings.Fields(`web api store cache queue worker proxy metrics gateway billing search index mail audit
	scheduler session token tenant ledger report export import batch stream event hook agent node volume router`)

func (v *varied) word() string { return words[v.IntN(len(words))] }

func (v *varied) labels(n int) []field {
	var out []field
	for i := range n {
		key := []string{"app", "tier", "app.kubernetes.io/name", "app.kubernetes.io/part-of", "helm.sh/chart", "team"}[(i+v.i)%6]
		out = append(out, field{key, v.word()})
	}
	return out
}

func (v *varied) annotations() []field {
	return v.some(0,
		field{"prometheus.io/scrape", "true"},
		field{"prometheus.io/port", fmt.Sprint(9000 + v.IntN(99))},
		field{"description", v.prose(1 + v.IntN(3))},
		field{"checksum/config", fmt.Sprintf("%016x", v.Uint64())},
		field{"example.com/config", literal(v.lines(2 + v.IntN(4)))},
		field{"url", "https://" + v.word() + ".example.com/" + v.word() + "?a=b&c=d#e"},
	)
}

// prose is so many sentences.
func (v *varied) prose(sentences int) prose {
	var b strings.Builder
	for range sentences {
		for i := range 5 + v.IntN(14) {
			word := v.word()
			if i == 0 {
				word = strings.ToUpper(word[:1]) + word[1:]
			} else {
				b.WriteByte(' ')
			}
			b.WriteString(word)
			if v.IntN(30) == 0 {
				b.WriteString(v.one(",", " (é)", " 'so'", " \"it\"", " a/b", ";"))
			}
		}
		b.WriteString(". ")
	}
	return prose(strings.TrimSpace(b.String()))
}

func (v *varied) lines(n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "%s%s = %s: %d # %s\n", strings.Repeat(" ", 2*v.IntN(2)), v.word(), v.word(), v.IntN(1000), v.word())
	}
	return v.word() + "\n" + b.String()
}

func (v *varied) image() string { return Image(v.IntN(Images)) }

func (v *varied) container(name string) []field {
	return v.some(2,
		field{"name", name},
		field{"image", v.image()},
		field{"imagePullPolicy", v.one("Always", "IfNotPresent")},
		field{"command", v.strings(1+v.IntN(3), func() string { return v.one("/bin/", "--", "/usr/") + v.word() })},
		field{"args", v.strings(1+v.IntN(6), func() string { return "--" + v.word() + "=" + v.one("1", "a:b", "x y", "true", "{}") })},
		field{"env", v.env()},
		field{"ports", []any{[]field{{"name", v.word()}, {"containerPort", 1024 + v.IntN(9999)}}}},
		field{"resources", []field{{"requests", []field{{"cpu", "100m"}, {"memory", "64Mi"}}}, {"limits", []field{{"memory", "1Gi"}}}}},
		field{"livenessProbe", []field{{"httpGet", []field{{"path", "/" + v.word()}, {"port", 8080}}}, {"periodSeconds", v.IntN(60)}}},
		field{"securityContext", []field{{"runAsNonRoot", true}, {"capabilities", []field{{"drop", []any{"ALL"}}}}}},
	)
}

func (v *varied) strings(n int, one func() string) []any {
	var out []any
	for range n {
		out = append(out, one())
	}
	return out
}

func (v *varied) env() []any {
	var out []any
	for range 1 + v.IntN(5) {
		e := []field{{"name", strings.ToUpper(v.word())}}
		switch v.IntN(3) {
		case 0:
			e = append(e, field{"valueFrom", []field{{"secretKeyRef", []field{{"name", v.word()}, {"key", "k"}}}}})
		case 1:
			e = append(e, field{"value", v.prose(1)})
		default:
			e = append(e, field{"value", v.one("1", "yes", "a b", "", "http://x:80", "{{x}}")})
		}
		out = append(out, e)
	}
	return out
}

func (v *varied) podSpec() []field {
	var containers []any
	for i := range 1 + v.IntN(3) {
		containers = append(containers, v.container(fmt.Sprint(v.word(), i)))
	}
	return v.some(1,
		field{"containers", containers},
		field{"serviceAccountName", v.word()},
		field{"initContainers", []any{v.container("init")}},
		field{"volumes", []any{[]field{{"name", "a"}, {"emptyDir", []field{}}}, []field{{"name", "b"}, {"image", []field{{"reference", v.image()}}}}}},
		field{"tolerations", []any{[]field{{"key", v.word()}, {"operator", "Exists"}}}},
		field{"nodeSelector", v.labels(2)},
	)
}

func (v *varied) template() []field {
	return []field{{"metadata", []field{{"labels", v.labels(2)}}}, {"spec", v.podSpec()}}
}

func (v *varied) workload(apiVersion, kind string) []field {
	return v.object(apiVersion, kind, field{"spec", v.some(1,
		field{"template", v.template()},
		field{"replicas", v.IntN(9)},
		field{"selector", []field{{"matchLabels", v.labels(2)}}},
	)})
}

// schema is a level of a CustomResourceDefinition.
func (v *varied) schema(depth int) []field {
	s := []field{{"description", v.prose(1 + v.IntN(4))}, {"type", v.one("string", "integer", "boolean")}}
	if depth > 0 {
		var properties []field
		for i := range 2 + v.IntN(5) {
			properties = append(properties, field{fmt.Sprint(v.word(), i), v.schema(depth - 1 - v.IntN(2))})
		}
		s[1].value = "object"
		s = append(s, field{"properties", properties})
	}
	return s
}

// variedKinds has the frequent ones more than once.
var variedKinds = []func(*varied) []field{
	func(v *varied) []field { return v.workload("apps/v1", "Deployment") },
	func(v *varied) []field { return v.workload("apps/v1", "Deployment") },
	func(v *varied) []field { return v.workload("apps/v1", "StatefulSet") },
	func(v *varied) []field { return v.workload("apps/v1", "DaemonSet") },
	func(v *varied) []field { return v.workload("batch/v1", "Job") },
	func(v *varied) []field { return v.workload("argoproj.io/v1alpha1", "Rollout") },
	func(v *varied) []field { return v.workload("serving.knative.dev/v1", "Service") },
	func(v *varied) []field { return v.object("v1", "Pod", field{"spec", v.podSpec()}) },
	func(v *varied) []field {
		return v.object("batch/v1", "CronJob", field{"spec", []field{{"schedule", "*/5 * * * *"}, {"jobTemplate", []field{{"spec", []field{{"template", v.template()}}}}}}})
	},
	func(v *varied) []field {
		ports := []any{[]field{{"port", 80}, {"targetPort", v.word()}, {"protocol", "TCP"}}}
		return v.object("v1", "Service", field{"spec", v.some(1, field{"ports", ports}, field{"selector", v.labels(1)}, field{"type", "ClusterIP"})})
	},
	func(v *varied) []field {
		return v.object("v1", "ConfigMap", field{"data", []field{{v.word() + ".conf", literal(v.lines(3 + v.IntN(40)))}, {"key", v.word()}, {"note", v.prose(2)}}})
	},
	func(v *varied) []field {
		var rules []any
		for range 1 + v.IntN(6) {
			rules = append(rules, []field{{"apiGroups", []any{"", v.word()}}, {"resources", []any{v.word() + "s"}}, {"verbs", []any{"get", "list", "watch"}}})
		}
		return v.object("rbac.authorization.k8s.io/v1", "Role", field{"rules", rules})
	},
	func(v *varied) []field {
		steps := []any{v.container("one"), v.container("two")}
		return v.object("tekton.dev/v1", "Task", field{"spec", []field{{"description", v.prose(3)}, {"steps", steps}}})
	},
	func(v *varied) []field {
		versions := []any{[]field{{"name", "v1"}, {"schema", []field{{"openAPIV3Schema", v.schema(3)}}}}}
		return v.object("apiextensions.k8s.io/v1", "CustomResourceDefinition", field{"spec", []field{{"group", "example.com"}, {"versions", versions}}})
	},
	func(v *varied) []field {
		var items []any
		for range 1 + v.IntN(4) {
			items = append(items, v.object("v1", "Pod", field{"spec", v.podSpec()}))
		}
		return []field{{"apiVersion", "v1"}, {"kind", "List"}, {"items", items}}
	},
	func(v *varied) []field {
		return v.object("example.com/v1", "Widget", field{"spec", []field{{v.word(), v.schema(2)}, {"$patch", "merge"}, {"f:x", []field{}}}})
	},
}
