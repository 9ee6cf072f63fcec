package scripttest

import (
	"strings"
	"testing"
)

// TestByteOrderMarks: what an editor writes before UTF-8 hides no test and no
// variable.
func TestByteOrderMarks(t *testing.T) {
	inFolder(t,
		"x_test.star", "\ufeffdef test_a():\n    assert.eq(1, 2)\ndef test_b():\n    assert.eq(os.getenv('A'), '1')\n",
		"env", "\ufeffA=1\r\nB=2\r\n",
	)
	r := test(t, Config{})
	if len(r.Results) != 2 || r.Failed() != 1 || r.Results[0].Failures == nil {
		t.Errorf("%+v", r.Results)
	}
}

// TestLineEndsOfGoldens: a golden file that differs in nothing else says so.
func TestLineEndsOfGoldens(t *testing.T) {
	inFolder(t, "Clusterfile", "print('hi')\n", "want.print", "hi\r\n")
	r := test(t, Config{})
	if r.Failed() != 1 || !strings.Contains(r.Results[0].Failures[0].Message, "want.print differs in its line ends alone") {
		t.Errorf("%+v", r.Results)
	}
}
