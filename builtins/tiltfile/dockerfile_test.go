package tiltfile

import (
	"strings"
	"testing"
)

func TestParseDockerfile(t *testing.T) {
	for _, tc := range []struct {
		text string
		args map[string]string
		want string
	}{
		{"FROM alpine", nil, "alpine"},
		{"from  alpine:3 as build\nFROM build\nFROM scratch", nil, "alpine:3"},
		{"FROM --platform=$BUILDPLATFORM golang AS Build\nRUN x\nFROM gcr.io/d/static\nCOPY --from=build /a /b\nCOPY --from=assets /c /d\nCOPY --from=0 /e /f", nil, "golang gcr.io/d/static assets"},
		{"ARG TAG=1\nARG BASE=my/base:${TAG}\nFROM $BASE\nARG BASE=other\nFROM ${BASE}", nil, "my/base:1"},
		{"ARG BASE\nFROM ${BASE:-alpine}-x", map[string]string{"BASE": "b"}, "b-x"},
		{"ARG BASE\nFROM ${BASE:-alpine}", nil, "alpine"},
		{"ARG A=1\nFROM ${A:+yes}", nil, "yes"},
		{"# escape=`\nFROM `\n  alpine", nil, "alpine"},
		{"FROM \\\n  # a comment\n  alpine\\\n:3\n", nil, "alpine:3"},
		{"FROM alpine\r\nRUN x\r\n", nil, "alpine"},
		{"", nil, ""},
	} {
		if got := strings.Join(parseDockerfile(tc.text, tc.args).bases, " "); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.text, got, tc.want)
		}
	}
}
