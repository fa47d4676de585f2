package policy

import (
	"strings"
	_ "time/tzdata" // machines without the database of zones (Windows has none) know them all the same
)

// zones are those that are looked through for a name like one that is unknown.
func zones() []string {
	return strings.Fields(`UTC CET EET WET GMT EST MST HST
Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi
America/Anchorage America/Argentina/Buenos_Aires America/Bogota America/Chicago America/Denver America/Halifax
America/Lima America/Los_Angeles America/Mexico_City America/New_York America/Phoenix America/Santiago
America/Sao_Paulo America/Toronto America/Vancouver
Asia/Bangkok Asia/Dhaka Asia/Dubai Asia/Ho_Chi_Minh Asia/Hong_Kong Asia/Jakarta Asia/Jerusalem Asia/Karachi
Asia/Kathmandu Asia/Kolkata Asia/Manila Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei Asia/Tashkent
Asia/Tehran Asia/Tokyo
Atlantic/Azores Atlantic/Reykjavik
Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Melbourne Australia/Perth Australia/Sydney
Europe/Amsterdam Europe/Athens Europe/Belgrade Europe/Berlin Europe/Brussels Europe/Bucharest Europe/Budapest
Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/London
Europe/Luxembourg Europe/Madrid Europe/Moscow Europe/Oslo Europe/Paris Europe/Prague Europe/Rome Europe/Sofia
Europe/Stockholm Europe/Vienna Europe/Vilnius Europe/Warsaw Europe/Zurich
Pacific/Auckland Pacific/Honolulu`)
}

// nearestZone is the common zone most like a name: by its city alone, whatever its capitals, or with the part before.
func nearestZone(s string) string {
	plain := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "_")) }
	s = plain(s)
	all := zones()
	lower := make([]string, len(all))
	for i, z := range all {
		lower[i] = plain(z)
		if s == lower[i] || s == lower[i][strings.LastIndexByte(lower[i], '/')+1:] {
			return z
		}
	}
	if n := nearest(s, lower); n != "" {
		for i := range lower {
			if lower[i] == n {
				return all[i]
			}
		}
	}
	return ""
}
