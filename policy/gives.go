package policy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// GivesModel reports whether a model may be asked here. Without a list every one may; no list gives the empty name.
func (p *Policy) GivesModel(name string) bool { return p.Models == nil || p.modelIndex(name) >= 0 }

// modelIndex is the place of the first entry that gives a model, or -1.
func (p *Policy) modelIndex(name string) int {
	if name == "" {
		return -1
	}
	return slices.IndexFunc(p.Models, func(m string) bool { return modelFits(m, name) })
}

// modelFits reports whether an entry of models stands for a name: itself, or all that begin like it if it ends in *. A
// name without a tag is the one with the tag latest, as everywhere with models.
func modelFits(entry, name string) bool {
	if begin, ok := strings.CutSuffix(entry, "*"); ok {
		return strings.HasPrefix(tagged(name), begin)
	}
	return entry == name || tagged(entry) == tagged(name)
}

func tagged(model string) string {
	if strings.Contains(model, ":") {
		return model
	}
	return model + ":latest"
}

// GivesCommand reports whether command jobs may run a program, by its name. What is not listed they may not.
func (p *Policy) GivesCommand(name string) bool {
	return name != "" && slices.Contains(p.Commands, name)
}

// MostFor is the most generous that nsfw_allowed and min_priority are for anybody of a mesh, by this machine's name of it:
// as they are for all, or by the overrides of one peer. A host that heard less would never ask for those peers; whom
// exactly they hold for, Decide says.
func (p *Policy) MostFor(mesh string) (nsfw bool, minPriority uint8) {
	last := make(map[string]Override)
	for _, o := range p.Overrides {
		if user, ok := strings.CutSuffix(o.Peer, "@"+mesh); !ok || user == "" {
			continue
		}
		was := last[o.Peer]
		last[o.Peer] = Override{NSFWAllowed: cmp.Or(o.NSFWAllowed, was.NSFWAllowed), MinPriority: cmp.Or(o.MinPriority, was.MinPriority)}
	}
	nsfw, minPriority = p.NSFWAllowed, p.MinPriority
	for _, o := range last {
		nsfw = nsfw || o.NSFWAllowed != nil && *o.NSFWAllowed
		if o.MinPriority != nil {
			minPriority = min(minPriority, *o.MinPriority)
		}
	}
	return nsfw, minPriority
}

// PriceOf gives the owner's price for a kind of work. False: there is none, and what the mesh says holds.
func (p *Policy) PriceOf(kind string) (Price, bool) {
	for _, price := range p.Prices {
		if price.Kind == kind && kind != "" {
			return price, true
		}
	}
	return Price{}, false
}

// micro is a number of millionths.
type micro int64

// String writes millionths as a decimal number, exactly and without zeros at its end.
func (m micro) String() string {
	sign, u := "", uint64(m)
	if m < 0 {
		sign, u = "-", -u
	}
	s := fmt.Sprintf("%d.%06d", u/1e6, u%1e6)
	return sign + strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// MarshalJSON writes a number of dollars.
func (m micro) MarshalJSON() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalJSON reads a number of dollars with at most six decimals.
func (m *micro) UnmarshalJSON(b []byte) error {
	v, err := parseMicro(string(b))
	if err != nil {
		return fmt.Errorf("an amount: %w", err)
	}
	*m = micro(v)
	return nil
}

// priceJSON is a Price as it is written: in dollars.
type priceJSON struct {
	Kind             string `json:"kind"`
	PerHour          *micro `json:"usd_per_hour,omitempty"`
	PerMillionTokens *micro `json:"usd_per_million_tokens,omitempty"`
}

// MarshalJSON writes the amounts as numbers of dollars.
func (p Price) MarshalJSON() ([]byte, error) {
	return json.Marshal(priceJSON{p.Kind, (*micro)(p.PerHour), (*micro)(p.PerMillionTokens)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Price) UnmarshalJSON(b []byte) error {
	var j priceJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return err
	}
	*p = Price{j.Kind, (*int64)(j.PerHour), (*int64)(j.PerMillionTokens)}
	return nil
}
