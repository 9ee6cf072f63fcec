// Package convert turns Go values into Starlark values and back, by the json
// tags of structs, so that a plugin can hand API types to scripts and take them
// from scripts without code for each type.
//
// The correspondence:
//
//	Go                                   Starlark
//	struct                               Record; back also dict, struct()
//	nil pointer or interface             None
//	bool, string, intN, uintN, floatN    bool, string, int, int, float
//	[]byte                               bytes; back also string
//	slice                                list; back also tuple, set
//	map                                  dict, keys in order; back also struct()
//	time.Time, and structs embedding it  time.time, UTC; zero is None
//	time.Duration                        time.duration
//	a Starlark value                     itself
//
// A field is named by its json tag in snake case: hostFromContainerRuntime is
// host_from_container_runtime. Fields of embedded structs are among those of
// the struct around them, as in JSON. Fields tagged "-" and unexported ones are
// left out. MarshalJSON methods and omitempty have no effect: a string that is
// absent is "", so that scripts need not test for it.
//
// The package is pure: it does no I/O and keeps no state.
package convert
