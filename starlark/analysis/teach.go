package analysis

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// hints are what to write instead of names that Python has and Starlark has not.
var hints = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"true":       "The values are True and False.",
		"false":      "The values are True and False.",
		"null":       "The value is None.",
		"nil":        "The value is None.",
		"none":       "The value is None.",
		"isinstance": `Compare the type's name: type(x) == "string".`,
		"issubclass": "There are no classes: compare type(x) with a name.",
		"callable":   `Compare the type's name: type(x) == "function".`,
		"sum":        "Add in a loop: for x in list: total += x.",
		"map":        "Write a comprehension: [f(x) for x in list].",
		"filter":     "Write a comprehension: [x for x in list if f(x)].",
		"round":      "Write math.round(x).",
		"pow":        "Write math.pow(x, y).",
		"divmod":     "Write (x // y, x % y).",
		"iter":       "Loop with for; there are no iterators to keep.",
		"next":       "Loop with for; there are no iterators to keep.",
		"object":     "There are no classes: make a value with struct(name=value).",
		"super":      "There are no classes: make a value with struct(name=value).",
		"property":   "There are no classes: make a value with struct(name=value).",
		"frozenset":  "Write set(x); a value of a loaded file cannot be changed.",
		"Exception":  "There are no exceptions: end the script with fail(message), or return a value that shows it.",
		"ValueError": "There are no exceptions: end the script with fail(message), or return a value that shows it.",
		"eval":       "A script cannot run text as code: load a file.",
		"exec":       "A script cannot run text as code: load a file.",
		"__import__": `Load names from another file: load("lib.star", "name").`,
		"__file__":   "Paths are relative to the file that they are in, so a script need not know its own.",
		"__name__":   "A file is either run or loaded; put what both need into a file of its own and load that.",
	}
})

const noExceptions = "Starlark has no exceptions. A script ends with fail(message); what may be missing is asked for first, as in d.get(key, default)."

// firstWords are what Starlark has in place of statements of Python, by the
// first word of the line.
var firstWords = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"import":   `Starlark has no import. Load names from another file: load("lib.star", "name").`,
		"from":     `Starlark has no import. Load names from another file: load("lib.star", "name").`,
		"class":    "Starlark has no classes. Make a value with struct(name=value), and functions that take it.",
		"try":      noExceptions,
		"except":   noExceptions,
		"finally":  noExceptions,
		"raise":    noExceptions,
		"with":     "Starlark has no with statement: nothing is left open. A function that reads a file returns its content.",
		"async":    "Starlark runs one statement after another, with no async or await.",
		"await":    "Starlark runs one statement after another, with no async or await.",
		"yield":    "Starlark has no generators. Return a list.",
		"global":   "A function cannot assign a global variable. Return the value, or change a list or dict in place.",
		"nonlocal": "A function cannot assign a variable of another. Return the value, or change a list or dict in place.",
		"assert":   "Starlark has no assert statement. Write: if not x: fail(message).",
		"del":      "Starlark has no del. Write d.pop(key) or list.pop(i).",
		"match":    "Starlark has no match. Write if and elif.",
		"switch":   "Starlark has no switch. Write if and elif.",
		"function": "A function begins with def: def name(parameters):",
		"func":     "A function begins with def: def name(parameters):",
		"var":      "A variable needs no keyword: name = value.",
		"let":      "A variable needs no keyword: name = value.",
		"const":    "A variable needs no keyword: name = value.",
	}
})

// methods are what to write instead of methods of other languages, or of a str for
// a Blob, by the type and the name.
var methods = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"str.contains":    "Write part in s.",
		"str.includes":    "Write part in s.",
		"str.has":         "Write part in s.",
		"str.length":      "Write len(s).",
		"str.size":        "Write len(s).",
		"str.trim":        "Write s.strip().",
		"str.toUpperCase": "Write s.upper().",
		"str.toLowerCase": "Write s.lower().",
		"str.decode":      "A str is text already.",
		"str.encode":      "A str is UTF-8 already.",
		"str.zfill":       `Write "0" * (n - len(s)) + s.`,
		"list.push":       "Write list.append(x).",
		"list.add":        "Write list.append(x).",
		"list.length":     "Write len(list).",
		"list.size":       "Write len(list).",
		"list.join":       `Write ", ".join(list).`,
		"list.sort":       "Write sorted(list), which returns a new one.",
		"list.reverse":    "Write list[::-1] or reversed(list), which return a new one.",
		"list.contains":   "Write x in list.",
		"list.includes":   "Write x in list.",
		"list.count":      "Write len([x for x in list if x == value]).",
		"list.copy":       "Write list(other) or other[:].",
		"list.map":        "Write a comprehension: [f(x) for x in list].",
		"list.filter":     "Write a comprehension: [x for x in list if f(x)].",
		"dict.has_key":    "Write key in d.",
		"dict.has":        "Write key in d.",
		"dict.contains":   "Write key in d.",
		"dict.iteritems":  "Write d.items().",
		"dict.itervalues": "Write d.values().",
		"dict.copy":       "Write dict(d).",
		"dict.length":     "Write len(d).",
	}
})

