package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/tailscale/hujson"

	"voxmesh/policy"
	"voxmesh/policy/syntax"
)

// large makes a policy of about 250 KB in a language: overrides with comments, one on each line.
func large(begin, override, end string) []byte {
	var b strings.Builder
	b.WriteString(begin)
	for i := range 3_300 {
		if i%10 == 0 {
			fmt.Fprintf(&b, "    // the ten from %d on\n", i)
		}
		fmt.Fprintf(&b, override, i, i%9)
	}
	b.WriteString(end)
	return []byte(b.String())
}

func largeVox() []byte {
	return large("policy donations {\n  per_peer_overrides: [\n",
		"    { peer: \"p%04d@mesh\", nsfw_allowed: true, min_priority: %d }, // known\n", "  ]\n}\n")
}

func largeHCL() []byte {
	return large("policy \"donations\" {\n  per_peer_overrides = [\n",
		"    { peer = \"p%04d@mesh\", nsfw_allowed = true, min_priority = %d }, // known\n", "  ]\n}\n")
}

func largeJSON() []byte {
	return large("{\n  \"per_peer_overrides\": [\n",
		"    { \"peer\": \"p%04d@mesh\", \"nsfw_allowed\": true, \"min_priority\": %d }, // known\n", "  ]\n}\n")
}

// Each reads a text and writes it again.

func voxAgain(b []byte) ([]byte, error) {
	t := syntax.Parse(b)
	out := make([]byte, 0, len(b))
	for i := range t.Tokens() {
		out = append(out, t.TokenText(i)...)
	}
	return out, nil
}

// policyAgain reads what the policy means as well.
func policyAgain(b []byte) ([]byte, error) {
	f := policy.Parse("donations.vox", b)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return bytes.Clone(f.Source()), nil
}

func hclAgain(b []byte) ([]byte, error) {
	f, diags := hclwrite.ParseConfig(b, "", hcl.InitialPos)
	if diags.HasErrors() {
		return nil, diags
	}
	return f.BuildTokens(nil).Bytes(), nil
}

func jsonAgain(b []byte) ([]byte, error) {
	v, err := hujson.Parse(b)
	if err != nil {
		return nil, err
	}
	return v.Pack(), nil
}

// What is timed gives back what it was given, all of it.
func TestAgain(t *testing.T) {
	for name, tc := range map[string]struct {
		text  []byte
		again func([]byte) ([]byte, error)
	}{
		"voxmesh": {largeVox(), voxAgain}, "voxmesh with meaning": {largeVox(), policyAgain},
		"hclwrite": {largeHCL(), hclAgain}, "hujson": {largeJSON(), jsonAgain},
	} {
		got, err := tc.again(tc.text)
		if err != nil || !bytes.Equal(got, tc.text) {
			t.Errorf("%s: %d bytes became %d, %v", name, len(tc.text), len(got), err)
		}
		t.Logf("%s: %d bytes", name, len(tc.text))
	}
}

// BenchmarkReadAndWrite reads and writes the same policy in the three languages, in turns, so that a slow moment of the
// machine meets all. The ratios are of the times for the same policy, at their medians.
func BenchmarkReadAndWrite(b *testing.B) {
	vox, hclText, jsonText := largeVox(), largeHCL(), largeJSON()
	var times [4][]time.Duration
	for b.Loop() {
		for i, run := range []func() ([]byte, error){
			func() ([]byte, error) { return voxAgain(vox) },
			func() ([]byte, error) { return policyAgain(vox) },
			func() ([]byte, error) { return hclAgain(hclText) },
			func() ([]byte, error) { return jsonAgain(jsonText) },
		} {
			begin := time.Now()
			if _, err := run(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], time.Since(begin))
		}
	}
	median := func(i int) float64 {
		slices.Sort(times[i])
		return times[i][len(times[i])/2].Seconds()
	}
	ours, meaning, hclTime, jsonTime := median(0), median(1), median(2), median(3)
	b.ReportMetric(0, "ns/op") // of all together: says nothing
	b.ReportMetric(float64(len(vox))/1e6/ours, "MB/s")
	b.ReportMetric(float64(len(vox))/1e6/meaning, "meaning-MB/s")
	b.ReportMetric(float64(len(hclText))/1e6/hclTime, "hclwrite-MB/s")
	b.ReportMetric(float64(len(jsonText))/1e6/jsonTime, "hujson-MB/s")
	b.ReportMetric(hclTime/ours, "x-hclwrite")
	b.ReportMetric(jsonTime/ours, "x-hujson")
	b.ReportMetric(hclTime/meaning, "x-hclwrite-meaning")
	b.ReportMetric(jsonTime/meaning, "x-hujson-meaning")
}
