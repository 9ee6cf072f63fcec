package cluster

import (
	"cmp"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sextant-dev/sextant/diag"
)

// Observation is what resolving one request found.
type Observation struct {
	// Status is the observed status. A cluster that answered has
	// Status.ConnectedAt. One that could not be reached has Status.Error and
	// whatever was known without connecting.
	Status ClusterStatus
	// Expires is when the credentials that were used expire, zero if nothing is
	// known of that. Unauthorized reports that the cluster did not accept them,
	// NoCredentials that none could be obtained. None of these is part of the status.
	Expires       time.Time
	Unauthorized  bool
	NoCredentials bool
}

// DeepCopy returns an observation that shares nothing with o.
func (o Observation) DeepCopy() Observation {
	o.Status = *o.Status.DeepCopy()
	return o
}

const (
	// maxFact is how many bytes of one observed string are kept; no fact that is
	// of use has as many.
	maxFact = 4 << 10
	// maxFacts is how many elements of one observed list are kept.
	maxFacts = 256
)

// Cleaned returns the observation without what a cluster could do harm with:
// control characters, which move the cursor of a terminal, end a line or cannot
// be written as YAML; characters that change the direction of writing; strings and
// lists that are too long. A resolver returns nothing else.
func (o Observation) Cleaned() Observation {
	o = o.DeepCopy()
	cleanValue(reflect.ValueOf(&o.Status).Elem())
	return o
}

// Restored returns the observation of a status that was kept, in a recording or on a hub,
// cleaned. Other hands may have written it, so where it contradicts itself its registry
// is unknown: if it has a registry and a source that is unknown, or none and a source
// or a reason of one.
func Restored(s ClusterStatus) Observation {
	o := Observation{Status: s}.Cleaned()
	k := &o.Status
	why := ""
	switch k.RegistrySource {
	case SourceUnknown:
		why = cmp.Or(k.RegistryReason, ReasonUnreadable+"no reason was kept")
	case "", SourceNone, SourceDeclared:
		if k.Registry == nil && (strings.HasPrefix(k.RegistryReason, ReasonUnreadable) || strings.HasPrefix(k.RegistryReason, ReasonInvalid)) {
			why = k.RegistryReason
		}
	default:
		if k.Registry == nil {
			why = ReasonUnreadable + "the source " + strconv.Quote(k.RegistrySource) + " was kept without its registry"
		}
	}
	if why != "" {
		k.Registry, k.RegistrySource, k.RegistryReason = nil, SourceUnknown, why
	}
	return o
}

// cleanValue cleans every string below v.
func cleanValue(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			cleanValue(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				cleanValue(f)
			}
		}
	case reflect.Slice:
		if v.Len() > maxFacts {
			v.Set(v.Slice(0, maxFacts))
		}
		for i := range v.Len() {
			cleanValue(v.Index(i))
		}
	case reflect.String:
		v.SetString(CleanString(v.String()))
	}
}

// CleanString cleans one string as [Observation.Cleaned] does, such as a message that
// quotes a server.
func CleanString(s string) string {
	if len(s) <= maxFact && strings.IndexFunc(s, harmful) < 0 && utf8.ValidString(s) {
		return s
	}
	long := len(s) > maxFact
	s = s[:min(len(s), maxFact)]
	s = strings.Map(func(r rune) rune {
		if harmful(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar)))
	const cut = " …"
	if !long && len(s) <= maxFact {
		return s
	}
	end := min(len(s), maxFact-len(cut))
	for end < len(s) && end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + cut
}

// harmful reports whether a fact may not have a character: it is not printable, ends
// the line or a column, or is none that YAML can hold. A fact is no place for a byte
// order mark either.
func harmful(r rune) bool {
	return diag.IsUnprintable(r) || r == '\n' || r == '\t' || r == '\ufeff'
}
