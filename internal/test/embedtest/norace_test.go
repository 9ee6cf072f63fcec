//go:build !race

package embedtest

// raceFlag builds the separate module as this test is built, so that the two
// share what is compiled already.
const raceFlag = "-race=false"
