package cluster

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// InvalidError is every failure of one validation. errors.As finds the
// *[field.Error] in it.
type InvalidError struct{ Fields field.ErrorList }

// Error puts the failures on one line.
func (e *InvalidError) Error() string {
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = f.Error()
	}
	return strings.Join(texts, "; ")
}

// Unwrap returns the failures, a *[field.Error] each.
func (e *InvalidError) Unwrap() []error {
	errs := make([]error, len(e.Fields))
	for i, f := range e.Fields {
		errs[i] = f
	}
	return errs
}

// Invalid makes an error of a validation's failures, nil of none.
func Invalid(errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return &InvalidError{errs}
}
