package printer_test

import (
	"strings"
	"testing"

	"github.com/sextant-dev/sextant/cluster"
	"github.com/sextant-dev/sextant/internal/printer"
)

// TestFields holds that expressions choose what kubectl's choose.
func TestFields(t *testing.T) {
	for _, tt := range []struct {
		format    string
		noHeaders bool
		want      string
	}{
		{"jsonpath={.items[*].metadata.name}", false, "dev prod docker"},
		{"jsonpath={range .items[*]}{.metadata.name}={.status.arch}{'\\n'}{end}", false, "dev=amd64\nprod=\ndocker=arm64\n"},
		{"jsonpath={.items[0].status.nothing}", false, ""},
		{"jsonpath={.items[?(@.status.arch=='arm64')].metadata.name}", false, "docker"},
		{"jsonpath=text", false, "text"},
		{"custom-columns=NAME:.metadata.name,ARCHS:.status.architectures[*]", false, "NAME     ARCHS\ndev      amd64,arm64\nprod     <none>\ndocker   <none>\n"},
		{"custom-columns=NAME:metadata.name,HOST:{.spec.connection.docker.host}", false, "NAME     HOST\ndev      <none>\nprod     <none>\ndocker   tcp://d:2376\n"},
		{"custom-columns=NAME:.metadata.name", true, "dev\nprod\ndocker\n"},
	} {
		format, err := printer.ParseListFormat(tt.format)
		if err != nil {
			t.Fatal(err)
		}
		format.NoHeaders = tt.noHeaders
		var b strings.Builder
		if err := format.Print(&b, fieldsList()); err != nil || b.String() != tt.want {
			t.Errorf("-o %s: %q, %v, want %q", tt.format, b.String(), err, tt.want)
		}
	}
}

func TestFieldsErrors(t *testing.T) {
	for format, want := range map[string]string{
		"jsonpath=":              "needs a template",
		"jsonpath={.items":       "unclosed action",
		"custom-columns=":        "want HEADER:FIELD",
		"custom-columns=NAME":    `got "NAME"`,
		"custom-columns=A:.b,":   `got ""`,
		"custom-columns=A:.b[":   "unterminated array",
		"xml":                    "want one of table, wide, yaml, json, name, custom-columns=",
		"jsonpath":               "want one of",
		"custom-columns-file=ab": "want one of",
	} {
		if _, err := printer.ParseListFormat(format); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("-o %s: %v, want %q", format, err, want)
		}
	}
}

// TestTableForTerminals: headers and clusters that are not connected stand out, and
// nothing of a server's does.
func TestTableForTerminals(t *testing.T) {
	list := fieldsList()
	list.Items[1].Name = "pr\x1b[31mod"
	for _, name := range []string{"table", "wide", "custom-columns=NAME:.metadata.name"} {
		format, err := printer.ParseListFormat(name)
		if err != nil {
			t.Fatal(err)
		}
		var plain, colored, bare strings.Builder
		format.Print(&plain, list)
		format.Color = true
		format.Print(&colored, list)
		format.Color, format.NoHeaders = false, true
		format.Print(&bare, list)
		lines := strings.Split(colored.String(), "\n")
		if !strings.HasPrefix(lines[0], "\x1b[1mNAME") || strings.Contains(lines[1], "\x1b") || !strings.HasPrefix(lines[2], "\x1b[31mpr\uFFFD[31mod") || !strings.HasSuffix(lines[2], "\x1b[0m") {
			t.Errorf("%s: %q", name, lines)
		}
		if strip := strings.NewReplacer("\x1b[1m", "", "\x1b[31m", "", "\x1b[0m", ""); strip.Replace(colored.String()) != plain.String() {
			t.Errorf("%s: colors change %q to %q", name, plain.String(), colored.String())
		}
		if _, rest, _ := strings.Cut(plain.String(), "\n"); rest != bare.String() {
			t.Errorf("%s without headers: %q", name, bare.String())
		}
	}
}

// fieldsList is a list of three clusters, of which one is not connected.
func fieldsList() *cluster.ClusterList {
	l := cluster.NewList(nil)
	at := list().Items[0].Status.ConnectedAt
	l.Items = make([]cluster.Cluster, 3)
	for i, name := range []string{"dev", "prod", "docker"} {
		l.Items[i].Name = name
	}
	l.Items[0].Status = cluster.ClusterStatus{Arch: "amd64", Architectures: []string{"amd64", "arm64"}, ConnectedAt: at}
	l.Items[1].Status.Error = "no route to host"
	l.Items[2].Status = cluster.ClusterStatus{Arch: "arm64", ConnectedAt: at}
	l.Items[2].Spec.Connection.Docker = &cluster.DockerClusterConnection{Host: "tcp://d:2376"}
	return l
}
