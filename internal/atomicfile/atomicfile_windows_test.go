package atomicfile

import "testing"

func pipe(*testing.T, string) {}
