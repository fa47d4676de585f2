package policy

// Type is what the value of a field is.
type Type uint8

// The types of values.
const (
	Bool    Type = iota // true or false
	Int                 // a whole number from Min to Max
	Decimal             // a number with at most six decimals; Min and Max are in millionths
	Choice              // one of Choices
	Text                // a name or a string
	Clock               // "HH:MM"
	Texts               // a list of names or strings; of Choices where there are any
	Record              // one record of Fields
	Records             // a list of records of Fields
)

// Field says what may stand in a place of the file: what the decoder accepts, what forms offer, what the manual lists.
type Field struct {
	Name     string
	Type     Type
	Min, Max int64
	Choices  []string
	Required bool   // in its record
	Key      bool   // names its record in a path, as in per_peer_overrides[alice@aurelia]
	Unit     string // s, %, USD; empty for a plain number
	Absent   string // what it means that the field is not there, in words: "any", "3600 s"
	Help     string // one sentence for the donor
	Fields   []Field
}

// table is Schema, made once; Go has no constant slices. The decoder reads by it, so that what is accepted is what is told.
var table = Schema()

// Schema gives the fields of a policy in canonical order. The caller may keep and change it.
func Schema() []Field {
	return []Field{
		{Name: fSlots, Type: Records, Absent: "none: nothing is given", Help: "What this machine gives to others, one slot for each kind of work.", Fields: slotFields()},
		{Name: fNSFW, Type: Bool, Absent: "false", Help: "Jobs that are marked NSFW may run here."},
		{Name: fMaxJob, Type: Int, Max: MaxJobSecondsCap, Unit: "s", Absent: "3600 s", Help: "How long a job may take; 0 is no limit."},
		{Name: fPublic, Type: Bool, Absent: "false", Help: "Jobs of the public mesh may run here."},
		{Name: fMinPrio, Type: Int, Max: MaxPriority, Absent: "0", Help: "Jobs of a lower priority are refused: background is 1, normal 5, urgent 9."},
		{Name: fScopes, Type: Texts, Absent: "any", Help: "Only jobs of these scopes may run here."},
		{Name: fUsers, Type: Texts, Absent: "any", Help: "Only these users may use this machine, as in alice@aurelia."},
		{Name: fDenied, Type: Texts, Absent: "none", Help: "These users are refused, whatever else is allowed."},
		{Name: fMeshes, Type: Texts, Absent: "any", Help: "Only these meshes, by their names on this machine, may send jobs."},
		{Name: fOverrides, Type: Records, Absent: "none", Help: "Other settings for single peers; the later of two for one peer wins, field by field.", Fields: overrideFields()},
		{Name: fHours, Type: Records, Absent: "any time", Help: "When others may use this machine; outside these hours nothing is accepted, and what runs goes back to the queue.", Fields: hourFields()},
		{Name: fBusy, Type: Record, Absent: "keep going", Help: "When you need the machine yourself, nothing is accepted, and what runs goes back to the queue after a grace.", Fields: busyFields()},
		{Name: fCommands, Type: Texts, Absent: "none: command jobs are refused", Help: "Programs of this machine that command jobs may run, isolated."},
		{Name: fModels, Type: Texts, Absent: "any that is installed", Help: "Only these models may be asked; a * at the end stands for any rest."},
		{Name: fPrices, Type: Records, Absent: "what the mesh says", Help: "What work here costs those who send it.", Fields: priceFields()},
	}
}

func slotFields() []Field {
	return []Field{
		{Name: fKind, Type: Choice, Choices: Kinds(), Required: true, Key: true, Help: "What kind of work the slot is for."},
		{Name: fMaxConc, Type: Int, Min: 1, Max: MaxConcurrent, Absent: "1", Help: "How many jobs of this kind may run here at one time."},
		{Name: fWeight, Type: Int, Max: MaxWeight, Unit: "%", Absent: "0", Help: "The share of this kind in what the machine gives; all together are 100."},
	}
}

func overrideFields() []Field {
	return []Field{
		{Name: fPeer, Type: Text, Required: true, Key: true, Help: "Whom the settings are for, as in alice@aurelia."},
		{Name: fNSFW, Type: Bool, Absent: "as for all", Help: "Whether this peer's NSFW jobs may run here."},
		{Name: fMinPrio, Type: Int, Max: MaxPriority, Absent: "as for all", Help: "The least priority of this peer's jobs."},
		{Name: fMaxConc, Type: Int, Min: 1, Max: MaxConcurrent, Absent: "no limit of its own", Help: "How many jobs of this peer may run here at one time, of all kinds."},
	}
}

func hourFields() []Field {
	return []Field{
		{Name: fDays, Type: Texts, Choices: Days(), Absent: "every day", Help: "The days on which the hours begin."},
		{Name: fFrom, Type: Clock, Required: true, Help: "When the hours begin, as in 22:00."},
		{Name: fTo, Type: Clock, Required: true, Help: "When they end, as in 07:00, which is the next day if it is not after the beginning."},
		{Name: fZone, Type: Text, Absent: "this machine's", Help: "The time zone, as in Europe/Berlin."},
	}
}

func busyFields() []Field {
	return []Field{
		{Name: fCPU, Type: Int, Min: 1, Max: 100, Unit: "%", Absent: "not looked at", Help: "Busy while your own programs use so much of all cores."},
		{Name: fGPU, Type: Int, Min: 1, Max: 100, Unit: "%", Absent: "not looked at", Help: "Busy while your own programs use so much of a card."},
		{Name: fInput, Type: Int, Min: 1, Max: 86400, Unit: "s", Absent: "not looked at", Help: "Busy until so long after a key or the mouse was touched."},
		{Name: fGrace, Type: Int, Max: 3600, Unit: "s", Absent: "60 s", Help: "What runs may finish for so long; then it goes back to the queue."},
	}
}

func priceFields() []Field {
	return []Field{
		{Name: fKind, Type: Choice, Choices: Kinds(), Required: true, Key: true, Help: "What kind of work the price is for."},
		{Name: fPerHour, Type: Decimal, Max: 1000_000_000, Unit: "USD", Absent: "what the mesh says", Help: "What an hour of a gpu or cpu job costs."},
		{Name: fPerMTok, Type: Decimal, Max: 1000_000_000, Unit: "USD", Absent: "what the mesh says", Help: "What a million tokens of text or embed jobs cost."},
	}
}

// Days are the days of the week as active_hours names them.
func Days() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

// Lookup gives the field at a path, whatever stands in its brackets: slots[1].weight, slots[].weight, min_priority.
func Lookup(path string) (Field, bool) {
	steps, ok := cutPath(path)
	if !ok {
		return Field{}, false
	}
	fields := Schema()
	var found Field
	for _, s := range steps {
		if s.elem {
			continue
		}
		i := indexField(fields, s.name)
		if i < 0 {
			return Field{}, false
		}
		found, fields = fields[i], fields[i].Fields
	}
	return found, true
}

func indexField(fields []Field, name string) int {
	for i, f := range fields {
		if f.Name == name {
			return i
		}
	}
	return -1
}
