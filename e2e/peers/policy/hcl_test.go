package policy

import (
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// hclMeans gives the values of a file's attributes, and its blocks in their order.
func hclMeans(b []byte) (any, error) {
	f, diags := hclsyntax.ParseConfig(b, "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return bodyMeans(f.Body.(*hclsyntax.Body))
}

func bodyMeans(body *hclsyntax.Body) (any, error) {
	values, blocks := make(map[string]any), make(map[string][]any)
	for name, a := range body.Attributes {
		v, diags := a.Expr.Value(nil)
		if diags.HasErrors() {
			return nil, diags
		}
		b, err := json.Marshal(ctyjson.SimpleJSONValue{Value: v})
		if err != nil {
			return nil, err
		}
		var out any
		if err := json.Unmarshal(b, &out); err != nil {
			return nil, err
		}
		values[name] = out
	}
	for _, b := range body.Blocks {
		inner, err := bodyMeans(b.Body)
		if err != nil {
			return nil, err
		}
		blocks[b.Type] = append(blocks[b.Type], []any{b.Labels, inner})
	}
	return []any{values, blocks}, nil
}

// hclEdit makes an edit of the policy. The result is given as the file is written, which formats it, and by its tokens.
func hclEdit(edit func(*hclwrite.Body)) func([]byte) ([][]byte, error) {
	return func(b []byte) ([][]byte, error) {
		f, diags := hclwrite.ParseConfig(b, "", hcl.InitialPos)
		if diags.HasErrors() {
			return nil, diags
		}
		edit(f.Body().FirstMatchingBlock("policy", []string{"donations"}).Body())
		return [][]byte{f.BuildTokens(nil).Bytes(), f.Bytes()}, nil
	}
}

func number(n int64) cty.Value { return cty.NumberIntVal(n) }

func texts(all ...string) cty.Value {
	var vals []cty.Value
	for _, s := range all {
		vals = append(vals, cty.StringVal(s))
	}
	return cty.TupleVal(vals)
}

func setValue(name string, v cty.Value) func([]byte) ([][]byte, error) {
	return hclEdit(func(b *hclwrite.Body) { b.SetAttributeValue(name, v) })
}

func setIn(kind, label, name string, v cty.Value) func([]byte) ([][]byte, error) {
	return hclEdit(func(b *hclwrite.Body) { b.FirstMatchingBlock(kind, []string{label}).Body().SetAttributeValue(name, v) })
}

func removeBlock(kind, label string) func([]byte) ([][]byte, error) {
	return hclEdit(func(b *hclwrite.Body) { b.RemoveBlock(b.FirstMatchingBlock(kind, []string{label})) })
}

// moveFirst makes a block the first of its kind: there is nothing to put one before others, so these go behind it.
func moveFirst(kind string, others ...string) func([]byte) ([][]byte, error) {
	return hclEdit(func(b *hclwrite.Body) {
		for _, label := range others {
			block := b.FirstMatchingBlock(kind, []string{label})
			b.RemoveBlock(block)
			b.AppendBlock(block)
		}
	})
}

func addSlot(b *hclwrite.Body) {
	slot := b.AppendNewBlock("slot", []string{"embed"}).Body()
	slot.SetAttributeValue("max_concurrent", number(1))
	slot.SetAttributeValue("weight", number(10))
}

func addOverride(b *hclwrite.Body) {
	b.AppendNewBlock("override", []string{"bob@lex"}).Body().SetAttributeValue("min_priority", number(3))
}

// Results that are wanted of both ways to write HCL. A new field may stand where we would put it, or at the end.
func hclDenied(atEnd string) [][]string {
	const friends = `["alice@aurelia", "bob@lex"] // friends` + "\n"
	return [][]string{
		{friends, friends + "  denied_users  = [\"eve@pub\"]\n"},
		{friends, friends + "  denied_users = [\"eve@pub\"]\n"},
		{atEnd + "} //", atEnd + "  denied_users = [\"eve@pub\"]\n} //"},
	}
}

var hclPriority = [][]string{
	{"  // below this nobody waits\n  min_priority  = 5                            // normal\n", ""},
	{"\n  // below this nobody waits\n  min_priority  = 5                            // normal\n", ""},
}

func blockEdits() map[string]way {
	const (
		big   = "  // the big card\n  slot \"gpu\" {\n    max_concurrent = 2\n    weight         = 50 // day and night\n  }\n"
		quiet = "  // quiet cores\n  slot \"cpu\" {\n    /* of 16 */ max_concurrent = 8\n    weight                     = 30 // fans are loud\n  }\n"
		small = "  slot \"text\" {\n    max_concurrent = 4\n    weight         = 20 // small models\n  }\n"
		more  = "  slot \"embed\" {\n    max_concurrent = 1\n    weight         = 10\n  }\n"
		less  = "  slot \"embed\" {\n    max_concurrent = 1\n    weight = 10\n  }\n"
		bob   = "  override \"bob@lex\" {\n    min_priority = 3\n  }\n"
		march = "    nsfw_allowed = true // since March\n  }\n"

		bareGPU = "  slot \"gpu\" {\n    max_concurrent = 2\n    weight = 50\n  }\n"
		bareCPU = "  slot \"cpu\" {\n    max_concurrent = 8\n    weight = 50\n  }\n"
		bareEnd = "    min_priority = 3\n  }\n"

		evenCPU  = "  // m\n  slot \"cpu\" { /* n */\n    max_concurrent = /* o */ 8 /* p */\n    weight = 30 /* q */\n    /* r */\n  } /* s */\n"
		evenText = "  slot \"text\" {\n    max_concurrent = 4\n    weight = 20 /* t */\n  } // u\n"
	)
	same := hclEdit(func(*hclwrite.Body) {})
	return map[string]way{
		"read and write":             {same, [][]string{{}}},
		"set a number":               {setValue("min_priority", number(7)), [][]string{{"min_priority  = 5", "min_priority  = 7"}}},
		"set a field of a slot":      {setIn("slot", "cpu", "max_concurrent", number(6)), [][]string{{"concurrent = 8", "concurrent = 6"}}},
		"add a slot":                 {hclEdit(addSlot), [][]string{{small, small + more}, {march, march + more}, {march, march + less}}},
		"remove a slot":              {removeBlock("slot", "cpu"), [][]string{{quiet, ""}, {quiet + "\n", ""}}},
		"move a slot":                {moveFirst("slot", "gpu", "cpu"), [][]string{{small, "", big, small + big}, {"\n" + small, "", big, small + big}, {small, "", big, small + "\n" + big}}},
		"add a field":                {setValue("denied_users", texts("eve@pub")), hclDenied(march)},
		"remove a field":             {hclEdit(func(b *hclwrite.Body) { b.RemoveAttribute("min_priority") }), hclPriority},
		"add an override":            {hclEdit(addOverride), [][]string{{march, march + bob}, {march, march + "\n" + bob}}},
		"add a field to an override": {setIn("override", "alice@aurelia", "min_priority", number(3)), [][]string{{march, "    nsfw_allowed = true // since March\n    min_priority = 3\n  }\n"}}},
		"add a name to a list":       {setValue("allowed_users", texts("alice@aurelia", "bob@lex", "carol@home")), [][]string{{`"bob@lex"]`, `"bob@lex", "carol@home"]`}}},

		"read and write, bare":        {same, [][]string{{}}},
		"set a field of a slot, bare": {setIn("slot", "cpu", "max_concurrent", number(6)), [][]string{{"concurrent = 8", "concurrent = 6"}}},
		"add a slot, bare":            {hclEdit(addSlot), [][]string{{bareCPU, bareCPU + less}, {bareEnd, bareEnd + less}}},
		"remove a slot, bare":         {removeBlock("slot", "gpu"), [][]string{{bareGPU, ""}}},
		"move a slot, bare":           {moveFirst("slot", "gpu"), [][]string{{bareGPU + bareCPU, bareCPU + bareGPU}}},
		"add a field, bare": {
			setValue("nsfw_allowed", cty.True),
			[][]string{{"  min_priority = 5\n", "  nsfw_allowed = true\n  min_priority = 5\n"}, {bareEnd, bareEnd + "  nsfw_allowed = true\n"}},
		},
		"add a name to a list, bare": {setValue("allowed_users", texts("alice@aurelia", "carol@home")), [][]string{{`"alice@aurelia"]`, `"alice@aurelia", "carol@home"]`}}},
		"remove an override, bare":   {removeBlock("override", "alice@aurelia"), [][]string{{"  override \"alice@aurelia\" {\n" + bareEnd, ""}}},

		"read and write, everywhere": {same, [][]string{{}}},
		"set a number, everywhere":   {setValue("min_priority", number(7)), [][]string{{"/* z */ 5", "/* z */ 7"}}},
		"add a field, everywhere": {
			setValue("denied_users", texts("eve@pub")),
			[][]string{{"// F\n", "// F\n  denied_users = [\"eve@pub\"]\n"}, {"// F\n", "// F\n  denied_users  = [\"eve@pub\"]\n"}},
		},
		"remove a field, everywhere": {
			hclEdit(func(b *hclwrite.Body) { b.RemoveAttribute("min_priority") }),
			[][]string{{"  /* x */ min_priority /* y */ = /* z */ 5 /* A */ // B\n", ""}, {"  // w\n  /* x */ min_priority /* y */ = /* z */ 5 /* A */ // B\n", ""}},
		},
		"add a name to a list, everywhere": {setValue("allowed_users", texts("alice@aurelia", "bob@lex", "carol@home")), [][]string{
			{`"bob@lex" /* E */ ]`, `"bob@lex" /* E */, "carol@home" ]`}, {`"bob@lex" /* E */ ]`, `"bob@lex", "carol@home" /* E */ ]`},
		}},
		"set a field of a slot, everywhere": {setIn("slot", "cpu", "max_concurrent", number(6)), [][]string{{"/* o */ 8", "/* o */ 6"}}},
		"add a slot, everywhere":            {hclEdit(addSlot), [][]string{{"  } // u\n", "  } // u\n" + less}, {"// F\n", "// F\n" + less}}},
		"remove a slot, everywhere":         {removeBlock("slot", "cpu"), [][]string{{evenCPU, ""}}},
		"move a slot, everywhere":           {moveFirst("slot", "gpu", "cpu"), [][]string{{evenText, "", "  slot /* e */", evenText + "  slot /* e */"}}},
	}
}
