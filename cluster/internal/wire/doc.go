// Package wire holds what every client of a cluster needs between the network
// and the meaning of an answer: a body that has a limit and ends with its
// context.
//
// It imports the standard library only, and knows neither Kubernetes nor
// Docker: the packages above it decide what to ask, and what an answer means.
package wire
