;; Counts the primes up to N, the first argument (1 to 1000000000; 200000000 if there is none), by a segmented sieve, and
;; says ten times how far it is. It takes about a second for the default, and three pages of memory for every N.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 3)

  ;; 0: iovec, 8: bytes written, 16 and 20: count and size of the arguments, 256 and 280: texts, 12288: the line being
  ;; written, 16384: pointers to the arguments, 65536: the segment, one byte a number, 131072: the sieve of the numbers
  ;; up to 31623, the root of the largest N, 180000: the bytes of the arguments
  (data (i32.const 256) " primes up to ")
  (data (i32.const 280) "usage: primes N, with N from 1 to 1000000000\n")
  (global $at (mut i32) (i32.const 0)) ;; where the line being written ends

  (func $begin (global.set $at (i32.const 12288)))
  (func $char (param $c i32)
    (i32.store8 (global.get $at) (local.get $c))
    (global.set $at (i32.add (global.get $at) (i32.const 1))))
  (func $text (param $from i32) (param $n i32)
    (memory.copy (global.get $at) (local.get $from) (local.get $n))
    (global.set $at (i32.add (global.get $at) (local.get $n))))
  (func $number (param $n i32)
    (if (i32.ge_u (local.get $n) (i32.const 10)) (then (call $number (i32.div_u (local.get $n) (i32.const 10)))))
    (call $char (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10)))))
  (func $print (param $fd i32)
    (i32.store (i32.const 0) (i32.const 12288))
    (i32.store (i32.const 4) (i32.sub (global.get $at) (i32.const 12288)))
    (drop (call $fd_write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))))
  (func $usage
    (call $begin)
    (call $text (i32.const 280) (i32.const 45))
    (call $print (i32.const 2))
    (call $proc_exit (i32.const 2)))

  ;; The first argument as a number, or the default.
  (func $limit (result i32) (local $p i32) (local $c i32) (local $n i32)
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (if (i32.lt_u (i32.load (i32.const 16)) (i32.const 2)) (then (return (i32.const 200000000))))
    ;; what is longer is no number of ours
    (if (i32.or (i32.gt_u (i32.load (i32.const 16)) (i32.const 2)) (i32.gt_u (i32.load (i32.const 20)) (i32.const 1024)))
      (then (call $usage)))
    (drop (call $args_get (i32.const 16384) (i32.const 180000)))
    (local.set $p (i32.load (i32.const 16388)))
    (block $end (loop $digit
      (local.set $c (i32.load8_u (local.get $p)))
      (br_if $end (i32.eqz (local.get $c)))
      (if (i32.gt_u (i32.sub (local.get $c) (i32.const 48)) (i32.const 9)) (then (call $usage)))
      (if (i32.gt_u (local.get $n) (i32.const 100000000)) (then (call $usage))) ;; ten times that would overflow
      (local.set $n (i32.add (i32.mul (local.get $n) (i32.const 10)) (i32.sub (local.get $c) (i32.const 48))))
      (if (i32.gt_u (local.get $n) (i32.const 1000000000)) (then (call $usage)))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br $digit)))
    (if (i32.eqz (local.get $n)) (then (call $usage)))
    (local.get $n))

  ;; Marks what is not prime among the numbers up to 31623.
  (func $small (local $i i32) (local $j i32)
    (local.set $i (i32.const 2))
    (loop $next
      (if (i32.eqz (i32.load8_u offset=131072 (local.get $i))) (then
        (local.set $j (i32.mul (local.get $i) (local.get $i)))
        (block $done (loop $mark
          (br_if $done (i32.gt_u (local.get $j) (i32.const 31623)))
          (i32.store8 offset=131072 (local.get $j) (i32.const 1))
          (local.set $j (i32.add (local.get $j) (local.get $i)))
          (br $mark)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.le_u (local.get $i) (i32.const 178)))))

  ;; Counts the primes from $low to $high, both within, at most 65536 numbers.
  (func $segment (param $low i32) (param $high i32) (result i32) (local $p i32) (local $j i32) (local $n i32)
    (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536))
    (local.set $p (i32.const 2))
    (block $marked (loop $prime
      (br_if $marked (i32.gt_u (i32.mul (local.get $p) (local.get $p)) (local.get $high)))
      (if (i32.eqz (i32.load8_u offset=131072 (local.get $p))) (then
        ;; the first multiple from $low on, but not the prime itself
        (local.set $j (i32.mul (local.get $p) (i32.div_u (i32.add (local.get $low) (i32.sub (local.get $p) (i32.const 1))) (local.get $p))))
        (if (i32.lt_u (local.get $j) (i32.mul (local.get $p) (local.get $p))) (then
          (local.set $j (i32.mul (local.get $p) (local.get $p)))))
        (local.set $j (i32.sub (local.get $j) (local.get $low)))
        (block $done (loop $mark
          (br_if $done (i32.gt_u (local.get $j) (i32.sub (local.get $high) (local.get $low))))
          (i32.store8 offset=65536 (local.get $j) (i32.const 1))
          (local.set $j (i32.add (local.get $j) (local.get $p)))
          (br $mark)))))
      (local.set $p (i32.add (local.get $p) (i32.const 1)))
      (br $prime)))
    (local.set $j (i32.const 0))
    (loop $count
      (local.set $n (i32.add (local.get $n) (i32.eqz (i32.load8_u offset=65536 (local.get $j)))))
      (local.set $j (i32.add (local.get $j) (i32.const 1)))
      (br_if $count (i32.le_u (local.get $j) (i32.sub (local.get $high) (local.get $low)))))
    (local.get $n))

  (func $say (param $primes i32) (param $upto i32)
    (call $begin)
    (call $number (local.get $primes))
    (call $text (i32.const 256) (i32.const 14))
    (call $number (local.get $upto))
    (call $char (i32.const 10))
    (call $print (i32.const 1)))

  (func (export "_start") (local $n i32) (local $low i32) (local $high i32) (local $primes i32) (local $tenth i32)
    (local.set $n (call $limit))
    (call $small)
    (local.set $low (i32.const 2))
    (local.set $tenth (i32.const 1))
    (block $end (loop $next
      (br_if $end (i32.gt_u (local.get $low) (local.get $n)))
      (local.set $high (i32.add (local.get $low) (i32.const 65535)))
      (if (i32.gt_u (local.get $high) (local.get $n)) (then (local.set $high (local.get $n))))
      (local.set $primes (i32.add (local.get $primes) (call $segment (local.get $low) (local.get $high))))
      (local.set $low (i32.add (local.get $high) (i32.const 1)))
      ;; a line each time another tenth is done, but the last, which is the result
      (if (i32.and (i32.ge_u (i32.div_u (local.get $high) (i32.add (i32.div_u (local.get $n) (i32.const 10)) (i32.const 1))) (local.get $tenth))
                   (i32.lt_u (local.get $high) (local.get $n)))
        (then
          (call $say (local.get $primes) (local.get $high))
          (local.set $tenth (i32.add (local.get $tenth) (i32.const 1)))))
      (br $next)))
    (call $say (local.get $primes) (local.get $n))))
