package main

import (
	"bufio"
	"errors"
	"io"
	"os"

	"go.yaml.in/yaml/v3"
)

// roundTrip is what a program does that has a YAML library: it decodes nodes,
// changes the images of containers, and encodes.
func roundTrip(file string, w io.Writer) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriterSize(w, 1<<20)
	enc := yaml.NewEncoder(out)
	for dec := yaml.NewDecoder(bufio.NewReaderSize(f, 1<<20)); ; {
		var doc yaml.Node
		if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		move(&doc)
		if err := enc.Encode(&doc); err != nil {
			return err
		}
	}
	return errors.Join(enc.Close(), out.Flush())
}

func move(n *yaml.Node) {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if v := n.Content[i+1]; n.Content[i].Value == "image" && v.Kind == yaml.ScalarNode {
				name, tag := split(v.Value)
				v.Value = moved(name) + ":" + tag
			}
		}
	}
	for _, c := range n.Content {
		move(c)
	}
}
