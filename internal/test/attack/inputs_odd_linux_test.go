package attack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/cluster/clustertest"
)

// oddTexts are what programs tend to get wrong: letters whose other case is missing, or
// longer or shorter; marks, spaces and digits that are not ASCII; what is no character;
// separators and nothing else; numbers at limits; the beginnings of other languages.
var oddTexts = append(strings.Fields(`gcr.io/𝐀 𝐀:𝐀 ϒ İ/İ ẞ.ẞ/x ǅ=ǆ ٣ localhost:٣٣/x
	//// a// :::: @@@@ ... .. ---- ==== &&& *** [[[ {{{ $$$ ${ %%% % \ " ' # | !
	-0 08 0x 0o8 1e999 9223372036854775808 18446744073709551616 -9223372036854775809 .inf 1:60 null true
	:// unix:// tcp:// tcp://[::1 tcp://[fe80::1%25x]:1 tcp://%zz ssh:// ssh://-x ssh://a:b@c a=b=c = ../.. ~ ~root /
	(? [a- a{1001} \C $[ $.. {.a[?(@.b==1)]} a[-1] *a "\ud800" [1e400]`),
	"", " ", "\t\n", "\u212a", "\u212b:1", "E\u0301.io/e\u0301", "a\x00b", "\ufffe\uffff", "a\u2028b: c\u2029", "\ufeffa: 1", "a: \ufeffb", "a\u200bb", "\u202ea\u2066",
	"\u00a0a\u00a0", "\u3000a: b\u3000", "`", "> ", "? ", "- ", "http://a\tb", "\r", "a\nb", "a\r\nb", "!!set\n{a}", "&a\n[*a]", "---\n1\n---\n2", "%YAML\t9.9\n---\n")

// oddArguments are those texts, and other values as odd, as expressions. Bytes that are
// no text are cut out of one.
func oddArguments() []string {
	all := strings.Fields(`'é'[:1] 'a'+'é'[1:]+'b' '𝐀'[:3]+'/x' 'é'[:1]+'(b'
		-1<<63 1<<63 1<<64 -1 0.0 -0.0 float('inf') float('nan') 1e308 None True [] [''] [None] [[]] () (1,'a') {} {'':''}
		{1:2} {None:None} {(1,2):'x'} {'x':{'y':[]}} set(['a']) b'\xff' len range(0) ['é'[:1]] {'é'[:1]:'𝐀'} ['..','/']`)
	for _, text := range oddTexts {
		all = append(all, strconv.Quote(text))
	}
	return all
}

// oddCalls are [worstCalls] with odd arguments.
func oddCalls(perParameter int) []worstCall {
	values := map[string]string{}
	for _, value := range oddArguments() {
		values[value] = value
	}
	return callsWith(values, perParameter)
}

// TestOddAnswers: clusters answer odd texts wherever they answer text. Each status is
// one that can be printed, and its registry is one that images can be named for.
func TestOddAnswers(t *testing.T) {
	texts := append(oddTexts, "\xff", "a\xc3(", "\xed\xa0\x80", strings.Repeat("x", 1<<16))
	// A request can still be answered when its resolution is over.
	type answers struct {
		text string
		of   map[string]any // by path
	}
	var current atomic.Pointer[answers]
	server := clustertest.NewKube(t, clustertest.KubeFacts{Fault: func(w http.ResponseWriter, r *http.Request) bool {
		now := current.Load()
		answer, ok := now.of[r.URL.Path]
		if ok {
			w.Header().Set("Content-Type", "application/json")
			var body bytes.Buffer
			encoder := json.NewEncoder(&body)
			encoder.SetEscapeHTML(false)
			encoder.Encode(answer)
			// An encoder replaces what is no text.
			w.Write(bytes.ReplaceAll(body.Bytes(), []byte("TEXT"), []byte(now.text)))
		}
		return ok
	}})
	daemon := clustertest.NewDocker(t, clustertest.DockerFacts{Fault: func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/version") {
			return false
		}
		fmt.Fprintf(w, `{"Version": %[1]s, "Arch": %[1]s, "ApiVersion": "1.51", "Os": %[1]s}`, asJSON(current.Load().text))
		return true
	}})
	type object = map[string]any
	const hosting = "/api/v1/namespaces/kube-public/configmaps/local-registry-hosting"
	for _, text := range texts {
		// A string of Go keeps what is no text; the encoder of JSON does not.
		field := text
		if !json.Valid([]byte(`"` + text + `"`)) {
			field = "TEXT"
		}
		quoted := strconv.Quote(text)
		node := func(annotations object) object {
			return object{"kind": "PartialObjectMetadataList", "apiVersion": "meta.k8s.io/v1", "items": []any{object{"metadata": object{"name": field, "labels": object{"kubernetes.io/arch": field}, "annotations": annotations}}}}
		}
		configMap := func(data string) object {
			return object{"kind": "ConfigMap", "apiVersion": "v1", "data": object{"localRegistryHosting.v1": data}}
		}
		for name, of := range map[string]map[string]any{
			"nodes":       {"/version": object{"gitVersion": field}, "/api/v1/namespaces/kube-system": object{"kind": "Namespace", "metadata": object{"uid": field}}, "/api/v1/nodes": node(object{"tilt.dev/registry": field, "tilt.dev/registry-from-cluster": field})},
			"ConfigMap":   {"/api/v1/nodes": node(object{"kind.x-k8s.io/registry": field}), hosting: configMap(text)},
			"host":        {hosting: configMap("host: " + quoted)},
			"other hosts": {hosting: configMap("host: localhost:5000\nhostFromContainerRuntime: " + quoted + "\nhostFromClusterNetwork: " + quoted)},
			"help":        {hosting: object{"kind": "ConfigMap", "data": object{field: "x", "localRegistryHosting.v1": "help: " + quoted}}},
		} {
			current.Store(&answers{text, of})
			checkOdd(t, fmt.Sprintf("%s %.40q", name, text), oneKube(t, server.Kubeconfig(), 30*time.Second))
		}
		checkOdd(t, fmt.Sprintf("docker %.40q", text), oneDocker(t, 30*time.Second, daemon.Env()...))
	}
}

