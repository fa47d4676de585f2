// Package demo carries the module that a demonstration runs: a real WASI command of a few hundred bytes.
//
// It counts the primes up to its one argument (1 to 1000000000; 200000000 if there is none, which takes about a second
// on one core), prints how far it is ten times on the way, and last the result: "11078937 primes up to 200000000". A
// wrong argument prints the usage and exits with code 2.
package demo

import _ "embed"

//go:generate wat2wasm primes.wat -o primes.wasm

// Module is the module. It must not be changed.
//
//go:embed primes.wasm
var Module []byte
