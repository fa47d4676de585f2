package policy

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// byValue edits a list by its value, which is what hclwrite has for it: the attribute is written anew.
func byValue(name string, edit func([]cty.Value) []cty.Value) func([]byte) ([][]byte, error) {
	return hclEdit(func(b *hclwrite.Body) {
		expr, diags := hclsyntax.ParseExpression(b.GetAttribute(name).Expr().BuildTokens(nil).Bytes(), "", hcl.InitialPos)
		if diags.HasErrors() {
			return
		}
		v, _ := expr.Value(nil)
		b.SetAttributeValue(name, cty.TupleVal(edit(v.AsValueSlice())))
	})
}

// with gives a record with a field set.
func with(record cty.Value, name string, v cty.Value) cty.Value {
	fields := maps.Clone(record.AsValueMap())
	fields[name] = v
	return cty.ObjectVal(fields)
}

func setInValue(list string, i int, name string, v cty.Value) func([]byte) ([][]byte, error) {
	return byValue(list, func(all []cty.Value) []cty.Value {
		all[i] = with(all[i], name, v)
		return all
	})
}

func addValue(list string, v map[string]cty.Value) func([]byte) ([][]byte, error) {
	return byValue(list, func(all []cty.Value) []cty.Value { return append(all, cty.ObjectVal(v)) })
}

func removeValue(list string, i int) func([]byte) ([][]byte, error) {
	return byValue(list, func(all []cty.Value) []cty.Value { return slices.Delete(all, i, i+1) })
}

func moveValue(list string, i int) func([]byte) ([][]byte, error) {
	return byValue(list, func(all []cty.Value) []cty.Value {
		v := all[i]
		return slices.Insert(slices.Delete(all, i, i+1), 0, v)
	})
}

// valueEdits are those of the lists, with elements edited by the value of their list.
func valueEdits() map[string]way {
	embed := map[string]cty.Value{"kind": cty.StringVal("embed"), "max_concurrent": number(1), "weight": number(10)}
	bob := map[string]cty.Value{"peer": cty.StringVal("bob@lex"), "min_priority": number(3)}
	edits := listEdits()
	for name, do := range map[string]func([]byte) ([][]byte, error){
		"set a field of a slot":      setInValue("slots", 1, "max_concurrent", number(6)),
		"add a slot":                 addValue("slots", embed),
		"remove a slot":              removeValue("slots", 1),
		"move a slot":                moveValue("slots", 2),
		"add an override":            addValue("per_peer_overrides", bob),
		"add a field to an override": setInValue("per_peer_overrides", 0, "min_priority", number(3)),

		"set a field of a slot, bare": setInValue("slots", 1, "max_concurrent", number(6)),
		"add a slot, bare":            addValue("slots", embed),
		"remove a slot, bare":         removeValue("slots", 0),
		"move a slot, bare":           moveValue("slots", 1),
		"remove an override, bare":    removeValue("per_peer_overrides", 0),

		"set a field of a slot, everywhere": setInValue("slots", 1, "max_concurrent", number(6)),
		"add a slot, everywhere":            addValue("slots", embed),
		"remove a slot, everywhere":         removeValue("slots", 1),
		"move a slot, everywhere":           moveValue("slots", 2),
	} {
		w := edits[name]
		w.do = do
		edits[name] = w
	}
	return edits
}
