package workflow

import (
	"bytes"
	"testing"
)

// There is one form of each definition, and in it every activity has its class: none follows another's by being left out.
func TestADefinitionWithoutAClassIsNone(t *testing.T) {
	d := compiled(t, "workflow x { privacy: public-mesh, activities: [ { name: a, runner: text, prompt: \"p\" } ] }")
	sound := d.Encode()
	if _, err := Decode(sound); err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(sound, []byte("public-mesh"))
	for _, class := range []string{"unknown", "", "secret"} {
		b := append(append(bytes.Clone(sound[:at]), class...), sound[at+len("public-mesh"):]...)
		if d, err := Decode(b); err == nil {
			t.Errorf("%q is taken as %s", class, d.ClassOf(&d.Activities[0]))
		}
	}
}
