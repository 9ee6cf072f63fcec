package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIdentify(t *testing.T) {
	const (
		mit    = "Permission is hereby granted, free of charge,\n to any person obtaining a copy of this"
		bsd    = "Redistribution and use in source and binary forms, with or without"
		apache = "Apache License\n Version 2.0, January 2004"
	)
	for text, want := range map[string]string{
		mit:                        "MIT",
		bsd:                        "BSD-2-Clause",
		bsd + " Neither the name ": "BSD-3-Clause",
		apache:                     "Apache-2.0",
		mit + "\n" + apache:        "Apache-2.0 AND MIT",
		"Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is": "ISC",
		"":                                    "",
		"All rights reserved.":                "",
		"GNU GENERAL PUBLIC LICENSE\n" + mit:  "",
		"Mozilla Public License\nVersion 2.0": "",
		apache + " with Commons  Clause":      "",
	} {
		if got, err := identify(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
	}
}

func TestTable(t *testing.T) {
	text := "# Dependencies\n\n" + head + "| a.example/x | v1.0.0 | MIT | It is needed. |\n| b.example/y | v2.0.0 | ISC | |\n\nMore.\n"
	before, rows, after, err := parse(text)
	if err != nil {
		t.Fatal(err)
	}
	want := []row{{"a.example/x", "v1.0.0", "MIT", "It is needed."}, {"b.example/y", "v2.0.0", "ISC", ""}}
	if diff := cmp.Diff(want, rows, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again := before + format(rows) + after; again != text {
		t.Errorf("written again it is %q", again)
	}
	for _, bad := range []string{"", "# no table\n", head + "| a | b |\n"} {
		if _, _, _, err := parse(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestMerge(t *testing.T) {
	have := []row{{"a", "v1", "MIT", "It is needed."}, {"gone", "v1", "MIT", "It was."}}
	got, err := merge([]module{{"a", "v2", "ISC", true}, {"new", "v1", "MIT", false}}, have)
	want := []row{{"a", "v2", "ISC", "It is needed."}, {"new", "v1", "MIT", ""}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := merge([]module{{"b", "v1", "MIT", true}}, have); err == nil || !strings.Contains(err.Error(), "why b is required") {
		t.Errorf("a direct module without a reason: %v", err)
	}
	for what, rows := range map[string][2][]row{
		"a":    {have, got},
		"new":  {got[:1], got},
		"gone": {append(got[:2:2], have[1]), got},
	} {
		if name := difference(rows[0], rows[1]); name != what {
			t.Errorf("the difference is %q, want %q", name, what)
		}
	}
}
