package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	var out bytes.Buffer
	write(&out)
	kinds, types, _ := strings.Cut(out.String(), "\n\n")
	if !strings.Contains("\n"+kinds, "\nv1 ConfigMap 2\n") || strings.Contains(kinds, " List") {
		t.Errorf("got kinds %s", kinds)
	}
	configMap := strings.Split(types, "\n")[2]
	if want := "kind=s apiVersion=s metadata="; !strings.HasPrefix(configMap, want) || !strings.HasSuffix(configMap, " immutable=b data={s binaryData={B") {
		t.Errorf("got %s", configMap)
	}
}
