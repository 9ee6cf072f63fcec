package wire

import kjson "sigs.k8s.io/json"

// DecodeJSON decodes an answer as API servers do: field names are case-sensitive.
// A field of into that is there more than once is an error: encoding/json would choose
// the last one, or join the two.
func DecodeJSON(data []byte, into any) error {
	strict, err := kjson.UnmarshalStrict(data, into, kjson.DisallowDuplicateFields)
	if err == nil && len(strict) > 0 {
		err = strict[0]
	}
	return err
}
