// Package peers measures voxmesh beside the programs and libraries that do the same: each benchmark runs both in turn, in
// one process and on the same input, and reports ratios, since machines are noisy and ratios less so.
//
// It is a module of its own, with tests only, so that nobody who uses voxmesh carries its peers. What a benchmark needs
// and the machine lacks makes it skip and say what to install. From this folder:
//
//	npm ci                                    # d3-force, for the layout
//	apt-get install graphviz                  # sfdp, for the layout
//	go test -run '^$' -bench . -benchtime 3x  # three rounds; each one is a graph of its own
package peers