// otherLanguages returns what to write instead of an attribute that values of a
// type do not have, empty if nothing is known.
func otherLanguages(typ, name string) string {
	if hint := methods()[typ+"."+name]; hint != "" {
		return hint
	}
	switch typ {
	case "dict":
		return fmt.Sprintf("The value of a key of a dict is d[%q], or d.get(%q) if it can be missing.", name, name)
	case "Blob", "blob":
		if slices.Contains(strMethods(), name) {
			return "Write str(x)." + name + ": a Blob is text that knows where it comes from."
		}
	}
	return ""
}

// noAttribute is the interpreter's error of a missing attribute, as that of Mistakes.
var noAttribute = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(\w+) has no \.(\w+) (?:field or method|attribute)`)
})

// missingKey is the interpreter's error of a key that no other is near to.
var missingKey = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^key (".{0,100}") not in dict$`) })

// typeNames are the types that the interpreter calls otherwise than scripts.
var typeNames = map[string]string{"string": "str"}

// Explain returns what to write instead of what an error of the interpreter is about,
// empty if nothing is known.
func Explain(message string) string {
	if m := noAttribute().FindStringSubmatch(message); m != nil {
		return otherLanguages(cmp.Or(typeNames[m[1]], m[1]), m[2])
	}
	if m := missingKey().FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("If the key can be missing, write d.get(%[1]s), which is None then, or d.get(%[1]s, default).", m[1])
	}
	for _, value := range []string{"frozen list", "frozen hash table", "frozen set"} {
		if strings.HasSuffix(message, value) {
			return "A value of a loaded file is frozen, and so is one that can only be read: change a copy, list(x) or dict(x)."
		}
	}
	return ""
}

var strMethods = sync.OnceValue(func() []string {
	var names []string
	for _, f := range languageRows().Functions {
		if name, ok := strings.CutPrefix(f.Name, "str."); ok {
			names = append(names, name)
		}
	}
	return names
})

const noHints = "Starlark has no type hints. Write into the documentation string what a parameter takes."

