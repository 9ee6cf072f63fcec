package starlark

import (
	"fmt"
	"math"
	"strings"
	"unsafe"

	"github.com/sextant-dev/sextant/diag"
	sl "go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// To the interpreter a call of a builtin is one step, whatever it does. Here each
// is charged by the sizes of its arguments and its result, and refused if they
// alone are over a limit: no other goroutine can stop it once it has begun.

// MaxDigits is how many decimal digits an integer of a script may have. To multiply
// two, and to convert one to text and back, takes the square of them.
const MaxDigits = 10_000

// maxBits is MaxDigits in bits.
const maxBits = MaxDigits * 3322 / 1000

// chargedBytes is how many bytes of text a builtin handles in one step.
const chargedBytes = 16

// itemBytes is what one element of a list takes.
const itemBytes = 16

// callsName is what scripts can't spell, so they can't shadow it.
const callsName = "(.)"

// calls makes builtins charge. The call f(x) is run as calls[f](x), f(*x) as
// calls[f](*calls[x]), and x += y as x += calls[y].
type calls struct{ run *run }

var _ sl.Mapping = (*calls)(nil)

func (c *calls) Get(v sl.Value) (sl.Value, bool, error) {
	switch v := v.(type) {
	case *sl.Builtin:
		if isCheap(v) {
			return v, true, nil
		}
		return c.run.charged(v), true, nil
	case *sl.Function:
		return v, true, nil
	}
	if n := lazyItems(v); n > 0 {
		if err := c.run.charge(uint64(n), saturated(n, itemBytes)); err != nil {
			return nil, false, err
		}
	}
	return v, true, nil
}

func (c *calls) String() string        { return callsName }
func (c *calls) Type() string          { return callsName }
func (c *calls) Freeze()               {}
func (c *calls) Truth() sl.Bool        { return true }
func (c *calls) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: %s", callsName) }

// guardNames adds what a guarded file refers to.
func (r *run) guardNames(names sl.StringDict) {
	names[callsName] = &calls{r}
	if r.limits.Memory > 0 {
		names[factorName] = &factors{r}
	}
}

// isGuardName reports whether guardNames adds a name.
func isGuardName(name string) bool { return name == callsName || name == factorName }

// guardFile puts the guards into a file.
func (r *run) guardFile(f *syntax.File) {
	if r.limits.Memory > 0 {
		guardRepeats(f)
	}
	guarded := func(x syntax.Expr) syntax.Expr {
		at, _ := x.Span()
		return &syntax.IndexExpr{X: &syntax.Ident{Name: callsName, NamePos: at}, Lbrack: at, Y: x, Rbrack: at}
	}
	own := ownFunctions(f)
	syntax.Walk(f, func(n syntax.Node) bool {
		if n, ok := n.(*syntax.AssignStmt); ok && n.Op == syntax.PLUS_EQ { // list += range(n)
			if _, literal := n.RHS.(*syntax.Literal); !literal {
				n.RHS = guarded(n.RHS)
			}
		}
		call, ok := n.(*syntax.CallExpr)
		if !ok {
			return true
		}
		if name, ok := call.Fn.(*syntax.Ident); !ok || !own[name.Name] {
			call.Fn = guarded(call.Fn)
		}
		for _, arg := range call.Args {
			if star, ok := arg.(*syntax.UnaryExpr); ok && star.Op == syntax.STAR && star.X != nil {
				star.X = guarded(star.X)
			}
		}
		return true
	})
}

// ownFunctions are the names that a file binds by def alone, so that a call of one
// is no builtin's.
func ownFunctions(f *syntax.File) map[string]bool {
	own, other := map[string]bool{}, map[string]bool{}
	bind := func(x syntax.Expr) {
		syntax.Walk(x, func(n syntax.Node) bool {
			if name, ok := n.(*syntax.Ident); ok {
				other[name.Name] = true
			}
			return true
		})
	}
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.DefStmt:
			own[n.Name.Name] = true
			for _, p := range n.Params {
				bind(p)
			}
		case *syntax.LambdaExpr:
			for _, p := range n.Params {
				bind(p)
			}
		case *syntax.AssignStmt:
			bind(n.LHS)
		case *syntax.ForStmt:
			bind(n.Vars)
		case *syntax.ForClause:
			bind(n.Vars)
		case *syntax.LoadStmt:
			for _, to := range n.To {
				other[to.Name] = true
			}
		}
		return true
	})
	for name := range other {
		delete(own, name)
	}
	return own
}

