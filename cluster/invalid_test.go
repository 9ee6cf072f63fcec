package cluster

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestInvalid(t *testing.T) {
	if err := Invalid(nil); err != nil {
		t.Errorf("no failure is %v", err)
	}
	err := Invalid((&RegistryHosting{HostFromContainerRuntime: "foo"}).Validate(field.NewPath("spec")))
	var one *field.Error
	if !errors.As(err, &one) || one.Field != "spec.host" {
		t.Errorf("the first failure is %v", one)
	}
	if n := len(err.(*InvalidError).Fields); n != 3 {
		t.Errorf("%d failures, want 3: %v", n, err)
	}
}

func TestNoPasswordInAHost(t *testing.T) {
	c := dockerConnection("tcp://me:hunter2@10.0.0.1:2375")
	err := Invalid(c.Validate(field.NewPath("connection")))
	for _, text := range []string{c.String(), err.Error()} {
		if strings.Contains(text, "hunter2") {
			t.Errorf("the password shows in %s", text)
		}
	}
	if c := dockerConnection("ssh://me@10.0.0.1/%7Eme"); Invalid(c.Validate(nil)) != nil {
		t.Error("a user without a password is not taken")
	}
}
