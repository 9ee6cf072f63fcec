// Package settings holds what a script defines with config.define_string,
// config.define_bool and config.define_string_list, and reads the values from the
// command line. It reads no file and prints nothing.
package settings
