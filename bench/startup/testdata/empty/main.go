// Command empty does nothing: what every Go process costs.
package main

func main() {}
