package analysis

import (
	"fmt"
	"strings"
)

// ParseRows reads rows from text, one a line:
//
//	deploy(service: str, replicas: int = 1, *flags) -> None  # Deploys a service.
//	Service.url: str  # Where the service answers.
//
// Parameters before a / can be passed by position only. A parameter without a
// type takes any value. Lines that are blank or begin with # are skipped.
func ParseRows(text string) (Rows, error) {
	var rows Rows
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		code, doc, _ := strings.Cut(line, "  # ")
		code = strings.TrimSpace(code)
		name, rest, isFunction := strings.Cut(code, "(")
		if !isFunction {
			full, typ, ok := strings.Cut(code, ":")
			dot := strings.LastIndexByte(full, '.')
			if !ok || dot < 0 {
				return Rows{}, fmt.Errorf("line %d: want NAME(PARAMETERS) -> TYPE or TYPE.NAME: TYPE, got %q", n, line)
			}
			rows.Attributes = append(rows.Attributes, Attribute{Of: full[:dot], Name: full[dot+1:], Type: strings.TrimSpace(typ), Doc: doc})
			continue
		}
		end := strings.LastIndex(rest, ") -> ")
		if end < 0 {
			return Rows{}, fmt.Errorf("line %d: want ) -> TYPE after the parameters of %s", n, name)
		}
		rows.Functions = append(rows.Functions, Function{
			Name: name, Params: parseParams(rest[:end]), Returns: rest[end+len(") -> "):], Doc: doc,
		})
	}
	return rows, nil
}

func parseParams(text string) []Param {
	var params []Param
	if strings.TrimSpace(text) == "" {
		return nil
	}
	for _, part := range splitTop(text, ',') {
		part = strings.TrimSpace(part)
		if part == "/" {
			for i := range params {
				params[i].PositionalOnly = true
			}
			continue
		}
		part, value, _ := strings.Cut(part, " = ")
		name, typ, ok := strings.Cut(part, ":")
		if !ok {
			typ = "any"
		}
		params = append(params, Param{Name: strings.TrimSpace(name), Type: strings.TrimSpace(typ), Default: value})
	}
	return params
}
