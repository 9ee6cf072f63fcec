package convert_test

import (
	"fmt"

	"github.com/sextant-dev/sextant/starlark/convert"
)

type Server struct {
	HostName string `json:"hostName"`
	Ports    []int  `json:"ports,omitempty"`
}

// A struct becomes a record that scripts read, and comes back.
func Example() {
	record, err := convert.FromGo(Server{HostName: "localhost", Ports: []int{80}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record)

	var back Server
	if err := convert.ToGo(record, &back); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(back.HostName, back.Ports)
	// Output:
	// Server(host_name="localhost", ports=[80])
	// localhost [80]
}
