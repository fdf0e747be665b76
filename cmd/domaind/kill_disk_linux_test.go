package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"domaind/internal/control"
	"domaind/internal/portfolio"
)

// tiny mounts a file system of so many KiB over a folder. A test that may not do that
// is skipped.
func tiny(t *testing.T, dir string, kib int) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("mounting a small tmpfs needs root")
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk,mode=0700", kib)); err != nil {
		t.Skipf("no tmpfs can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
}

// widen gives such a file system more space.
func widen(t *testing.T, dir string, kib int) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, fmt.Sprintf("size=%dk", kib)); err != nil {
		t.Fatal(err)
	}
}

// TestDiskFull runs the daemon on a disk that is full sooner or later: it ends, or
// does without the events, and sends nothing that is not written down. With more
// space it goes on where it was.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	sizes := []int{0, 256}
	if *killLong {
		sizes = nil
		for kib := 16; kib < 600; kib += 8 {
			sizes = append(sizes, kib)
		}
	}
	ends := map[int]int{}
	for _, kib := range sizes {
		a := newAPI(t, manyNames(8), nil)
		p := newPlace(t, a.URL)
		dir := filepath.Join(p.dir, "state")
		tiny(t, dir, max(kib, 4)) // a size of 0 would mean none
		d := p.start("run", "--once", "--settle", "1s")
		code, err := d.wait()
		if err != nil {
			t.Fatal(err)
		}
		ends[code]++
		if said := d.err.String(); code != 0 && code != 1 || strings.Contains(said, "goroutine ") || code == 1 && said == "" {
			t.Errorf("%d KiB: it ended with %d\n%s%s", kib, code, d.out, said)
		}
		armed := a.arrived("POST")
		widen(t, dir, 64<<10)
		if code, out, said := p.run("run", "--once", "--settle", "1s"); code != 0 {
			t.Errorf("%d KiB: with more space it ended with %d\n%s%s", kib, code, out, said)
		}
		rows := p.ledger()
		checkBooks(t, rows, a.world.Charges(), nil)
		checkEach(t, a, rows, 8)
		for _, path := range armed {
			if n := len(slices.DeleteFunc(a.arrived("POST"), func(r string) bool { return r != path })); n != 1 {
				t.Errorf("%d KiB: %s left %d times", kib, path, n)
			}
		}
		if t.Failed() {
			t.Fatalf("%d KiB: %s\n%s", kib, describe(rows), d.err)
		}
	}
	t.Logf("%d sizes; how the first runs ended: %v", len(sizes), ends)
	if ends[1] == 0 || ends[0] == 0 {
		t.Errorf("no size was too small, or all were: %v", ends)
	}
}

// TestDiskFullEndsTheDaemon has the disk of a running daemon full: it ends by itself,
// since nobody knows any more what the ledger holds, and the service manager starts it
// again.
func TestDiskFullEndsTheDaemon(t *testing.T) {
	t.Parallel()
	a := newAPI(t, manyNames(8), nil)
	p := newPlace(t, a.URL)
	address := freePort(t)
	natsAt(t, address, filepath.Join(p.dir, "nats"))
	p.elsewhere(address)
	dir := filepath.Join(p.dir, "state")
	tiny(t, dir, 64)
	d := p.start("run")
	if code, err := d.wait(); code != 1 || err != nil || !strings.Contains(d.err.String(), "could not be made durable") {
		t.Errorf("it ended with %d: %v\n%s", code, err, d.err)
	}
	widen(t, dir, 64<<10)
	if code, out, said := p.run("run", "--once", "--settle", "1s"); code != 0 {
		t.Errorf("with more space it ended with %d\n%s%s", code, out, said)
	}
	rows := p.ledger()
	checkBooks(t, rows, a.world.Charges(), nil)
	checkEach(t, a, rows, 8)
}

// checkEach holds that every domain was bought for once, and with one request.
func checkEach(t *testing.T, a *api, rows []control.Row, n int) {
	t.Helper()
	done := 0
	for _, row := range rows {
		if row.State == portfolio.StateDone {
			done++
		}
	}
	sent := a.arrived("POST")
	distinct := len(slices.Compact(slices.Sorted(slices.Values(sent))))
	if distinct != len(sent) || len(sent) > n || done > len(sent) {
		t.Errorf("%d of %d are done, and these left: %q", done, n, sent)
	}
}