// teach returns how Starlark does what a line that does not parse tries to do,
// as another language does it; empty if nothing is known. The column is that of
// the error, message is the parser's.
func teach(line string, column int, message string) string {
	text := []rune(line)
	at := min(max(column-1, 0), len(text))
	before, rest := strings.TrimSpace(string(text[:at])), string(text[at:])
	fields := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t:(", r) })
	word := ""
	if len(fields) > 0 {
		word = fields[0]
	}
	if isYAML(line, word) {
		return "This is YAML, not a script. Name the script; it can read this file."
	}
	if hint := firstWords()[word]; hint != "" && isStatement(line, word) {
		return hint
	}
	switch {
	case message == "got newline, want ':'":
		return "The line ends with a colon, and the lines of its block are indented."
	case before == "print" && startsString(rest):
		return "Print is a function: print(x)."
	case startsString(rest) && endsInPrefix(string(text[:at])):
		return `Starlark has no f-strings. Write "{}".format(x) or "%s" % x.`
	case startsString(rest) && strings.HasPrefix(message, "got string literal"):
		return "Two strings are joined by + only."
	case strings.HasPrefix(rest, ":="):
		return "Assign on a line of its own: name = value."
	case word == "def" && strings.Contains(line, "->"), strings.HasPrefix(rest, ":") && (word == "def" && strings.HasSuffix(message, "want ')'") && before != "" && IsNameByte(before[len(before)-1]) || isAnnotation(before)):
		return noHints
	case strings.HasPrefix(rest, "@"):
		return "Starlark has no decorators. Call the function on the value: name = decorate(name)."
	case strings.HasPrefix(rest, "is ") || strings.HasPrefix(rest, "is\t"):
		return "Starlark compares with == and !=, and has no is."
	case strings.HasPrefix(rest, "yield"), strings.HasPrefix(rest, "await"):
		return firstWords()[rest[:5]]
	case strings.HasPrefix(rest, "&") && strings.HasSuffix(before, "&"):
		return "Write and."
	case strings.HasPrefix(rest, "|") && strings.HasSuffix(before, "|"):
		return "Write or."
	case strings.HasPrefix(rest, "!"):
		return "Write not x, or x != y."
	case strings.HasPrefix(message, "unexpected input character"):
		return strayCharacter(rest)
	case strings.HasPrefix(rest, "//") && before == "", strings.HasPrefix(rest, "/*"):
		return "A comment begins with #."
	case message == "got '=', want ':'" && (word == "if" || word == "elif" || word == "while"):
		return "Compare with ==."
	case strings.HasPrefix(message, "invalid escape sequence"):
		return `Write \\ for a backslash, or a raw string: r"\d".`
	case strings.HasPrefix(message, "conditional expression without else"):
		return conditional
	case message == "got identifier, want newline" && strings.HasPrefix(strings.TrimLeft(rest, "0123456789"), "_") && rest[0] != '_':
		return "A number has no underscores."
	case word == "else" && (strings.HasPrefix(rest, "if") || strings.HasPrefix(rest, "else if")):
		return "Write elif."
	case strings.HasPrefix(rest, "**"):
		return "Write math.pow(x, y) for a power, and a | b to join two dicts."
	case strings.HasPrefix(rest, "{"):
		return "A block begins with a colon, and its lines are indented."
	case strings.HasSuffix(before, "++"), strings.HasSuffix(before, "--"):
		return "Write x += 1 or x -= 1."
	case strings.Contains(message, "does not associate"):
		return "Join comparisons by and: a < b and b < c."
	case isReserved(message, rest):
		return "It is a reserved word of Starlark, and cannot be a name."
	}
	return ""
}

const conditional = "Write x if condition else y."

// strayCharacter returns what to write instead of a character that no script has outside
// strings and comments: editors and web pages make some of ASCII.
func strayCharacter(rest string) string {
	switch c, _ := utf8.DecodeRuneInString(rest); c {
	case '“', '”', '‘', '’', '«', '»':
		return `A string is in straight quotes: "x" or 'x'.`
	case '\u00a0', '\u2003', '\u2009', '\u202f', '\u200b', '\ufeff':
		return "It looks like a space, or like nothing, and is none: remove it, or write a plain space."
	case '–', '—', '−':
		return "Write a plain -."
	case '?':
		return conditional
	case '$':
		return `A variable is its name alone; one of the environment is os.getenv("NAME").`
	case utf8.RuneError:
		return "Save the file as UTF-8."
	}
	return ""
}

// importOf returns what to write instead of a line that imports a name that every
// script has; empty if it does not.
func importOf(line string, names []string) string {
	words := strings.FieldsFunc(line, endsName)
	if len(words) < 2 || words[0] != "import" && words[0] != "from" || !slices.Contains(names, words[1]) {
		return ""
	}
	return fmt.Sprintf("Every script has %[1]s: leave the line out, and use %[1]s.", words[1])
}

// isYAML reports whether a line begins an API object or a YAML document.
func isYAML(line, word string) bool {
	return line == "---" || (word == "apiVersion" || word == "kind") && strings.HasPrefix(line, word+":")
}

// isReserved reports whether a keyword is used as a name: something is assigned
// to it.
func isReserved(message, rest string) bool {
	got, ok := strings.CutPrefix(message, "got ")
	got, _, _ = strings.Cut(got, ",")
	after, found := strings.CutPrefix(rest, got)
	after = strings.TrimLeft(after, " ")
	return ok && found && got != "" && IsNameByte(got[0]) && strings.HasPrefix(after, "=") && !strings.HasPrefix(after, "==")
}

// isStatement reports whether the word begins a statement of another language,
// and is not a name that the script uses.
func isStatement(line, word string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(line), word), " \t")
	return !slices.ContainsFunc([]string{"=", ".", ",", ")", "[", "+="}, func(s string) bool { return strings.HasPrefix(rest, s) })
}

func startsString(s string) bool { return strings.HasPrefix(s, `"`) || strings.HasPrefix(s, "'") }

// endsInPrefix reports whether text ends in the f of an f-string.
func endsInPrefix(text string) bool {
	letters := strings.ToLower(strings.TrimRight(text, "rRfF"))
	prefix := strings.ToLower(text[len(letters):])
	if !strings.Contains(prefix, "f") || len(prefix) > 2 {
		return false
	}
	return letters == "" || !IsNameByte(letters[len(letters)-1])
}

// isAnnotation reports whether text is a name alone, which a type hint follows.
func isAnnotation(text string) bool {
	text = strings.TrimSpace(text)
	return text != "" && strings.IndexFunc(text, endsName) < 0
}

// endsName reports whether a character is none of a name.
func endsName(r rune) bool { return r < utf8.RuneSelf && !IsNameByte(byte(r)) }
