package policy

import (
	"bytes"
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
		found := false
		for _, t := range ts[at[element][0]:at[element][1]] {
			switch {
			case t.Type == hclsyntax.TokenIdent:
				found = string(t.Bytes) == name
			case found && t.Type == hclsyntax.TokenNumberLit:
				t.Bytes = []byte(value)
			}
		}
		return ts
	})
}

func comma() *hclwrite.Token { return &hclwrite.Token{Type: hclsyntax.TokenComma, Bytes: []byte(",")} }

// endsLine reports whether a line ends with a token, as it does with those comments that reach to its end.
func endsLine(t *hclwrite.Token) bool { return bytes.HasSuffix(t.Bytes, []byte("\n")) }

// commaOf gives the index of the comma behind an element, or -1.
func commaOf(ts hclwrite.Tokens, element [2]int) int {
	i := element[1]
	for ts[i].Type == hclsyntax.TokenComment && !endsLine(ts[i]) {
		i++
	}
	if ts[i].Type != hclsyntax.TokenComma {
		return -1
	}
	return i
}

// own gives the tokens of an element with its comma, the comments right above it and those behind it on its line.
func own(ts hclwrite.Tokens, at [2]int) (from, end int) {
	from, end = at[0], max(at[1], commaOf(ts, at)+1)
	for from > 1 && ts[from-1].Type == hclsyntax.TokenComment && endsLine(ts[from-1]) && endsLine(ts[from-2]) {
		from--
	}
	for i := end; ts[i].Type == hclsyntax.TokenComment || ts[i].Type == hclsyntax.TokenNewline; i++ {
		if end = i + 1; endsLine(ts[i]) {
			break
		}
	}
	return from, end
}

// addElement adds an element behind the last one and what is on its line, with a comma if that has one.
func addElement(list, text string) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		last := at[len(at)-1]
		more := tokensOf(text, ts[last[0]])
		_, end := own(ts, last)
		if !endsLine(ts[end-1]) { // all on one line
			more[0].SpacesBefore = 1
		} else {
			more = append(more, &hclwrite.Token{Type: hclsyntax.TokenNewline, Bytes: []byte("\n")})
		}
		if commaOf(ts, last) < 0 {
			ts = slices.Insert(ts, last[1], comma())
			end++
		} else {
			more = slices.Insert(more, len(more)-1, comma())
		}
		return slices.Insert(ts, end, more...)
	})
}

func removeElement(list string, element int) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		from, end := own(ts, at[element])
		if end < len(ts) && element == 0 {
			ts[end].SpacesBefore = ts[from].SpacesBefore
		}
		return slices.Delete(ts, from, end)
	})
}

// moveToFront makes an element the first one.
func moveToFront(list string, element int) func([]byte) ([][]byte, error) {
	return inList(list, func(ts hclwrite.Tokens, at [][2]int) hclwrite.Tokens {
		from, end := own(ts, at[element])
		first, _ := own(ts, at[0])
		moved := slices.Clone(ts[from:end])
		moved[0].SpacesBefore, ts[first].SpacesBefore = ts[first].SpacesBefore, moved[0].SpacesBefore
		without := commaOf(ts, at[element]) < 0
		ts = slices.Delete(ts, from, end)
		if without { // it needs one, and what is the last one now needs none
			moved = slices.Insert(moved, at[element][1]-from, comma())
			i := commaOf(ts, at[element-1])
			ts = slices.Delete(ts, i, i+1)
		}
		return slices.Insert(ts, first, moved...)
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
		"add a field, bare": {
			setValue("nsfw_allowed", cty.True),
			[][]string{{"  min_priority = 5\n", "  nsfw_allowed = true\n  min_priority = 5\n"}, {bareEnd, bareEnd + "  nsfw_allowed = true\n"}},
		},
		"add a name to a list, bare": {setValue("allowed_users", texts("alice@aurelia", "carol@home")), [][]string{{`"alice@aurelia"]`, `"alice@aurelia", "carol@home"]`}}},
		"remove an override, bare":   {removeElement("per_peer_overrides", 0), [][]string{{`{ peer = "alice@aurelia", min_priority = 3 }`, ""}}},

		"read and write, everywhere": {same, [][]string{{}}},
		"set a number, everywhere":   {setValue("min_priority", number(7)), [][]string{{"/* z */ 5", "/* z */ 7"}}},
		"add a field, everywhere": {
			setValue("denied_users", texts("eve@pub")),
			[][]string{{"// F\n", "// F\n  denied_users = [\"eve@pub\"]\n"}, {"// F\n", "// F\n  denied_users  = [\"eve@pub\"]\n"}},
		},
		"remove a field, everywhere": {
			hclEdit(func(b *hclwrite.Body) { b.RemoveAttribute("min_priority") }),
			[][]string{{"  /* x */ min_priority /* y */ = /* z */ 5 /* A */ // B\n", ""}},
		},
		"add a name to a list, everywhere": {setValue("allowed_users", texts("alice@aurelia", "bob@lex", "carol@home")), [][]string{
			{`"bob@lex" /* E */ ]`, `"bob@lex" /* E */, "carol@home" ]`}, {`"bob@lex" /* E */ ]`, `"bob@lex", "carol@home" /* E */ ]`},
		}},
		"set a field of a slot, everywhere": {setNumber("slots", 1, "max_concurrent", "6"), [][]string{{"/* o */ 8", "/* o */ 6"}}},
		"add a slot, everywhere":            {addElement("slots", more), [][]string{{"/* t */ } // u\n", "/* t */ }, // u\n    " + more + "\n"}}},
		"remove a slot, everywhere": {
			removeElement("slots", 1),
			[][]string{{"    // m\n    { /* n */ kind = \"cpu\", max_concurrent = /* o */ 8 /* p */, weight = 30 /* q */ } /* r */, /* s */\n", ""}},
		},
		"move a slot, everywhere": {moveToFront("slots", 2), [][]string{
			{
				"    { kind = \"text\", max_concurrent = 4, weight = 20 /* t */ } // u\n", "", "/* r */, /* s */", "/* r */ /* s */",
				"    { kind = \"gpu", "    { kind = \"text\", max_concurrent = 4, weight = 20 /* t */ }, // u\n    { kind = \"gpu",
			},
		}},
	}
}
