package cluster

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
// cleaned. Other hands may have written it, so what contradicts itself in it is
// unknown: a registry whose source or reason is not that of one, or that is missing
// beside such; an architecture that is not among the architectures. If its condition
// reports that the cluster is not connected, it is not.
func Restored(s ClusterStatus) Observation {
	o := Observation{Status: s}.Cleaned()
	k := &o.Status
	if why := k.doubtfulRegistry(); why != "" {
		k.Registry, k.RegistrySource, k.RegistryReason = nil, SourceUnknown, why
	}
	if known := k.Arch != "" && k.Arch != ArchUnknown; len(k.Architectures) > 0 && known != slices.Contains(k.Architectures, k.Arch) {
		k.ArchReason = fmt.Sprintf("%sthe architecture %q was kept beside %q", ReasonUnreadable, k.Arch, k.Architectures)
		k.Arch, k.Architectures = ArchUnknown, nil
	}
	if c := meta.FindStatusCondition(k.Conditions, ConditionConnected); c != nil && c.Status != metav1.ConditionTrue && k.Error == "" {
		k.Error = cmp.Or(c.Message, "its condition "+ConditionConnected+" is "+string(c.Status))
	}
	return o
}

// doubtfulRegistry returns why the registry of a kept status is unknown, "" if it is
// known.
func (s *ClusterStatus) doubtfulRegistry() string {
	failed := strings.HasPrefix(s.RegistryReason, ReasonUnreadable) || strings.HasPrefix(s.RegistryReason, ReasonInvalid)
	source := strconv.Quote(s.RegistrySource)
	none := s.RegistrySource == SourceNone || s.RegistrySource == SourceDeclared // of the declaration, and nothing observed
	switch {
	case s.RegistrySource == SourceUnknown:
		return cmp.Or(s.RegistryReason, ReasonUnreadable+"no reason was kept")
	case failed && (none || s.RegistrySource == "" || s.Registry != nil):
		return s.RegistryReason
	case s.Registry == nil && !none && s.RegistrySource != "":
		return ReasonUnreadable + "the source " + source + " was kept without its registry"
	case s.Registry != nil && none:
		return ReasonUnreadable + "the source " + source + " was kept with a registry"
	}
	return ""
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
