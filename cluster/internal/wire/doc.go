// Package wire holds what every client of a cluster needs between the network
// and the meaning of an answer: how far a connection came ([Trace]), what went
// wrong, in one wording ([Explain]), when to ask again ([RetryAfter], [Pause]),
// a connection on which the client speaks first ([ClientFirst]), and a body that
// has a limit and ends with its context ([Bound]).
//
// It knows neither Kubernetes nor Docker: the packages above it decide what to
// ask, what an answer means, and what to advise.
package wire
