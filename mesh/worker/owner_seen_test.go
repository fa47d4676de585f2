package worker

import (
	"errors"
	"fmt"
	"os/exec"
	"testing"
	"testing/fstest"
	"time"

	"voxmesh/policy"
)

const smiGPUs = `GPU-1c8f3c9e-0b64-4fd5-a9bb-5b47d6ad1a0e, 97
GPU-6a0e9f55-4d0c-9c5d-2a41-a4f3bd1c0b0f, 12
`

func TestTheCards(t *testing.T) {
	const first, second = "GPU-1c8f3c9e-0b64-4fd5-a9bb-5b47d6ad1a0e", "GPU-6a0e9f55-4d0c-9c5d-2a41-a4f3bd1c0b0f"
	failed := errors.New("exit status 9")
	amd := func(n string) func(*desk) {
		return func(d *desk) {
			d.sys["class/drm/card1/device/gpu_busy_percent"] = &fstest.MapFile{Data: []byte(n)}
			d.sys["class/drm/card1-HDMI-A-1/device/gpu_busy_percent"] = &fstest.MapFile{Data: []byte("99\n")}
		}
	}
	for _, tt := range []struct {
		name       string
		gpus, apps string
		err        error
		serving    bool
		edit       func(*desk)
		want       int
		blind      bool
	}{
		{"no card at all", "", "", exec.ErrNotFound, false, nil, 0, false},
		{"a card that nobody tells of", "", "", exec.ErrNotFound, false, func(d *desk) { d.sys["class/drm/card0/x"] = &fstest.MapFile{} }, -1, true},
		{"its driver, without the tool", "", "", exec.ErrNotFound, false, func(d *desk) { d.proc["driver/nvidia/version"] = &fstest.MapFile{} }, -1, true},
		{"a system that shows nothing", "", "", exec.ErrNotFound, false, func(d *desk) { delete(d.sys, "class") }, -1, true},
		{"two cards", smiGPUs, "", nil, false, nil, 97, false},
		{"one in use by our job", smiGPUs, first + ", 101, /proc/self/exe\n", nil, false, nil, 12, false},
		{"one in use by the owner's model", smiGPUs, first + ", 7, /usr/local/bin/ollama\n", nil, false, nil, 97, false},
		{"or by the model of a job", smiGPUs, first + ", 7, /usr/local/bin/ollama\n", nil, true, nil, 12, false},
		{"or by who knows whom meanwhile", smiGPUs, first + ", 7, [Not Found]\n", nil, true, nil, 12, false},
		{"both", smiGPUs, first + ", 101, x\n" + second + ", 101, x\n", nil, false, nil, -1, false},
		{"a card that does not say", first + ", [N/A]\n", "", nil, false, nil, -1, true},
		{"the tool fails", smiGPUs, "", failed, false, nil, -1, true},
		{"the tool says nothing", "No devices were found\n", "", nil, false, nil, -1, true},
		{"amdgpu", "", "", exec.ErrNotFound, false, amd("42\n"), 42, false},
		{"amdgpu, while a model answers", "", "", exec.ErrNotFound, true, amd("42\n"), -1, false},
		{"amdgpu that says nonsense", "", "", exec.ErrNotFound, false, amd("lots\n"), -1, true},
		{"both makes", smiGPUs, "", nil, false, amd("99\n"), 99, false},
	} {
		d := newDesk()
		d.gpus, d.apps, d.smi = tt.gpus, tt.apps, tt.err
		d.process(101, self, "voxmesh-job", 0)
		if tt.edit != nil {
			tt.edit(d)
		}
		w := d.watch()
		if got := w.cards.look(&w.cfg, tt.serving, d.at); got != tt.want || (w.cards.blind != "") != tt.blind {
			t.Errorf("%s: %d, blind %q", tt.name, got, w.cards.blind)
		}
	}
}

