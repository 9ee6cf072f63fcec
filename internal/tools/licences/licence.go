package main

import (
	"errors"
	"strings"
)

// fingerprint is what one licence contains and others do not. The names
// are those of https://spdx.org/licenses/.
type fingerprint struct {
	name      string
	says      []string
	saysNever string
}

// accepted are the licences that a dependency may have: permissive ones.
var accepted = []fingerprint{
	{name: "Apache-2.0", says: []string{"apache license", "version 2.0"}},
	{name: "BSD-2-Clause", says: []string{"redistribution and use in source and binary forms"}, saysNever: "neither the name"},
	{name: "BSD-3-Clause", says: []string{"redistribution and use in source and binary forms", "neither the name"}},
	{name: "ISC", says: []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"}},
	{name: "MIT", says: []string{"permission is hereby granted, free of charge, to any person obtaining a copy"}},
}

// refused are in licences that are not permissive. Apache-2.0 says
// none of them.
var refused = []string{"gnu general public", "gnu lesser", "gnu affero", "mozilla public license", "eclipse public", "business source", "server side public", "commons clause"}

// identify names the licences of a string; there are several where parts of a
// module have their own.
func identify(text string) (string, error) {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, words := range refused {
		if strings.Contains(text, words) {
			return "", errors.New("the text speaks of the " + words + " licence, which is not accepted")
		}
	}
	var names []string
	for _, f := range accepted {
		if f.in(text) {
			names = append(names, f.name)
		}
	}
	if names == nil {
		return "", errors.New("the licence is not one of those that are accepted")
	}
	return strings.Join(names, " AND "), nil
}

func (f fingerprint) in(text string) bool {
	for _, words := range f.says {
		if !strings.Contains(text, words) {
			return false
		}
	}
	return f.saysNever == "" || !strings.Contains(text, f.saysNever)
}
