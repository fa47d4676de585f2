// Package e2e holds what no single package can promise alone.
//
// Its tests are of three sorts. Architecture tests read the sources and keep the rooms apart: which package may import
// which, what lies at the top of the repository, that every package says what it promises. Documentation tests compare
// docs and README with the code, so that a path, a command, an error code or a dependency named there exists, and one
// that exists is named. Journeys start real processes: a host, a friend who joins it with an invite, an intruder who
// tries to; they speak to each other over real sockets on this machine, and are ended by the test that began them.
//
// Nothing here is imported by the program. A test that needs a program which this machine lacks skips and says which.
package e2e
