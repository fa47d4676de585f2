package canvas
import ("testing";"math/rand/v2")
func TestExp(t *testing.T){
 bad:=0; tot:=0; cols:=0
 for seed:=range uint64(3000){
  r:=rand.New(rand.NewPCG(seed,1))
  n:=2+r.IntN(60)
  w:=10+r.IntN(60); h:=6+r.IntN(30)
  seen:=map[[2]int32]bool{}
  var at [][2]int32
  for len(at)<n { p:=[2]int32{int32(r.IntN(w)),int32(2*r.IntN(h))}; if !seen[p]{seen[p]=true; at=append(at,p)}; if len(seen)>=w*h/2 {break} }
  next:=arrows(at); p,_:=components(next)
  tot++
  if p>1{bad++; mend(at,next); q,_:=components(next); if q>1{t.Fatal("not mended")}; _=cols}
 }
 t.Log(bad,tot)
}
