// Pause does nothing until it is asked to end. Called as `pause http ADDR` it
// answers every HTTP request on ADDR meanwhile, which shows that it runs. It is
// the one program in the images that the tests put on nodes.
// It imports the standard library only.
package main
