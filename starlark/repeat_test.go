package starlark

import (
	"errors"
	"strings"
	"testing"
)

// TestRepeatLimit refuses what one multiplication would take, before it does.
func TestRepeatLimit(t *testing.T) {
	e := Engine{Limits: Limits{Memory: 1 << 20}}
	for _, text := range []string{
		"x = [0] * 1000000000", "x = 1000000000 * [0]", "x = (0,) * 70000", "x = 'ab' * 1000000", "x = b'ab' * 1000000",
		"x = [0]\nx *= 1000000000", "x = {1: [[0]]}\nx[1][0] *= 1000000000", "def f(x, y): return x * y\nf([0] * 1000, 1000)",
		"x = 'a' * 99999999999999999999", "x = [[0] * 1000000000 for i in [1]]", "x = 1 + 2 * len([0] * 70000)",
	} {
		var limit *LimitError
		if err := runText(t, e, text); !errors.As(err, &limit) || limit.Limit != LimitMemory {
			t.Errorf("%s: got %v, want the limit", text, err)
		}
	}
}

// TestRepeatGuardChangesNothing: a guarded multiplication does and says what a
// plain one does.
func TestRepeatGuardChangesNothing(t *testing.T) {
	for _, text := range []string{
		"print(2 * 3, 2.5 * 2, 2 * 1.5, 'ab' * 2, 2 * 'ab', [1] * 3, (1,) * 2, 2 * (1,), 'x' * 0, 'x' * -5, [] * 1000000000, 1 << 40 * 1)",
		"x = 3\nx *= 4\ny = [2]\ny[0] *= 5\nprint(x, y, 2 * 3 * 4, -2 * -3, (1 << 200) * (1 << 200))",
		"x = [1]\ny = x\nx *= 2\nprint(x, y)", "print(7 * 6 // 5 % 4)", "'a' * 'b'", "x = [1]\nx *= [2]", "{} * 2", "2 * {}", "None * None", "1 * undefind",
		"def f(*args, **kwargs): return args\nprint(f(*[1, 2]), f(**{'a': 2 * 2}))",
	} {
		said := func(memory int64) string {
			var r recorder
			err := runText(t, Engine{Limits: Limits{Memory: memory}, Print: r.print}, text)
			out := strings.Join(r.lines, "\n")
			if err != nil {
				out += rendered(t, err)
			}
			return out
		}
		plain, guarded := said(0), said(1<<30)
		if plain != guarded || plain == "" {
			t.Errorf("%s:\nplain:\n%s\nguarded:\n%s", text, plain, guarded)
		}
	}
}