// charge adds steps, and reports which limit they or the memory they take exceed.
func (r *run) charge(steps uint64, memory int64) error {
	if most := r.limits.Memory; most > 0 && memory > most {
		return &diag.LimitError{Limit: diag.LimitMemory, Max: uint64(most)}
	}
	if left := r.limits.Steps - min(r.thread.Steps, r.limits.Steps); steps > left {
		return &diag.LimitError{Limit: diag.LimitSteps, Max: r.limits.Steps}
	}
	r.thread.Steps += steps
	return nil
}

// charged returns a builtin that does what b does, and charges.
func (r *run) charged(b *sl.Builtin) *sl.Builtin {
	return sl.NewBuiltin(b.Name(), func(thread *sl.Thread, _ *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) (sl.Value, error) {
		if err := r.chargeCall(b, args, kwargs); err != nil {
			return nil, err
		}
		result, err := b.CallInternal(thread, args, kwargs)
		if err == nil {
			err = r.charge(items(result), 0)
		}
		return result, err
	})
}

// chargeCall charges for the arguments of a call.
func (r *run) chargeCall(b *sl.Builtin, args sl.Tuple, kwargs []sl.Tuple) error {
	name := b.Name()
	steps, memory := uint64(0), int64(0)
	whole := writesText(b)
	add := func(v sl.Value) {
		lazy := lazyItems(v)
		if lazy > 0 && !walks(name) {
			return
		}
		steps += items(v) + uint64(lazy)
		if lazy > 0 && name != "min" && name != "max" && name != "any" && name != "all" {
			memory = max(memory, saturated(lazy, itemBytes))
		}
		if whole {
			size := textSize(v)
			steps += uint64(size / chargedBytes)
			memory += size
		}
	}
	switch recv := b.Receiver().(type) {
	case sl.String:
		steps += items(recv)
		memory = max(memory, textResult(string(recv), name, args))
	case sl.Bytes:
		steps += items(recv)
	case *sl.List:
		if name == "index" || name == "remove" || name == "insert" {
			steps += items(recv)
		}
		if name != "extend" {
			args = nil // they are kept or compared, and not walked
		}
	case *sl.Dict:
		if name != "update" {
			args = nil
		}
	case *sl.Set:
		if name == "add" || name == "discard" || name == "remove" {
			args = nil
		}
	}
	for _, arg := range args {
		add(arg)
	}
	for _, kw := range kwargs {
		add(kw[1])
	}
	if name == "int" && len(args) > 0 {
		if s, ok := sl.AsString(args[0]); ok && len(s) > MaxDigits {
			return &diag.LimitError{Limit: diag.LimitDigits, Max: MaxDigits}
		}
	}
	return r.charge(steps, memory)
}

// isCheap reports whether a builtin takes about as long as a step whatever it is
// given.
func isCheap(b *sl.Builtin) bool {
	switch b.Receiver().(type) {
	case nil:
		switch b.Name() {
		case "len", "type", "bool", "range", "getattr", "hasattr", "abs", "chr", "ord", "float":
			return true
		}
	case *sl.List:
		switch b.Name() {
		case "append", "clear", "pop":
			return true
		}
	case *sl.Dict:
		switch b.Name() {
		case "get", "setdefault", "pop", "popitem", "clear":
			return true
		}
	}
	return false
}

// walks reports whether a builtin goes through the elements of its arguments, of
// which it may be told only how many there are: those that don't are few.
func walks(name string) bool {
	switch name {
	case "len", "bool", "type", "range", "str", "repr", "print", "dir", "hasattr", "getattr":
		return false
	}
	return true
}

// writesText reports whether a builtin may go through all that its arguments hold:
// what makes a text of them, and whatever is not of the language itself.
func writesText(b *sl.Builtin) bool {
	switch b.Receiver().(type) {
	case nil:
		switch b.Name() {
		case "str", "repr", "print", "fail":
			return true
		}
		return !sl.Universe.Has(b.Name())
	case sl.String:
		return b.Name() == "format" || b.Name() == "join"
	case sl.Bytes, *sl.List, *sl.Dict, *sl.Set:
		return false
	}
	return true
}

