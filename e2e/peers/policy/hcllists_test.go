package policy

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// The elements of a list in HCL have no interface: hclwrite gives the tokens of the whole value, and takes others. What
// follows exchanges as few of them as a careful author of a tool would.

// inList edits the tokens of a list, of which elements gives the ranges of the elements.
func inList(name string, edit func(ts hclwrite.Tokens, elements [][2]int) hclwrite.Tokens) func([]byte) ([][]byte, error) {
	return hclEdit(func(b *hclwrite.Body) {
		ts := b.GetAttribute(name).Expr().BuildTokens(nil)
		b.SetAttributeRaw(name, edit(ts, elements(ts)))
	})
}

// elements gives the tokens of each element of a list, from and up to, without commas, comments and line ends.
func elements(ts hclwrite.Tokens) [][2]int {
	var out [][2]int
	depth, from := 0, -1
	for i, t := range ts {
		switch t.Type {
		case hclsyntax.TokenOBrack, hclsyntax.TokenOBrace:
			depth++
			if depth == 2 && from < 0 {
				from = i
			}
			continue
		case hclsyntax.TokenCBrack, hclsyntax.TokenCBrace:
			depth--
			if depth == 1 {
				out = append(out, [2]int{from, i + 1})
				from = -1
			}
		}
	}
	return out
}

// tokensOf gives the tokens of a value, with what stands before the first one as before another.
func tokensOf(text string, like *hclwrite.Token) hclwrite.Tokens {
	f, diags := hclwrite.ParseConfig([]byte("x = "+text+"\n"), "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil
	}
	ts := f.Body().GetAttribute("x").Expr().BuildTokens(nil)
	ts[0].SpacesBefore = like.SpacesBefore
	return ts
}

// setNumber sets a number in an element of a list of records.
func setNumber(list string, element int, name, value string) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		in := ts[at[element][0]:at[element][1]]
		for i, t := range in {
			if t.Type == hclsyntax.TokenIdent && string(t.Bytes) == name {
				in[i+2].Bytes = []byte(value)
			}
		}
		return ts
	})
}

// addElement adds an element behind the last one, its comma and a comment on its line.
func addElement(list, text string) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		last := at[len(at)-1]
		end := last[1]
		more := tokensOf(text, ts[last[0]])
		comma := &hclwrite.Token{Type: hclsyntax.TokenComma, Bytes: []byte(",")}
		if ts[end].Type != hclsyntax.TokenComma { // all on one line
			more[0].SpacesBefore = 1
			return slices.Insert(ts, end, append(hclwrite.Tokens{comma}, more...)...)
		}
		end++
		for ts[end-1].Type != hclsyntax.TokenNewline && ts[end-1].Type != hclsyntax.TokenComment { // which ends its line
			end++
		}
		more = append(more, comma, &hclwrite.Token{Type: hclsyntax.TokenNewline, Bytes: []byte("\n")})
		return slices.Insert(ts, end, more...)
	})
}

// own gives the tokens of an element with its comma, the comments right above it and the one behind it.
func own(ts hclwrite.Tokens, at [2]int) (from, end int) {
	from, end = at[0], at[1]
	if ts[end].Type == hclsyntax.TokenComma {
		end++
	}
	for from > 1 && ts[from-1].Type == hclsyntax.TokenComment && ts[from-2].Type != hclsyntax.TokenComma {
		from--
	}
	if ts[end].Type == hclsyntax.TokenComment || ts[end].Type == hclsyntax.TokenNewline {
		end++
	}
	return from, end
}

func removeElement(list string, element int) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		from, end := own(ts, at[element])
		return slices.Delete(ts, from, end)
	})
}

// moveToFront makes an element the first one.
func moveToFront(list string, element int) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		from, end := own(ts, at[element])
		first, _ := own(ts, at[0])
		moved := slices.Clone(ts[from:end])
		if ts[end-1].Type == hclsyntax.TokenCBrace { // it had no comma, and what was before it has one too many
			moved = append(moved, ts[from-1])
			moved[0].SpacesBefore, ts[first].SpacesBefore = ts[first].SpacesBefore, moved[0].SpacesBefore
			from--
		}
		return slices.Insert(slices.Delete(ts, from, end), first, moved...)
	})
}

