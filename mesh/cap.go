package mesh

import (
	"strconv"
	"strings"
)

// ParseCap reads a cap as people write it: dollars from 0 to a million with or without a $, or none, which is nil.
// False for anything else.
func ParseCap(text string) (micros *int64, ok bool) {
	if text == "none" || text == "null" {
		return nil, true
	}
	usd, err := strconv.ParseFloat(strings.TrimPrefix(text, "$"), 64)
	if err != nil {
		return nil, false
	}
	m, ok := Micros(usd)
	if !ok {
		return nil, false
	}
	return &m, true
}
