package builtins_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/diag"
	"github.com/sextant-dev/sextant/starlark"
)

// TestOutputLimits holds what a script outputs to its limits: what fits runs,
// and a byte more does not.
func TestOutputLimits(t *testing.T) {
	const twice = "x = ['a']\nfor i in range(12): x = [x, x]\n" // 2^12 elements
	none := cluster.NewReplay("none", cluster.NewList(nil))
	runOf := func(l builtins.Limits, text string) error {
		engine := starlark.Engine{Files: fstest.MapFS{
			"Clusterfile": &fstest.MapFile{Data: []byte(text)},
			"a.yaml":      &fstest.MapFile{Data: []byte(strings.Repeat("#", 50))},
		}}
		return engine.Run(t.Context(), "Clusterfile", builtins.New(builtins.Options{Limits: l, Resolver: none}))
	}
	for text, want := range map[string]diag.LimitError{
		"output('a', 'x' * 38)\noutput('b', 'x' * 58)\noutput('c', 'x' * 3)": {Limit: diag.LimitOutput, Max: 104, Where: "output"},
		"output('a', 'x' * 38)\noutput('b', 'x' * 23)\nwarn('12345678901')":  {Limit: diag.LimitOutput, Max: 104, Where: "warn"},
		"while True: warn('12345678')":                                       {Limit: diag.LimitOutput, Max: 104, Where: "warn"},
		twice + "output('a', x)":                                             {Limit: diag.LimitOutput, Max: 104, Where: "the encoded value"},
		"encode_json('x' * 103)":                                             {Limit: diag.LimitOutput, Max: 104, Where: "the encoded value"},
		"encode_yaml(['x' * 102])":                                           {Limit: diag.LimitOutput, Max: 104, Where: "the encoded value"},
		twice + "encode_json(x)":                                             {Limit: diag.LimitOutput, Max: 104, Where: "the encoded value"},
		twice + "encode_yaml_stream([1, x])":                                 {Limit: diag.LimitOutput, Max: 104, Where: "the encoded value"},
	} {
		var limit *diag.LimitError
		if err := runOf(builtins.Limits{Output: 104}, text); !errors.As(err, &limit) || *limit != want {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := runOf(builtins.Limits{Output: 104}, "output('a', 'x' * 38)\noutput('b', 'x' * 23)\nwarn('1234567890')"); err != nil {
		t.Errorf("at the limit: %v", err)
	}
}

// TestManifestsLimit counts every manifest as often as it is given.
func TestManifestsLimit(t *testing.T) {
	up := cluster.ResolverFunc(func(context.Context, cluster.Request) (cluster.Observation, error) {
		return cluster.Observation{Status: cluster.ClusterStatus{Version: "v1", ConnectedAt: &metav1.MicroTime{Time: time.Unix(0, 0)}}}, nil
	})
	for most, want := range map[int64]error{
		100: nil,
		99:  &diag.LimitError{Limit: diag.LimitManifests, Max: 99, Where: "a.yaml"},
	} {
		engine := starlark.Engine{Files: fstest.MapFS{
			"Clusterfile": &fstest.MapFile{Data: []byte("c = k8s_cluster('a')\nk8s_yaml(['a.yaml', 'a.yaml'], cluster=c)")},
			"a.yaml":      &fstest.MapFile{Data: []byte(strings.Repeat("#", 49) + "\n")},
		}}
		err := engine.Run(t.Context(), "Clusterfile", builtins.New(builtins.Options{Limits: builtins.Limits{Manifests: most}, Resolver: up}))
		var limit *diag.LimitError
		if want == nil && err != nil || want != nil && (!errors.As(err, &limit) || *limit != *want.(*diag.LimitError)) {
			t.Errorf("%d: got %v, want %v", most, err, want)
		}
	}
}

// TestListsThatHoldThemselves: what takes a list of anything ends on one that
// holds itself, or others so often that it would never be done.
func TestListsThatHoldThemselves(t *testing.T) {
	for _, list := range []string{"x = []\nx.append(x)\n", "x = ['a']\nfor i in range(60): x = [x, x]\n"} {
		for call, want := range map[string]string{
			"k8s_yaml(x)":        "k8s_yaml: for parameter \"yaml\": got list, want ",
			"encode_json(x)":     "encode_json: ",
			"local(x)":           "local: for parameter \"command\": got list, want ",
			"config.parse(x)":    "config.parse: got 1 positional arguments",
			"docker_cluster(x)":  "docker_cluster: for parameter \"host\": got list, want str",
			"output('a', [1,x])": "output \"a\": ",
		} {
			engine := starlark.Engine{Files: fstest.MapFS{"Clusterfile": &fstest.MapFile{Data: []byte(list + call)}}}
			err := engine.Run(t.Context(), "Clusterfile", builtins.New(builtins.Options{Limits: builtins.Limits{Output: 1 << 10}}))
			// As a string the second has 2⁶⁰ parts, which a call may not cost.
			tooMuch := strings.Contains(list, "range") && errors.As(err, new(*diag.LimitError))
			if err == nil || !strings.Contains(err.Error(), want) && !tooMuch {
				t.Errorf("%s%s: %v", list, call, err)
			}
		}
	}
}
