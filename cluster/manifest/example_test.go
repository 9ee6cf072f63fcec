package manifest_test

import (
	"fmt"

	"github.com/sextant-dev/sextant/cluster/manifest"
)

func ExampleRewrite() {
	const pod = `# Ours, and the database.
spec:
  containers:
  - image: 'shop/web:1.4'   # built here
    name: web
  - {name: db, image: postgres}
`
	out, _, err := manifest.Rewrite([]byte(pod), manifest.Options{
		File: "pod.yaml",
		Replace: func(found *manifest.Image) (string, bool, error) {
			return "localhost:5000/shop_web:1.4", found.Text == "shop/web:1.4", nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s", out)
	// Output:
	// # Ours, and the database.
	// spec:
	//   containers:
	//   - image: 'localhost:5000/shop_web:1.4'   # built here
	//     name: web
	//   - {name: db, image: postgres}
}
