package main

import (
	"errors"
	"fmt"
	"strings"
)

// row is one module in the list.
type row struct{ module, version, licence, why string }

const head = "| Module | Version | Licence | Why |\n| --- | --- | --- | --- |\n"

// parse splits the page at its table.
func parse(text string) (before string, rows []row, after string, err error) {
	before, rest, ok := strings.Cut(text, head)
	if !ok {
		return "", nil, "", errors.New("it has no table with the columns Module, Version, Licence and Why")
	}
	for strings.HasPrefix(rest, "|") {
		line, more, _ := strings.Cut(rest, "\n")
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 4 {
			return "", nil, "", fmt.Errorf("the row %q has %d cells, want 4", line, len(cells))
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, row{cells[0], cells[1], cells[2], cells[3]})
		rest = more
	}
	return before, rows, rest, nil
}

func format(rows []row) string {
	var b strings.Builder
	b.WriteString(head)
	for _, r := range rows {
		why := r.why
		if why != "" {
			why += " "
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s|\n", r.module, r.version, r.licence, why)
	}
	return b.String()
}

// merge makes the rows that the list is to have, with the reasons that it has.
func merge(modules []module, rows []row) ([]row, error) {
	why := map[string]string{}
	for _, r := range rows {
		why[r.module] = r.why
	}
	var out []row
	for _, m := range modules {
		if m.direct && why[m.path] == "" {
			return nil, fmt.Errorf("%s: say in a row of its own why %s is required", page, m.path)
		}
		out = append(out, row{m.path, m.version, m.licence, why[m.path]})
	}
	return out, nil
}

// difference names the first module of which the lists differ.
func difference(have, want []row) string {
	for i, r := range want {
		if i >= len(have) || have[i] != r {
			return r.module
		}
	}
	if len(have) > len(want) {
		return have[len(want)].module
	}
	return "the layout of the table"
}