// textResult is how many bytes a method of a string makes of it, as far as that is
// known to be much.
func textResult(s, method string, args sl.Tuple) int64 {
	switch method {
	case "replace":
		if len(args) < 2 {
			return 0
		}
		old, _ := sl.AsString(args[0])
		with, _ := sl.AsString(args[1])
		return int64(len(s)) + saturated(int64(strings.Count(s, old)), int64(len(with)))
	case "join":
		if len(args) == 0 {
			return 0
		}
		return saturated(int64(max(sl.Len(args[0]), 0)), int64(len(s)))
	}
	return 0
}

// items is what a value costs whose parts are looked at one by one.
func items(v sl.Value) uint64 {
	switch v := v.(type) {
	case sl.String:
		return uint64(len(v) / chargedBytes)
	case sl.Bytes:
		return uint64(len(v) / chargedBytes)
	case *sl.List:
		return uint64(v.Len())
	case sl.Tuple:
		return uint64(len(v))
	case *sl.Dict:
		return uint64(v.Len())
	case *sl.Set:
		return uint64(v.Len())
	case sl.Int:
		n := uint64(words(v))
		return n * n / 8 // as long as it takes to make text of it
	}
	return 0
}

// lazyItems is how many elements a sequence has that takes no memory for them.
func lazyItems(v sl.Value) int64 {
	switch v.(type) {
	case sl.String, sl.Bytes, *sl.List, sl.Tuple, *sl.Dict, *sl.Set, sl.Int, sl.NoneType, sl.Bool:
		return 0
	}
	if v.Type() != "range" {
		return 0
	}
	return int64(max(sl.Len(v), 0))
}

// words is how many machine words a large integer has.
func words(i sl.Int) int {
	if _, small := i.Int64(); small {
		return 0
	}
	return i.BigInt().BitLen() / 64
}

// bits is how many bits an integer has.
func bits(v sl.Value) int {
	i, ok := v.(sl.Int)
	if !ok {
		return 0
	}
	return i.BigInt().BitLen()
}

// isSmall reports whether a value is a number of one machine word.
func isSmall(v sl.Value) bool {
	switch v := v.(type) {
	case sl.Int:
		_, small := v.Int64()
		return small
	case sl.Float:
		return true
	}
	return false
}

// saturated multiplies up to about the largest int64.
func saturated(a, b int64) int64 {
	if a > 0 && b > math.MaxInt64/2/a {
		return math.MaxInt64 / 2
	}
	return a * b
}

// textSize is how many bytes a value takes as text. Values that share their parts
// are small in memory and large in text, so each part is measured once.
func textSize(v sl.Value) int64 {
	switch v := v.(type) {
	case sl.String:
		return int64(len(v)) + 2
	case sl.Bytes:
		return int64(len(v)) + 3
	case sl.Int:
		return int64(words(v))*20 + 20
	case *sl.List, sl.Tuple, *sl.Dict, *sl.Set:
		return measure{}.size(v)
	}
	return 32
}

// part identifies a value that holds others.
type part struct {
	at unsafe.Pointer
	n  int
}

// measure has the sizes of the parts that were measured, and 0 for those that are
// being measured: a value that holds itself is cut there.
type measure map[part]int64

func (m measure) size(v sl.Value) int64 {
	var id part
	switch v := v.(type) {
	case *sl.List:
		id = part{unsafe.Pointer(v), -1}
	case *sl.Dict:
		id = part{unsafe.Pointer(v), -1}
	case *sl.Set:
		id = part{unsafe.Pointer(v), -1}
	case sl.Tuple:
		id = part{unsafe.Pointer(unsafe.SliceData(v)), len(v)}
	default:
		return textSize(v)
	}
	if size, ok := m[id]; ok {
		return size
	}
	m[id] = 0
	var sum int64 = 2
	add := func(v sl.Value) { sum = min(sum+m.size(v)+2, math.MaxInt64/4) }
	switch v := v.(type) {
	case *sl.Dict:
		for _, item := range v.Items() {
			add(item[0])
			add(item[1])
		}
	case *sl.List:
		for i := range v.Len() {
			add(v.Index(i))
		}
	case *sl.Set:
		for e := range v.Elements() {
			add(e)
		}
	case sl.Tuple:
		for _, e := range v {
			add(e)
		}
	}
	m[id] = sum
	return sum
}
