package cluster

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/yaml"
)

// TestJSONNames holds the names that other programs read.
func TestJSONNames(t *testing.T) {
	want, err := os.ReadFile("testdata/full.json")
	if err != nil {
		t.Fatal(err)
	}
	c := full()
	got, err := json.MarshalIndent(&c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Error(diff)
	}
}

// TestFullIsFull holds that the golden object leaves no field out.
func TestFullIsFull(t *testing.T) {
	var walk func(path string, v reflect.Value)
	walk = func(path string, v reflect.Value) {
		switch {
		case v.Kind() == reflect.Pointer && !v.IsNil():
			walk(path, v.Elem())
		case v.Kind() == reflect.Struct && v.Type().PkgPath() == reflect.TypeFor[Cluster]().PkgPath():
			for i := range v.NumField() {
				walk(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case v.IsZero():
			t.Errorf("%s is empty", path)
		}
	}
	walk("Cluster", reflect.ValueOf(full()))
}

func TestOptionalFieldsAreOmitted(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  string
	}{
		{Cluster{}, `{"metadata":{},"spec":{"connection":{}},"status":{}}`},
		{*NewList(nil), `{"kind":"ClusterList","apiVersion":"tilt.dev/v1alpha1","metadata":{},"items":[]}`},
		{kubernetesConnection("", ""), `{"kubernetes":{}}`},
		{dockerConnection(""), `{"docker":{}}`},
		{RegistryHosting{}, `{"host":""}`},
		{KubernetesClusterConnectionStatus{}, `{"cluster":"","context":"","namespace":""}`},
	} {
		got, err := json.Marshal(tt.value)
		if err != nil || string(got) != tt.want {
			t.Errorf("%T: got %s, %v, want %s", tt.value, got, err, tt.want)
		}
	}
}

func TestConnectionString(t *testing.T) {
	for want, c := range map[string]ClusterConnection{
		"no connection":                                 {},
		"the current kubernetes context":                kubernetesConnection("", ""),
		`kubernetes context "prod", namespace "web"`:    kubernetesConnection("prod", "web"),
		`kubeconfig of secret "dev-kubeconfig"`:         {Kubernetes: &KubernetesClusterConnection{SecretRef: &SecretReference{Name: "dev-kubeconfig"}}},
		`cluster profile "dev", namespace "web"`:        {Kubernetes: &KubernetesClusterConnection{ClusterProfileRef: &ClusterProfileReference{Name: "dev"}, Namespace: "web"}},
		"the default docker host":                       dockerConnection(""),
		`docker host "tcp://me:xxxxx@example.com:2375"`: dockerConnection("tcp://me:secret@example.com:2375"),
	} {
		if got := c.String(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestConnectedAtIsMicrosecondsInUTC(t *testing.T) {
	var s ClusterStatus
	if err := json.Unmarshal([]byte(`{"connectedAt":"2026-01-02T04:04:05.123456+01:00"}`), &s); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(&s)
	if want := `{"connectedAt":"2026-01-02T03:04:05.123456Z"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}

func TestConnected(t *testing.T) {
	for _, tt := range []struct {
		status ClusterStatus
		want   bool
	}{
		{ClusterStatus{}, false},
		{ClusterStatus{ConnectedAt: connectedAt()}, true},
		{ClusterStatus{ConnectedAt: connectedAt(), Error: "lost"}, false},
		{ClusterStatus{Error: "refused"}, false},
	} {
		if got := tt.status.Connected(); got != tt.want {
			t.Errorf("%+v: %v", tt.status, got)
		}
	}
}

// TestRoundTripThroughYAML reads strictly what was written.
func TestRoundTripThroughYAML(t *testing.T) {
	want := NewList([]Cluster{full()})
	data, err := yaml.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got ClusterList
	if err := yaml.UnmarshalStrict(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Error(diff)
	}
}

// TestRoundTripThroughScheme uses the codecs that Kubernetes clients use.
func TestRoundTripThroughScheme(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	codecs := serializer.NewCodecFactory(scheme, serializer.EnableStrict)
	one := full()
	for _, media := range []string{runtime.ContentTypeJSON, runtime.ContentTypeYAML} {
		info, ok := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), media)
		if !ok {
			t.Fatalf("no serializer for %s", media)
		}
		for _, want := range []runtime.Object{&one, NewList([]Cluster{one, full()})} {
			data, err := runtime.Encode(codecs.EncoderForVersion(info.Serializer, GroupVersion), want)
			if err != nil {
				t.Fatal(err)
			}
			got, kind, err := info.StrictSerializer.Decode(data, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if kind.GroupVersion() != GroupVersion {
				t.Errorf("%s: kind %s", media, kind)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", media, diff)
			}
		}
		_, _, err := info.StrictSerializer.Decode([]byte(`{"apiVersion":"tilt.dev/v1alpha1","kind":"Cluster","metadata":{},"spec":{"conection":{}}}`), nil, nil)
		if err == nil || !strings.Contains(err.Error(), `unknown field "spec.conection"`) {
			t.Errorf("%s: a misspelt field: %v", media, err)
		}
	}
}

// TestDeepCopySharesNothing changes everything reachable from a copy.
func TestDeepCopySharesNothing(t *testing.T) {
	list := NewList([]Cluster{full()})
	dirty(reflect.ValueOf(list.DeepCopy()))
	dirty(reflect.ValueOf(list.DeepCopyObject()))
	dirty(reflect.ValueOf(list.Items[0].DeepCopyObject()))
	if diff := cmp.Diff(NewList([]Cluster{full()}), list); diff != "" {
		t.Error(diff)
	}

	obs := observed("a")
	obs.Status.Warnings = []string{"w"}
	copied := obs.DeepCopy()
	if diff := cmp.Diff(obs, copied); diff != "" {
		t.Error(diff)
	}
	dirty(reflect.ValueOf(&copied))
	want := observed("a")
	want.Status.Warnings = []string{"w"}
	if diff := cmp.Diff(want, obs); diff != "" {
		t.Error(diff)
	}
}

// TestDeepCopyOfParts copies every part of the API by itself, as programs that keep
// one do.
func TestDeepCopyOfParts(t *testing.T) {
	list := NewList([]Cluster{full()})
	list.Kubeconfig = &KubeconfigFacts{Contexts: []string{"a"}, Current: &CurrentContext{Context: "a", Namespace: "web"}}
	copied := map[reflect.Type]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch {
		case v.Kind() == reflect.Pointer && !v.IsNil():
			walk(v.Elem())
		case v.Kind() == reflect.Slice:
			for i := range v.Len() {
				walk(v.Index(i))
			}
		case v.Kind() == reflect.Struct && v.Type().PkgPath() == reflect.TypeFor[Cluster]().PkgPath():
			deepCopy := func(of reflect.Value) reflect.Value { return of.MethodByName("DeepCopy").Call(nil)[0] }
			c := deepCopy(v.Addr())
			if diff := cmp.Diff(v.Interface(), c.Elem().Interface()); diff != "" {
				t.Errorf("%s: %s", v.Type(), diff)
			}
			dirty(c)
			if !deepCopy(reflect.Zero(v.Addr().Type())).IsNil() {
				t.Errorf("%s: the copy of nil is not nil", v.Type())
			}
			copied[v.Type()] = true
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(list))
	if len(copied) < 13 {
		t.Errorf("copied %v only", copied)
	}
	want := NewList([]Cluster{full()})
	want.Kubeconfig = &KubeconfigFacts{Contexts: []string{"a"}, Current: &CurrentContext{Context: "a", Namespace: "web"}}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
}

// dirty overwrites every string, time, element and map entry below v.
func dirty(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			dirty(v.Elem())
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[metav1.MicroTime]() {
			v.Set(reflect.ValueOf(metav1.NewMicroTime(at.AddDate(1, 0, 0))))
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				dirty(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			dirty(v.Index(i))
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			v.SetMapIndex(k, reflect.ValueOf("changed").Convert(v.Type().Elem()))
		}
	case reflect.String:
		v.SetString("changed")
	}
}
