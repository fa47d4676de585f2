;; As programs made by Go do: asks for 3 GiB at once, and exits with code 2 when it does not get them.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (i32.eq (memory.grow (i32.const 49152)) (i32.const -1)) (then (call $proc_exit (i32.const 2))))))