// TestFileLimit lets the daemon run into a limit on the size of files, which ends it
// in the middle of a write, as nothing else does.
func TestFileLimit(t *testing.T) {
	if os.Getuid() == 0 && !*killLong {
		t.Skip("TestDiskFull shows as much here; -kill.long runs it too")
	}
	t.Parallel()
	limits := []int{64} // blocks of 512 bytes
	if *killLong {
		limits = nil
		for n := 8; n < 200; n += 4 {
			limits = append(limits, n)
		}
	}
	cut := 0
	for _, blocks := range limits {
		a := newAPI(t, manyNames(8), nil)
		p := newPlace(t, a.URL)
		d, err := spawnAs(p.dir, p.env(), "sh", "-c", fmt.Sprintf("ulimit -f %d; exec domaind run --once --settle 1s", blocks))
		if err != nil {
			t.Fatal(err)
		}
		code, err := d.wait()
		if err != nil {
			t.Fatal(err)
		}
		if code != 0 {
			cut++
		}
		code, out, said := p.run("run", "--once", "--settle", "1s")
		if code != 0 {
			// What could not even be created is refused with a sentence.
			t.Errorf("%d blocks: without the limit it ended with %d\n%s%s", blocks, code, out, said)
		}
		rows := p.ledger()
		checkBooks(t, rows, a.world.Charges(), nil)
		checkEach(t, a, rows, 8)
		if t.Failed() {
			t.Fatalf("%d blocks: %s\n%s", blocks, describe(rows), d.err)
		}
	}
	t.Logf("%d limits, %d of them met", len(limits), cut)
	if cut == 0 {
		t.Error("no limit was met")
	}
}

// TestArmedIsOnDisk looks at the state file in the moment in which a renewal arrives
// at DNSimple: what the kernel holds of it must be on the disk already. A process that
// is killed leaves the kernel's pages behind; a host that loses its power does not.
func TestArmedIsOnDisk(t *testing.T) {
	t.Parallel()
	// dirty asks on a goroutine of the API's, while the daemon waits for the answer.
	state := make(chan string, 1)
	dirty := make(chan error, 1)
	a := newAPI(t, oneDomain, func(_ http.ResponseWriter, r *http.Request, _ http.Handler) bool {
		if r.Method == http.MethodPost {
			dirty <- settledOnDisk(<-state)
		}
		return false
	})
	p := newPlace(t, a.URL)
	if !seesDirty(t, p.dir) {
		t.Skip("this kernel or file system does not tell what is not on the disk yet (cachestat)")
	}
	state <- filepath.Join(p.dir, "state", "state.db")
	if code, out, said := p.run("run", "--once"); code != 0 {
		t.Fatalf("it ended with %d\n%s%s", code, out, said)
	}
	if err := <-dirty; err != nil {
		t.Error(err)
	}
}

// settledOnDisk fails where pages of a file stay in memory alone. Events that are
// delivered meanwhile are written too: they may be under way for a moment.
func settledOnDisk(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for range 200 {
		waiting, err := unwritten(f)
		if err != nil || waiting == 0 {
			return err
		}
		<-tick.C
	}
	return fmt.Errorf("the request left, and pages of %s are not on the disk", path)
}

// seesDirty says whether the kernel tells of a file that was just written.
func seesDirty(t *testing.T, dir string) bool {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "probe"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, 8<<10)); err != nil {
		t.Fatal(err)
	}
	n, err := unwritten(f)
	return err == nil && n > 0
}

// unwritten is how many pages of a file are not on the disk: cachestat(2), Linux 6.5.
func unwritten(f *os.File) (uint64, error) {
	const cachestat = 451
	var span [2]uint64 // from 0 to the end
	var stat struct{ Cached, Dirty, Writeback, Evicted, RecentlyEvicted uint64 }
	_, _, errno := syscall.Syscall6(cachestat, f.Fd(), uintptr(unsafe.Pointer(&span)), uintptr(unsafe.Pointer(&stat)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return stat.Dirty + stat.Writeback, nil
}

// TestNATSDiskFull has NATS's own disk full: the renewals go on, and with more space
// each event comes once.
func TestNATSDiskFull(t *testing.T) {
	t.Parallel()
	a := newAPI(t, manyNames(8), nil)
	p := newPlace(t, a.URL)
	address, folder := freePort(t), filepath.Join(p.dir, "nats")
	tiny(t, folder, 28)
	p.elsewhere(address)
	server := natsAt(t, address, folder)
	p.untold(a, 8)
	server.kill()
	widen(t, folder, 64<<10)
	natsAt(t, address, folder)
	events := p.drained()
	checkEvents(t, events)
	checkTold(t, p.ledger(), events, nil)
}
