package privacy

import "testing"

func TestClasses(t *testing.T) {
	for _, tc := range []struct {
		name, badge string
		class       Class
	}{
		{"local-only", "LOCAL", LocalOnly},
		{"paired-peers-only", "PAIRED", PairedPeersOnly},
		{"public-mesh", "PUBLIC", PublicMesh},
	} {
		got, err := Parse(tc.name)
		if err != nil || got != tc.class || got.String() != tc.name || got.Badge() != tc.badge {
			t.Errorf("Parse(%q) = %v (%s), %v", tc.name, got, got.Badge(), err)
		}
	}
}

func TestUnknownIsLoudAndPublic(t *testing.T) {
	for _, s := range []string{"", "PUBLIC", "private", "local-only "} {
		c, err := Parse(s)
		if err == nil || c != Unknown {
			t.Errorf("Parse(%q) = %v, %v; want Unknown and an error", s, c, err)
		}
	}
	for _, c := range []Class{Unknown, Class(200), FromNumber(9)} {
		if c.Badge() != "?" || c.Effective() != PublicMesh || c.Tip() == "" {
			t.Errorf("class %d: badge %q, effective %v", c, c.Badge(), c.Effective())
		}
	}
	if !Unknown.Wider(PairedPeersOnly) || LocalOnly.Wider(PairedPeersOnly) {
		t.Error("Unknown must be wider than paired, local must not")
	}
}
