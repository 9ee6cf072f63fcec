package localfile

import "os"

func open(path string) (*os.File, error) { return os.Open(path) }

// Exposed reports false: a mode says nothing of who may read a file here.
func Exposed(string) bool { return false }