func TestCardsAreNotAskedTooOften(t *testing.T) {
	d := newDesk()
	d.gpus, d.smi = smiGPUs, nil
	w := d.watch()
	for range 20 {
		w.Busy(policy.Yield{GPUPercent: 10})
		d.at = d.at.Add(time.Second)
	}
	if d.asked != 8 {
		t.Errorf("asked %d times in twenty seconds", d.asked)
	}
	d.asked, d.smi = 0, errors.New("it hangs")
	for range 60 {
		w.Busy(policy.Yield{GPUPercent: 10})
		d.at = d.at.Add(time.Second)
	}
	if d.asked != 1 {
		t.Errorf("a tool that fails is asked %d times in a minute", d.asked)
	}
	w.Busy(policy.Yield{CPUPercent: 10})
	if d.asked != 1 {
		t.Error("asked although nobody wants to know")
	}
}

const interrupts = `           CPU0       CPU1
  0:         46          0   IO-APIC    2-edge      timer
  1:          0      %d   IO-APIC    1-edge      i8042
 12:        500          0   IO-APIC   12-edge      i8042
130:          0   99999999   PCI-MSIX-0000:00:14.0    0-edge      xhci_hcd
NMI:         13         14   Non-maskable interrupts
`

func TestKeysAndMouse(t *testing.T) {
	d := newDesk()
	w := d.watch()
	look := func() time.Duration {
		d.at = d.at.Add(10 * time.Second)
		return w.input.look(&w.cfg, d.at)
	}
	keys := func(n int) { d.proc["interrupts"] = &fstest.MapFile{Data: fmt.Appendf(nil, interrupts, n)} }
	usb := func(device, class, proto, n string) {
		d.sys["bus/usb/devices/"+device+":1.0/bInterfaceClass"] = &fstest.MapFile{Data: []byte(class + "\n")}
		d.sys["bus/usb/devices/"+device+":1.0/bInterfaceProtocol"] = &fstest.MapFile{Data: []byte(proto + "\n")}
		d.sys["bus/usb/devices/"+device+"/urbnum"] = &fstest.MapFile{Data: []byte(n + "\n")}
	}
	if got := look(); got != -1 || w.input.blind != blindInput {
		t.Errorf("nothing to see: %v, %q", got, w.input.blind)
	}
	d.dev["pts/0"] = &fstest.MapFile{ModTime: d.at.Add(-time.Minute)}
	d.dev["pts/ptmx"] = &fstest.MapFile{ModTime: d.at}
	d.dev["tty1"] = &fstest.MapFile{ModTime: d.at.Add(-time.Hour)}
	if got := look(); got != 70*time.Second || w.input.blind != blindDesk {
		t.Errorf("a terminal: %v, %q", got, w.input.blind)
	}
	for _, tt := range []struct {
		name string
		edit func()
		want time.Duration
	}{
		{"keys, of which nothing is known yet", func() { keys(7) }, 0},
		{"none touched", func() { keys(7) }, 10 * time.Second},
		{"one touched", func() { keys(8) }, 0},
		{"none touched any more", func() {}, 10 * time.Second},
		{"a USB disk", func() { usb("1-4", "08", "50", "1000") }, 20 * time.Second},
		{"a headset with buttons", func() { usb("1-5", "03", "00", "1000") }, 30 * time.Second},
		{"a mouse is plugged in", func() { usb("1-2", "03", "02", "55") }, 0},
		{"and lies still", func() {}, 10 * time.Second},
		{"and is moved", func() { usb("1-2", "03", "02", "57") }, 0},
		{"and is unplugged", func() { delete(d.sys, "bus/usb/devices/1-2/urbnum") }, 10 * time.Second},
		{"someone types over a network", func() { d.dev["pts/3"] = &fstest.MapFile{ModTime: d.at.Add(5 * time.Second)} }, 5 * time.Second},
		{"a clock that stepped", func() { d.dev["pts/3"] = &fstest.MapFile{ModTime: d.at.Add(time.Hour)} }, 0},
	} {
		tt.edit()
		if got := look(); got != tt.want || w.input.blind != "" {
			t.Errorf("%s: %v, want %v %q", tt.name, got, tt.want, w.input.blind)
		}
	}
}
