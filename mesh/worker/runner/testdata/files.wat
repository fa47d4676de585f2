;; Tries to see more than it may: opens paths below every descriptor from 0 to 15, asks for environment, preopened
;; folders and a socket. Exits with 0 if all was refused, else with the number of what was not.
(module
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_symlink" (func $path_symlink (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept" (func $sock_accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "/etc/passwd")
  (data (i32.const 120) "../../../../../../etc/passwd")
  (data (i32.const 160) "/proc/self/environ")
  (func $must_fail (param $errno i32) (param $what i32)
    (if (i32.eqz (local.get $errno)) (then (call $proc_exit (local.get $what)))))
  (func $open (param $fd i32) (param $at i32) (param $n i32)
    (call $must_fail
      (call $path_open (local.get $fd) (i32.const 1) (local.get $at) (local.get $n) (i32.const 0)
        (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8))
      (i32.const 1))
    (call $must_fail ;; create it
      (call $path_open (local.get $fd) (i32.const 1) (local.get $at) (local.get $n) (i32.const 9)
        (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 8))
      (i32.const 2)))
  (func (export "_start") (local $fd i32)
    (loop $next
      (call $open (local.get $fd) (i32.const 100) (i32.const 11))
      (call $open (local.get $fd) (i32.const 101) (i32.const 10))
      (call $open (local.get $fd) (i32.const 120) (i32.const 28))
      (call $open (local.get $fd) (i32.const 160) (i32.const 18))
      (call $must_fail
        (call $path_symlink (i32.const 100) (i32.const 11) (local.get $fd) (i32.const 101) (i32.const 3)) (i32.const 3))
      ;; wazero calls the three standard descriptors preopened, though no path opens below them
      (if (i32.ge_u (local.get $fd) (i32.const 3)) (then
        (call $must_fail (call $fd_prestat_get (local.get $fd) (i32.const 8)) (i32.const 4))))
      (call $must_fail (call $sock_accept (local.get $fd) (i32.const 0) (i32.const 8)) (i32.const 5))
      (local.set $fd (i32.add (local.get $fd) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $fd) (i32.const 16))))
    (drop (call $environ_sizes_get (i32.const 0) (i32.const 4)))
    (if (i32.load (i32.const 0)) (then (call $proc_exit (i32.const 6))))))