func listEdits() map[string]way {
	const (
		gpu   = "    // the big card\n"
		cpu   = "    // quiet cores\n    { kind = \"cpu\", /* of 16 */ max_concurrent = 8, weight = 30 }, // fans are loud\n"
		text  = "    { kind = \"text\", max_concurrent = 4, weight = 20 }, // small models\n"
		more  = "{ kind = \"embed\", max_concurrent = 1, weight = 10 }"
		bob   = "{ peer = \"bob@lex\", min_priority = 3 }"
		march = "since March\n"
		end   = march + "  ]\n"

		bareGPU = `{ kind = "gpu", max_concurrent = 2, weight = 50 }`
		bareCPU = `{ kind = "cpu", max_concurrent = 8, weight = 50 }`
		bareEnd = "min_priority = 3 }]\n"
	)
	same := hclEdit(func(*hclwrite.Body) {})
	return map[string]way{
		"read and write":        {same, [][]string{{}}},
		"set a number":          {setValue("min_priority", number(7)), [][]string{{"min_priority  = 5", "min_priority  = 7"}}},
		"set a field of a slot": {setNumber("slots", 1, "max_concurrent", "6"), [][]string{{"concurrent = 8", "concurrent = 6"}}},
		"add a slot":            {addElement("slots", more), [][]string{{"small models\n", "small models\n    " + more + ",\n"}, {"embeddings yet\n", "embeddings yet\n    " + more + ",\n"}}},
		"remove a slot":         {removeElement("slots", 1), [][]string{{cpu, ""}, {cpu + "\n", ""}}},
		"move a slot":           {moveToFront("slots", 2), [][]string{{text, "", gpu, text + gpu}, {"\n" + text, "", gpu, text + gpu}}},
		"add a field":           {setValue("denied_users", texts("eve@pub")), hclDenied(end)},
		"remove a field":        {hclEdit(func(b *hclwrite.Body) { b.RemoveAttribute("min_priority") }), hclPriority},
		"add an override":       {addElement("per_peer_overrides", bob), [][]string{{march, march + "    " + bob + ",\n"}}},
		"add a field to an override": {inList("per_peer_overrides", func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
			more := tokensOf("{ a = 1, min_priority = 3 }", ts[0])
			return slices.Insert(ts, at[0][1]-1, more[4:len(more)-1]...) // from the comma on
		}), [][]string{{"nsfw_allowed = true }", "nsfw_allowed = true, min_priority = 3 }"}}},
		"add a name to a list": {setValue("allowed_users", texts("alice@aurelia", "bob@lex", "carol@home")), [][]string{{`"bob@lex"]`, `"bob@lex", "carol@home"]`}}},

		"read and write, bare":        {same, [][]string{{}}},
		"set a field of a slot, bare": {setNumber("slots", 1, "max_concurrent", "6"), [][]string{{"concurrent = 8", "concurrent = 6"}}},
		"add a slot, bare":            {addElement("slots", more), [][]string{{bareCPU, bareCPU + ", " + more}}},
		"remove a slot, bare":         {removeElement("slots", 0), [][]string{{bareGPU + ", ", ""}}},
		"move a slot, bare":           {moveToFront("slots", 1), [][]string{{bareGPU + ", " + bareCPU, bareCPU + ", " + bareGPU}}},
		"add a field, bare": {setValue("nsfw_allowed", cty.True),
			[][]string{{"  min_priority = 5\n", "  nsfw_allowed = true\n  min_priority = 5\n"}, {bareEnd, bareEnd + "  nsfw_allowed = true\n"}}},
		"add a name to a list, bare": {setValue("allowed_users", texts("alice@aurelia", "carol@home")), [][]string{{`"alice@aurelia"]`, `"alice@aurelia", "carol@home"]`}}},
		"remove an override, bare":   {removeElement("per_peer_overrides", 0), [][]string{{`{ peer = "alice@aurelia", min_priority = 3 }`, ""}}},
	}
}
