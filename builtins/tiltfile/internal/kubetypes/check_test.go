package kubetypes

import (
	"strings"
	"testing"

	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

func TestKnown(t *testing.T) {
	for _, kind := range []string{"v1 ConfigMap", "v1 Pod", "apps/v1 Deployment", "extensions/v1beta1 Deployment", "batch/v1 CronJob", "batch/v1beta1 CronJob", "networking.k8s.io/v1 Ingress", "rbac.authorization.k8s.io/v1 ClusterRole"} {
		if apiVersion, kind, _ := strings.Cut(kind, " "); !Known(apiVersion, kind) {
			t.Errorf("%s %s is not known", apiVersion, kind)
		}
	}
	for _, kind := range []string{"v1 List", "v1 ConfigMapList", "batch/v2alpha1 CronJob", "apiextensions.k8s.io/v1 CustomResourceDefinition", "x/v1 Pod", "v1 ListOptions"} {
		if apiVersion, kind, _ := strings.Cut(kind, " "); Known(apiVersion, kind) {
			t.Errorf("%s %s is known", apiVersion, kind)
		}
	}
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct{ kind, object, want string }{
		{"v1 ConfigMap", "{'data': {'PORT': '8080', 'EMPTY': None}, 'binaryData': {'b': 'aGk='}, 'immutable': True}", ""},
		{"v1 ConfigMap", "{'data': {'PORT': 8080}}", "data.PORT: got int 8080, want a string: quote it"},
		{"v1 ConfigMap", "{'data': {'DEBUG': True}}", "data.DEBUG: got bool True, want a string"},
		{"v1 ConfigMap", "{'data': {'list': ['a']}}", "data.list: got list, want a string"},
		{"v1 ConfigMap", "{'data': ['a']}", "data: got list, want a mapping"},
		{"v1 ConfigMap", "{'Data': 1, 'more': {'a': 1}}", ""},
		{"v1 ConfigMap", "{'metadata': {'labels': {'version': 1.5}}}", "metadata.labels.version: got float 1.5, want a string"},
		{"v1 ConfigMap", "{'metadata': {'annotations': {'on': True}}}", "metadata.annotations.on: got bool True"},
		{"v1 ConfigMap", "{'metadata': {'creationTimestamp': None}}", ""},
		{"v1 ConfigMap", "{'metadata': {'creationTimestamp': 'now'}}", "metadata.creationTimestamp: got string \"now\", want a time"},
		{"v1 ConfigMap", "{'metadata': 'x'}", "metadata: got string \"x\", want a mapping"},
		{"v1 Secret", "{'data': {'a': 'aGk='}, 'stringData': {'b': 'x'}}", ""},
		{"v1 Secret", "{'data': {'a': 'not base64'}}", "data.a: got string \"not base64\", want Base64"},
		{"v1 Secret", "{'stringData': {'b': 1}}", "stringData.b: got int 1"},
		{"v1 Pod", "{'spec': {'containers': [{'image': 'a'}, {'env': [{'name': 'A', 'value': 1}]}]}}", "spec.containers[1].env[0].value: got int 1, want a string"},
		{"v1 Pod", "{'spec': {'containers': [{'args': ['a', 1]}]}}", "spec.containers[0].args[1]: got int 1"},
		{"v1 Pod", "{'spec': {'containers': [{'command': 'a'}]}}", "spec.containers[0].command: got string \"a\", want a list"},
		{"v1 Pod", "{'spec': {'containers': [{'ports': [{'containerPort': '80'}]}]}}", "containerPort: got string \"80\", want an int"},
		{"v1 Pod", "{'spec': {'containers': [{'ports': [{'containerPort': 5000000000}]}]}}", "containerPort: got int 5000000000, want an int"},
		{"v1 Pod", "{'spec': {'containers': [{'livenessProbe': {'httpGet': {'port': 'http'}}, 'readinessProbe': {'tcpSocket': {'port': 80}}}]}}", ""},
		{"v1 Pod", "{'spec': {'containers': [{'livenessProbe': {'httpGet': {'port': True}}}]}}", "httpGet.port: got bool True, want an int or a string"},
		{"v1 Pod", "{'spec': {'containers': [{'resources': {'limits': {'cpu': 2, 'memory': '1Gi'}, 'requests': {'cpu': 0.5}}}]}}", ""},
		{"v1 Pod", "{'spec': {'containers': [{'resources': {'limits': {'memory': '1GB'}}}]}}", "resources.limits.memory: got string \"1GB\", want a quantity"},
		{"v1 Pod", "{'spec': {'containers': {'a': 1}}}", "spec.containers: got dict, want a list"},
		{"v1 Pod", "{'spec': {'volumes': [{'name': 'v', 'configMap': {'name': 'c', 'defaultMode': 420}}]}}", ""},
		{"v1 Service", "{'spec': {'selector': {'app': 1}}}", "spec.selector.app: got int 1"},
		{"v1 Service", "{'spec': {'ports': [{'port': 80, 'targetPort': 'http'}]}}", ""},
		{"apps/v1 Deployment", "{'spec': {'replicas': '2'}}", "spec.replicas: got string \"2\", want an int"},
		{"apps/v1 Deployment", "{'spec': {'replicas': 1.5}}", "spec.replicas: got float 1.5"},
		{"apps/v1 Deployment", "{'spec': {'strategy': {'rollingUpdate': {'maxSurge': '25%', 'maxUnavailable': 0}}, 'template': {'metadata': {'labels': {'a': True}}}}}", "spec.template.metadata.labels.a: got bool True"},
		{"batch/v1 CronJob", "{'spec': {'jobTemplate': {'spec': {'backoffLimit': 'x'}}}}", "spec.jobTemplate.spec.backoffLimit: got string"},
		{"apiextensions.k8s.io/v1 CustomResourceDefinition", "{'spec': 1, 'metadata': 1}", ""},
	} {
		v, err := sl.EvalOptions(&syntax.FileOptions{}, &sl.Thread{}, "", tc.object, nil)
		if err != nil {
			t.Fatal(err)
		}
		apiVersion, kind, _ := strings.Cut(tc.kind, " ")
		got := ""
		if err := Check(apiVersion, kind, v.(*sl.Dict)); err != nil {
			got = err.Error()
		}
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s: got %q, want %q", tc.kind, tc.object, got, tc.want)
		}
	}
}
