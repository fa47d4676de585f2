package policypane

import (
	"strings"

	"voxmesh/policy"
)

// column is a cell of a table as it is drawn: from column at on, from the border of the region.
type column struct {
	field string // its name in the record
	head  string
	at, w int
	right bool
}

// entry is a field of the policy as the form shows it.
type entry struct {
	field  policy.Field
	label  string
	absent string // what stands there where the file does not say
	note   string // of a box: what it allows
	table  []column
	add    string // the words of the row that adds
	gap    bool   // a blank row before it, where all has room
}

// Columns of the form, from the border of its region.
const (
	labelAt = 2
	markAt  = 18 // of a single field: the cursor, then the dot
	valueAt = 20
	numberW = 8  // of a single number, whose unit follows
	noteAt  = 50 // what it was, what it means
	weighAt = 30 // the sum of the weights
)

// Names of the fields that the form treats in a way of their own.
const (
	slots   = "slots"
	peers   = "per_peer_overrides"
	hours   = "active_hours"
	busy    = "pause_when_busy"
	prices  = "prices"
	longest = "max_job_duration_secs"
	nsfw    = "nsfw_allowed"
)

// entries gives the form in its order.
func entries() []entry {
	all := map[string]policy.Field{}
	for _, f := range policy.Schema() {
		all[f.Name] = f
	}
	out := []entry{
		{field: all[slots], label: "Slots", absent: "none: nothing is given", add: "+ add a slot", table: []column{
			{"kind", "kind", valueAt, 7, false}, {"max_concurrent", "at once", 29, 7, true}, {"weight", "weight", 39, 6, true},
		}},
		{field: all["public_mesh_opt_in"], label: "Public mesh", note: "its jobs may run here", gap: true},
		{field: all[nsfw], label: "NSFW", note: "allowed"},
		{field: all[longest], label: "Longest job"},
		{field: all["min_priority"], label: "Least priority"},
		{field: all["allowed_scopes"], label: "Scopes", gap: true},
		{field: all["allowed_users"], label: "Users"},
		{field: all["denied_users"], label: "Users refused"},
		{field: all["allowed_mesh_networks"], label: "Mesh networks"},
		{field: all[peers], label: "Peers", add: "+ add a peer", gap: true, table: []column{
			{"peer", "peer", valueAt, 14, false}, {nsfw, "NSFW", 35, 5, false}, {"min_priority", "least", 42, 5, true}, {"max_concurrent", "at once", 49, 7, true},
		}},
		{field: all[hours], label: "Hours", add: "+ add hours", gap: true, table: []column{
			{"days", "days", valueAt, 12, false}, {"from", "from", 33, 5, false}, {"to", "to", 40, 5, false}, {"zone", "zone", 47, 11, false},
		}},
		{field: all[busy], label: "When I am busy", table: []column{
			{"cpu_percent", "cpu %", valueAt, 5, true}, {"gpu_percent", "gpu %", 29, 5, true}, {"input_secs", "input s", 36, 7, true}, {"grace_secs", "grace s", 47, 7, true},
		}},
		{field: all["commands"], label: "Commands"},
		{field: all["models"], label: "Models"},
		{field: all[prices], label: "Prices", absent: "none", add: "+ add a price", table: []column{
			{"kind", "kind", valueAt, 7, false}, {"usd_per_hour", "$ an hour", 29, 9, true}, {"usd_per_million_tokens", "$ per 1 M tokens", 40, 16, true},
		}},
	}
	for i := range out {
		if out[i].absent == "" {
			out[i].absent = out[i].field.Absent
		}
	}
	return out
}

// sub is the field of a column.
func (e *entry) sub(name string) policy.Field {
	for _, f := range e.field.Fields {
		if f.Name == name {
			return f
		}
	}
	return policy.Field{Name: name}
}

// empty says what a list that is there and has nothing in it means.
func (e *entry) empty() string {
	switch e.field.Name {
	case slots:
		return "none: nothing is given"
	case hours:
		return "never"
	}
	return "none"
}

// brief is the help of a field for one row, of which a part is taken by what comes before.
func brief(f policy.Field) string {
	s := strings.TrimSuffix(f.Help, ".")
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		s = strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
