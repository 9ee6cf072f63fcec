package cluster

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxFact is how long one observed text may be, in bytes. Servers and recordings
// choose them.
const maxFact = 4 << 10

// cleaned returns the observation with every text of its status on one line, of
// printable characters and of bounded length, so that no cluster spoils what is
// printed of the others.
func (o Observation) cleaned() Observation {
	dirty := false
	eachString(reflect.ValueOf(&o.Status).Elem(), func(s string) string {
		dirty = dirty || cleanFact(s) != s
		return s
	})
	if !dirty {
		return o
	}
	o = o.DeepCopy()
	eachString(reflect.ValueOf(&o.Status).Elem(), cleanFact)
	return o
}

func cleanFact(s string) string {
	if strings.IndexFunc(s, unprintable) >= 0 {
		s = clean(s)
	}
	if len(s) <= maxFact {
		return s
	}
	end := maxFact
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// eachString replaces every string that v holds, and walks the fields themselves, so
// that a new one is not forgotten.
func eachString(v reflect.Value, replace func(string) string) {
	switch v.Kind() {
	case reflect.String:
		// Nothing is written that stays: others may read it.
		if s := replace(v.String()); v.CanSet() && s != v.String() {
			v.SetString(s)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			eachString(v.Elem(), replace)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			eachString(v.Field(i), replace)
		}
	case reflect.Slice:
		for i := range v.Len() {
			eachString(v.Index(i), replace)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			item := v.MapIndex(key)
			if item.Kind() != reflect.String {
				continue
			}
			if s := replace(item.String()); s != item.String() {
				v.SetMapIndex(key, reflect.ValueOf(s).Convert(item.Type()))
			}
		}
	}
}
