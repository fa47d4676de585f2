package mesh

import (
	"encoding/json"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"voxmesh/oplog"
)

// What a command saw in the host's state, and what is in a copy, stays as it was, whatever comes after: also while a replay
// changes what it alone knows where it lies.
func TestWhatWasSeenStaysAsItWas(t *testing.T) {
	look := func(s *State) func() string {
		nodes, jobs, runs, items := s.Nodes(), s.Jobs(), s.Runs(), s.hopper.Items()
		return func() string {
			b, err := json.Marshal([]any{nodes, jobs, runs, items})
			if err != nil {
				panic(err)
			}
			return string(b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		host := Projection{}.New()
		_ = Projection{}.Clone(host) // as for each commit
		replay := Projection{}.Clone(host)
		type seen struct {
			what string
			was  string
			is   func() string
		}
		var all []seen
		note := func(what string, s *State) {
			is := look(s)
			all = append(all, seen{what, is(), is})
		}
		at := noon
		for range rapid.IntRange(1, 120).Draw(t, "ops") {
			at += draw(t, "later", 0, second, 7*hour)
			kind, body := anyOp(t, host)
			op := oplog.Op{Seq: host.Seq + 1, At: at, Kind: kind, Actor: "host", Body: body}
			host, replay = Projection{}.Apply(host, op), Projection{}.Apply(replay, op)
			switch rapid.IntRange(0, 5).Draw(t, "then") {
			case 0:
				note("by a command", host)
			case 1:
				note("in a copy of the replay", Projection{}.Clone(replay))
				replay = Projection{}.Clone(replay) // as a held state is taken up again
			case 2:
				note("in a snapshot", Projection{}.Clone(host))
			}
		}
		for _, s := range all {
			if is := s.is(); is != s.was {
				a, b := apart(is, s.was)
				t.Fatalf("what was seen %s is\n%s\nand was\n%s", s.what, a, b)
			}
		}
	})
}

// Commands take a published state apart while others do the same: that changes nothing in it, nor what they get.
func TestAPublishedStateIsLeftAlone(t *testing.T) {
	s := Projection{}.New()
	for _, id := range []string{"n-1", "n-2"} {
		s.nodes.Set(id, &Node{ID: id, own: s.own, ownLast: s.own})
	}
	was := *s
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			c := s.apart()
			c.editNode("n-1", func(n *Node) { n.note(1, "online", "") })
			c.nodes.Delete("n-2")
		})
	}
	all.Wait()
	if n, _ := s.nodes.Get("n-1"); len(n.Last) != 0 || s.nodes.Len() != 2 || s.own != was.own {
		t.Fatalf("it was changed: %d nodes, %+v", s.nodes.Len(), n)
	}
}
