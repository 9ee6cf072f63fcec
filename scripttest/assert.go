package scripttest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"regexp"

	sl "go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"

	"github.com/sextant-dev/sextant/builtins"
	"github.com/sextant-dev/sextant/starlark/analysis"
)

// AssertionError is the failure of an assertion in a script.
type AssertionError struct {
	// Func is the assertion, such as assert.eq.
	Func string
	// Message describes what was found and what was wanted.
	Message string
	// Diff is a unified diff from the value that was wanted to the one that was
	// found, "" if the message shows both.
	Diff string
}

func (e *AssertionError) Error() string { return e.Func + ": " + e.Message }

// Describe returns what package analysis knows of the names that a test of the
// script at path predeclares besides Sextant's builtins: assert and fake_cluster,
// if it is a file of assertion tests.
func Describe(path string) analysis.Rows {
	if !isFunctions(path) {
		return analysis.Rows{}
	}
	rows, err := analysis.ParseRows(assertRows)
	if err != nil {
		panic(err) // the rows are part of the program
	}
	rows.Functions = append(rows.Functions, builtins.DescribeFakes().Functions...)
	return rows
}

const assertRows = `
assert.eq(got: any, want: any) -> None  # Fails if the values differ; compares down to 100 levels.
assert.ne(got: any, other: any) -> None  # Fails if the values are equal.
assert.true(value: any, msg: str = "") -> None  # Fails if the value is not true, with the message if there is one.
assert.contains(all: any, one: any) -> None  # Fails if one is not in all.
assert.fails(fn: function, pattern: str) -> str  # Fails if fn() does not fail, or its message does not match the pattern; returns the message.
`

// assertName is the module of assertion tests.
const assertName = "assert"

// asserts is the plugin that adds the module assert. It has no state.
type asserts struct{}

func (asserts) Begin(context.Context, fs.FS) (sl.StringDict, error) {
	members := sl.StringDict{}
	for name, f := range map[string]func(*sl.Thread, *sl.Builtin, sl.Tuple, []sl.Tuple) (sl.Value, error){
		"eq": assertEq, "ne": assertNe, "true": assertTrue, "contains": assertContains, "fails": assertFails,
	} {
		members[name] = sl.NewBuiltin(assertName+"."+name, f)
	}
	return sl.StringDict{assertName: &starlarkstruct.Module{Name: assertName, Members: members}}, nil
}

func (asserts) End(error) error { return nil }

// maxDepth is how deep assert.eq and assert.ne compare. The language's own ==
// stops at 10, and the manifests of a custom resource's schema nest 30 deep.
const maxDepth = 100

func assertEq(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
	var got, want sl.Value
	if err := sl.UnpackArgs(b.Name(), args, kwargs, "got", &got, "want", &want); err != nil {
		return nil, err
	}
	equal, err := sl.EqualDepth(got, want, maxDepth)
	if err == nil && !equal {
		message, diff := difference(got, want)
		err = &AssertionError{Func: b.Name(), Message: message, Diff: diff}
	}
	return sl.None, err
}

func assertNe(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
	var got, other sl.Value
	if err := sl.UnpackArgs(b.Name(), args, kwargs, "got", &got, "other", &other); err != nil {
		return nil, err
	}
	equal, err := sl.EqualDepth(got, other, maxDepth)
	if err == nil && equal {
		err = &AssertionError{Func: b.Name(), Message: fmt.Sprintf("both are %s", got)}
	}
	return sl.None, err
}

func assertTrue(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
	var value sl.Value
	var msg string
	if err := sl.UnpackArgs(b.Name(), args, kwargs, "value", &value, "msg?", &msg); err != nil {
		return nil, err
	}
	if value.Truth() {
		return sl.None, nil
	}
	if msg == "" {
		msg = fmt.Sprintf("got %s", value)
	}
	return nil, &AssertionError{Func: b.Name(), Message: msg}
}

func assertContains(_ *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
	var all, one sl.Value
	if err := sl.UnpackArgs(b.Name(), args, kwargs, "all", &all, "one", &one); err != nil {
		return nil, err
	}
	found, err := sl.Binary(syntax.IN, one, all)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", b.Name(), err)
	}
	if !found.Truth() {
		return nil, &AssertionError{Func: b.Name(), Message: fmt.Sprintf("%s is not in %s", one, all)}
	}
	return sl.None, nil
}

func assertFails(thread *sl.Thread, b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
	var fn sl.Callable
	var pattern string
	if err := sl.UnpackArgs(b.Name(), args, kwargs, "fn", &fn, "pattern", &pattern); err != nil {
		return nil, err
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter pattern: %w", b.Name(), err)
	}
	result, err := sl.Call(thread, fn, nil, nil)
	if err == nil {
		return nil, &AssertionError{Func: b.Name(), Message: fmt.Sprintf("%s returned %s, want a failure that matches %q", fn.Name(), result, pattern)}
	}
	// A script that ends by exit() does not fail.
	var exit interface {
		error
		ExitScript()
	}
	if errors.As(err, &exit) {
		return nil, &AssertionError{Func: b.Name(), Message: fmt.Sprintf("%s ended the script by exit(), want a failure that matches %q", fn.Name(), pattern)}
	}
	message := innermost(err)
	if !re.MatchString(message) {
		return nil, &AssertionError{Func: b.Name(), Message: fmt.Sprintf("got the failure %q, want one that matches %q", message, pattern)}
	}
	return sl.String(message), nil
}

// innermost returns the message of the deepest call that failed.
func innermost(err error) string {
	message := err.Error()
	var next *sl.EvalError
	for errors.As(err, &next) {
		message = next.Msg
		err = next.Unwrap()
	}
	return message
}