// asJSON is a value as JSON that YAML reads too: it has no place for two characters.
func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return strings.NewReplacer("\ufffe", `\ufffe`, "\uffff", `\uffff`).Replace(string(text))
}

func checkOdd(t *testing.T, what string, obs cluster.Observation) {
	t.Helper()
	if obs.Status.Error != "" && obs.Status.Version != "" || obs.Status.Error == "" && obs.Status.Version == "" {
		t.Errorf("%s: version %q and error %q", what, obs.Status.Version, obs.Status.Error)
	}
	text, err := json.Marshal(obs.Cleaned().Status)
	if err != nil {
		t.Fatal(err)
	}
	if bad := forged.Find(text); bad != nil || len(text) > 64<<10 || bytes.ContainsAny(text, "\u2028\u202e\ufeff") {
		t.Errorf("%s: %.500q", what, text)
	}
	if r := obs.Status.Registry; r != nil {
		if errs := r.Validate(nil); len(errs) > 0 {
			t.Errorf("%s: %v", what, errs)
		}
	}
}

// TestOddNames: contexts of a kubeconfig, and recorded clusters, whose names and all
// other fields are odd texts.
func TestOddNames(t *testing.T) {
	type object = map[string]any
	var contexts, clusters, users []object
	recording := "apiVersion: tilt.dev/v1alpha1\nkind: ClusterList\nmetadata: {}\nitems:\n"
	for i, text := range oddTexts {
		recording += fmt.Sprintf("- {metadata: {name: c%d, annotations: {a: %s}}, spec: {connection: {kubernetes: {context: c%[1]d}}}, "+
			"status: {version: %[2]s, arch: %[2]s, architectures: [%[2]s], endpoint: %[2]s, registryReason: %[2]s, connectedAt: '2026-01-02T03:04:05.000000Z', "+
			"conditions: [{type: %[2]s, status: 'True', reason: %[2]s, message: %[2]s}], connection: {kubernetes: {cluster: %[2]s, context: %[2]s, namespace: %[2]s, product: %[2]s}}}}\n", i, asJSON(text))
		contexts = append(contexts, object{"name": text, "context": object{"cluster": text, "user": text, "namespace": text}})
		clusters = append(clusters, object{"name": text, "cluster": object{"server": "https://127.0.0.1:1", "tls-server-name": text}})
		users = append(users, object{"name": text, "user": object{"username": text, "password": text, "as": text}})
	}
	kubeconfig := asJSON(object{"kind": "Config", "apiVersion": "v1", "current-context": oddTexts[0], "contexts": contexts, "clusters": clusters, "users": users})
	w := newWorkplace(t, "config", kubeconfig, "clusters.yaml", recording,
		"Clusterfile", "for i, c in enumerate(k8s_contexts()):\n    k8s_cluster(c, name='c%d' % i)\n",
		"Replay", fmt.Sprintf("for i in range(%d): k8s_cluster('c%%d' %% i)\n", len(oddTexts)))
	for _, args := range [][]string{
		{"eval", "-o", "wide", "--kubeconfig", "config"}, {"eval", "-o", "yaml", "--kubeconfig", "config"},
		{"eval", "-o", "wide", "--clusters", "clusters.yaml", "Replay"}, {"eval", "-o", "json", "--clusters", "clusters.yaml", "Replay"},
	} {
		stdout, stderr, code := w.run(t, nil, args...)
		if said := stdout + stderr; code != 0 && code != 3 || notSaid.MatchString(said) || forged.MatchString(said) {
			t.Errorf("%s: exit code %d\n%s", args, code, lastLines(said, 8))
		}
	}
}
