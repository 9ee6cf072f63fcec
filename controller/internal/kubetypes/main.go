// Kubetypes writes the types of the objects that Kubernetes itself has, in the form that
// package builtins/tiltfile/internal/kubetypes reads:
//
//	go run ./internal/kubetypes FILE
//
// It is in this module, since only this one has the Go types of Kubernetes.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: kubetypes FILE")
		os.Exit(2)
	}
	var out bytes.Buffer
	write(&out)
	if err := os.WriteFile(os.Args[1], out.Bytes(), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "kubetypes:", err)
		os.Exit(1)
	}
}

// write writes a line for each kind, apiVersion, kind and the number of its type, and
// after an empty line one for each type, its fields and their types.
func write(w io.Writer) {
	s := structs{numbers: map[reflect.Type]int{}}
	for _, gvk := range kinds() {
		apiVersion, kind := gvk.ToAPIVersionAndKind()
		fmt.Fprintln(w, apiVersion, kind, s.number(scheme.Scheme.AllKnownTypes()[gvk]))
	}
	fmt.Fprintln(w)
	for i := 0; i < len(s.types); i++ {
		fmt.Fprintln(w, strings.Join(s.fields(s.types[i]), " "))
	}
}

// kinds are those of objects: the ones that have metadata of their own.
func kinds() []schema.GroupVersionKind {
	var all []schema.GroupVersionKind
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if meta, ok := t.FieldByName("ObjectMeta"); ok && meta.Anonymous && gvk.Version != runtime.APIVersionInternal {
			all = append(all, gvk)
		}
	}
	slices.SortFunc(all, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// structs numbers types as they are met.
type structs struct {
	numbers map[reflect.Type]int
	types   []reflect.Type
}

func (s *structs) number(t reflect.Type) int {
	n, ok := s.numbers[t]
	if !ok {
		n = len(s.types)
		s.numbers[t], s.types = n, append(s.types, t)
	}
	return n
}

// fields are those of JSON, name=type each.
func (s *structs) fields(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "-" || !f.IsExported():
		case name == "" && (f.Anonymous || strings.Contains(options, "inline")):
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			out = append(out, s.fields(embedded)...)
		default:
			out = append(out, name+"="+s.typeOf(f.Type))
		}
	}
	return out
}

// own are the types that read JSON themselves.
var own = map[reflect.Type]string{
	reflect.TypeFor[metav1.Time]():        "t",
	reflect.TypeFor[metav1.MicroTime]():   "m",
	reflect.TypeFor[metav1.Duration]():    "d",
	reflect.TypeFor[resource.Quantity]():  "q",
	reflect.TypeFor[intstr.IntOrString](): "x",
}

// typeOf is a type: [ for a list and { for a map of what follows; s, b, i, l, u and f for
// strings, bools, ints of 32 and 64 bits, unsigned ones, and floats; B for bytes; t, m, d,
// q and x for a time, one with microseconds, a duration, a quantity, and an int or a
// string; * for any value; the number of a struct.
func (s *structs) typeOf(t reflect.Type) string {
	if name, ok := own[t]; ok {
		return name
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) && t.Kind() != reflect.Pointer {
		return "*"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.typeOf(t.Elem())
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int32:
		return "i"
	case reflect.Int, reflect.Int64:
		return "l"
	case reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uint:
		return "u"
	case reflect.Float32, reflect.Float64:
		return "f"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "B"
		}
		return "[" + s.typeOf(t.Elem())
	case reflect.Map:
		return "{" + s.typeOf(t.Elem())
	case reflect.Struct:
		return fmt.Sprint(s.number(t))
	}
	return "*"
}
