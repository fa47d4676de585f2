package graph

import "math"

// hashOf is a number that follows from an id alone: FNV-1a, stirred, so that ids that differ in one letter lie far apart.
func hashOf(id string) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * prime
	}
	return stir(h)
}

// stir is the last step of splitmix64.
func stir(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// fraction is the upper half of h as a number from 0 up to but not 1.
func fraction(h uint64) float64 { return float64(float64(h>>32) / (1 << 32)) }

// turn gives the direction after t turns. The last bits are cut off: sine and cosine differ there between processors.
func turn(t float64) (x, y float64) {
	const grain = 1 << 32
	s, c := math.Sincos(2 * math.Pi * (t - math.Floor(t)))
	return math.Round(c*grain) / grain, math.Round(s*grain) / grain
}
