package cluster

import (
	"context"
	"reflect"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// dirty fills every string of v.
func spoil(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		spoil(v.Elem(), text)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				spoil(v.Field(i), text)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		spoil(v.Index(0), text)
	}
}

// TestFactsAreCleanedOnArrival: every text of a status, also of fields to come.
func TestFactsAreCleanedOnArrival(t *testing.T) {
	var status ClusterStatus
	spoil(reflect.ValueOf(&status).Elem(), "a\x1b[2J\nerror: \x7f\u202e"+strings.Repeat("é", 10_000))
	status.ConnectedAt = &metav1.MicroTime{}
	kept := status.DeepCopy()
	futures := NewFutures(t.Context(), ResolverFunc(func(context.Context, Request) (Observation, error) {
		return Observation{Status: status}, nil
	}))
	defer futures.Close()
	obs, err := futures.Start(Request{Name: "x"}).Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	eachString(reflect.ValueOf(&obs.Status).Elem(), func(s string) string {
		seen++
		if strings.ContainsFunc(s, unprintable) || len(s) > maxFact+len("…") {
			t.Errorf("got %d bytes, %.40q", len(s), s)
		}
		return s
	})
	if seen < 15 {
		t.Errorf("a status has %d texts", seen)
	}
	if !reflect.DeepEqual(status, *kept) {
		t.Error("what the resolver holds was changed")
	}
}
