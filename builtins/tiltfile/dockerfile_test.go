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
		{"\ufeffFROM alpine", nil, "alpine"},
		{"# syntax=docker/dockerfile:1\n# ESCAPE = `\nFROM `\n  alpine", nil, "alpine"},
		{"# a comment\n# escape=`\nFROM alpine `\nFROM b", nil, "alpine b"},
		{"\n# escape=`\nFROM alpine `\nFROM b", nil, "alpine b"},
		{"FROM a\nRUN <<EOF\nFROM b\nCOPY --from=c /x /y\nEOF\nFROM d", nil, "a d"},
		{"FROM a\nCOPY <<-'X' <<\"Y\" /etc/\nFROM b\n\tX\nFROM c\nY\nFROM d", nil, "a d"},
		{"FROM a\nRUN cat <<X \\\n && true\nFROM b\nX\nFROM d", nil, "a d"},
		{"FROM a\nRUN echo '<<EOF' && x\nENV A=<<EOF\nFROM d\nEOF", nil, "a d"},
		{"FROM a\nRUN echo $((1<<2)) <<<x\nFROM d", nil, "a d"},
		{"FROM a\nRUN <<EOF\nFROM b", nil, "a"},
		{"ARG B=x\nFROM ${A:-${B}}\nFROM ${A:-${C:-$B}y}z", nil, "x xyz"},
		{"FROM ${A:-}${B}x", nil, "x"},
		{"ARG A=\nARG C\nFROM ${A-a}${A:-b}${C-c}${C+d}${A+e}", nil, "bce"},
		{"FROM a$\nFROM b$$\nFROM c${}\nFROM d${\nFROM e${1}\nFROM f${A?x}\nFROM g}", nil, "a$ b c${} d${ e f${A?x} g}"},
		{"ARG V=v1.2-rc.1\nFROM a:${V#v}\nFROM b:${V%-*}\nFROM c:${V%%.*}\nFROM d:${V##*.}\nFROM e:${V/./-}\nFROM f:${V//./_}", nil, "a:1.2-rc.1 b:v1.2 c:v1 d:1 e:v1-2-rc.1 f:v1_2-rc_1"},
		{"ARG V=a/b*c\nFROM a:${V/\\//-}\nFROM b:${V%\\*?}\nFROM c:${V#?}\nFROM d:${V#x}\nFROM e:${V%$V}\nFROM f:${V#\\x}\nFROM g:${V:#a}", nil, "a:a-b*c b:a/b c:/b*c d:a/b*c e: f:${V#\\x} g:${V:#a}"},
		{"ARG V=1\nFROM a:${V:?unset}\nFROM b:${V?unset}\nFROM c:${W?unset}", nil, "a:1 b:1 c:${W?unset}"},
		{"ARG A=\"x y\" B='$A' C=\\$A D=d\nFROM \"a\":'$D'\nFROM \"b:$D\"\nFROM c:$B\nFROM d:$C\nFROM e:${A#??}\nFROM 'f", nil, "a:$D b:d c:$A d:$A e:y 'f"},
		{"# escape=`\nARG A=`$B\nFROM a:$A", nil, "a:$B"},
		{"ARG B=other\nFROM a\nCOPY --from=$B /x /y", nil, "a $B"},
		{"FROM a\x00b", nil, "a\x00b"},
		{"ARG A=" + strings.Repeat("x", 2000) + "\nFROM a:${A##*}", nil, "a:${A##*}"},
		{"ARG A=x\nFROM a:${A#" + strings.Repeat("x", 2000) + "}", nil, "a:${A#" + strings.Repeat("x", 2000) + "}"},
		{"FROM " + strings.Repeat("${A:-", 100) + "x" + strings.Repeat("}", 100), nil, "x"},
		{"FROM " + strings.Repeat("${A:-", 10_000) + "x" + strings.Repeat("}", 10_000), nil, strings.Repeat("${A:-", 10_000) + "x" + strings.Repeat("}", 10_000)},
		{"ARG A=xxxxxxxx\n" + strings.Repeat("ARG A=$A$A\n", 100) + "FROM $A", nil, strings.Repeat("$A", 4096)},
		{"ARG A=" + strings.Repeat("x", 60_000) + "\nARG B=" + strings.Repeat("$A", 100_000) + "\nFROM ${B:+b}", nil, "b"},
		{"FROM " + strings.Repeat("${A:-", 10_000), nil, strings.Repeat("${A:-", 10_000)},
	} {
		if got := strings.Join(parseDockerfile(tc.text, tc.args).bases, " "); got != tc.want {
			t.Errorf("%q: got %q, want %q", tc.text, got, tc.want)
		}
	}
}
