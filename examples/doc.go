// Package examples holds scripts for the jobs that people do by hand today,
// each a folder and a golden test. The README lists them.
package examples
